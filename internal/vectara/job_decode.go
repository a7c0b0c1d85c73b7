// SPDX-License-Identifier: Apache-2.0

package vectara

import "strings"

// badAnswer is the Problem of a ResponseError and the request ID that goes with it.
type badAnswer struct{ problem, requestID string }

// decodeJob reads the body of a 200 to GET /v2/jobs/{job_id}. The answer must be a JSON object with the ID
// that was asked for; whatever else is missing or malformed is left out of the job.
func decodeJob(body []byte, id string) (Job, *badAnswer) {
	fields, ok := parseObject(body)
	if !ok {
		return Job{}, &badAnswer{problem: "the body is not a JSON object"}
	}
	switch answered := fields.text("id"); answered {
	case id:
		return jobOf(fields), nil
	case "":
		return Job{}, &badAnswer{problem: "the job in the body has no ID", requestID: fields.text("request_id")}
	default:
		return Job{}, &badAnswer{problem: "the body is about another job", requestID: fields.text("request_id")}
	}
}

func jobOf(fields object) Job {
	return Job{
		ID:                fields.text("id"),
		Type:              fields.text("type"),
		CorpusKeys:        fields.texts("corpus_keys"),
		State:             fields.text("state"),
		CreatedAt:         fields.time("created_at"),
		StartedAt:         fields.time("started_at"),
		CompletedAt:       fields.time("completed_at"),
		CreatedByUsername: fields.text("created_by_username"),
		Comment:           fields.text("comment"),
	}
}

// redactJob replaces credentials in all that Vectara wrote. The ID is the caller's own.
func (r *redactor) redactJob(job Job) Job {
	job.Type = r.redact(job.Type)
	job.State = r.redact(job.State)
	job.CreatedByUsername = r.redact(job.CreatedByUsername)
	job.Comment = r.redact(job.Comment)
	for i, key := range job.CorpusKeys {
		job.CorpusKeys[i] = r.redact(key)
	}
	return job
}

// maxIDLength bounds a job ID, in bytes.
const maxIDLength = 512

// checkID reports, as an *IDError, an ID that cannot be a job's. Such an ID has no business in a
// URL: "job_../corpora" would be another resource to a server that cleans paths.
func checkID(id string) error {
	rest, ok := strings.CutPrefix(id, "job_")
	if !ok || rest == "" || len(id) > maxIDLength || strings.ContainsFunc(rest, notInID) {
		return &IDError{}
	}
	return nil
}

func notInID(r rune) bool {
	letterOrDigit := 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9'
	return !letterOrDigit && !strings.ContainsRune("._~:=+-", r)
}
