// SPDX-License-Identifier: Apache-2.0

package faults

import (
	"encoding/json"
	"net/http"
	"slices"
	"time"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
)

// observed is a job that Vectara returned to the manager.
type observed struct {
	by     *Request
	id     string
	fields mirrored
}

// mirrored are the fields of a job, as status has them.
type mirrored struct {
	state, jobType, username, comment string
	corpora                           string
	created, started, completed       string
}

// observations are all jobs that Vectara returned, in the order in which they were asked for.
func observations(r *Record) []observed {
	var all []observed
	for _, q := range r.vectara() {
		all = append(all, q.jobs()...)
	}
	return all
}

// jobs are the jobs in a response; none if it is not one that counts.
func (q *Request) jobs() []observed {
	if q.Status != http.StatusOK || !q.Complete {
		return nil
	}
	type job struct {
		ID                string   `json:"id"`
		State             string   `json:"state"`
		Type              string   `json:"type"`
		Comment           string   `json:"comment"`
		CreatedByUsername string   `json:"created_by_username"`
		CorpusKeys        []string `json:"corpus_keys"`
		CreatedAt         string   `json:"created_at"`
		StartedAt         string   `json:"started_at"`
		CompletedAt       string   `json:"completed_at"`
	}
	var found []job
	switch q.Kind {
	case KindGet:
		var one job
		if json.Unmarshal(q.Response, &one) != nil || one.ID != q.JobID {
			return nil
		}
		found = []job{one}
	case KindList:
		var page struct {
			Jobs []job `json:"jobs"`
		}
		if json.Unmarshal(q.Response, &page) != nil {
			return nil
		}
		found = page.Jobs
	}
	all := make([]observed, 0, len(found))
	for _, j := range found {
		keys, _ := json.Marshal(append([]string{}, j.CorpusKeys...)) // Strings can always be encoded.
		all = append(all, observed{q, j.ID, mirrored{
			state: j.State, jobType: j.Type, username: j.CreatedByUsername, comment: shortened(j.Comment), corpora: string(keys),
			created: second(j.CreatedAt), started: second(j.StartedAt), completed: second(j.CompletedAt),
		}})
	}
	return all
}

// maxComment is the length of the longest comment in a status, in characters.
const maxComment = 4096

// shortened is a comment as status has it.
func shortened(comment string) string {
	if runes := []rune(comment); len(runes) > maxComment {
		return string(runes[:maxComment-1]) + "…"
	}
	return comment
}

// second is a time of Vectara as status has it; empty if it is none.
func second(text string) string {
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return ""
	}
	return at.UTC().Truncate(time.Second).Format(time.RFC3339)
}

// mirroredOf is what status has of a job.
func mirroredOf(status v1alpha1.VectaraJobStatus) mirrored {
	keys, _ := json.Marshal(append([]string{}, status.CorpusKeys...)) // As above.
	m := mirrored{
		state: string(status.State), jobType: string(status.Type), username: status.CreatedByUsername, comment: status.Comment, corpora: string(keys),
	}
	if status.CreatedAt != nil {
		m.created = status.CreatedAt.UTC().Format(time.RFC3339)
	}
	if status.StartedAt != nil {
		m.started = status.StartedAt.UTC().Format(time.RFC3339)
	}
	if status.CompletedAt != nil {
		m.completed = status.CompletedAt.UTC().Format(time.RFC3339)
	}
	return m
}

// isFor reports whether a request is one with the credentials of an object, as of a version.
func (r *Record) isFor(v Version, q *Request) bool {
	return q.Side == Vectara && q.Sent <= v.At && slices.Contains(r.credentialsOf(v.Object.Spec.SecretRef.Name, v.At), q.Credential)
}

// isFinal reports whether a job in this state has ended.
func (m mirrored) isFinal() bool { return v1alpha1.JobState(m.state).IsFinal() }

// askedAbout are the polls of an object that were requested in a span.
func (r *Record) askedAbout(object string, from, to time.Duration) bool {
	return slices.ContainsFunc(r.Asked, func(a Asked) bool { return a.Object == object && a.At >= from && a.At <= to })
}
