// SPDX-License-Identifier: Apache-2.0

package vectara

import "strings"

// badResponse is the Problem of a ResponseError and the request ID that goes with it.
type badResponse struct{ problem, requestID string }

const problemNoObject = "the body is not a JSON object"

// decodeJob reads the body of a 200 to GET /v2/jobs/{job_id}. The body must be a JSON object with the ID
// that was requested; whatever else is missing or malformed is left out of the job.
func decodeJob(body []byte, id string) (Job, *badResponse) {
	root, ok := parseValue(body)
	if !ok || !root.isObject() {
		return Job{}, &badResponse{problem: problemNoObject}
	}
	job := jobOf(root)
	switch job.ID {
	case id:
		return job, nil
	case "":
		return Job{}, &badResponse{problem: "the job in the body has no ID", requestID: objectOf(root).text("request_id")}
	default:
		return Job{}, &badResponse{problem: "the body is about another job", requestID: objectOf(root).text("request_id")}
	}
}

// jobOf takes from an object what can be used. Of two fields with the same name the last one counts.
// A value that is not an object gives an empty job.
func jobOf(encoded value) Job {
	var job Job
	for name, member := range encoded.members() {
		switch string(name) {
		case "id":
			job.ID = member.text()
		case "type":
			job.Type = member.text()
		case "corpus_keys":
			job.CorpusKeys = member.texts(maxCorpusKeys)
		case "state":
			job.State = member.text()
		case "created_at":
			job.CreatedAt = member.time()
		case "started_at":
			job.StartedAt = member.time()
		case "completed_at":
			job.CompletedAt = member.time()
		case "created_by_username":
			job.CreatedByUsername = member.text()
		case "comment":
			job.Comment = member.text()
		}
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
