// SPDX-License-Identifier: Apache-2.0

package vectara

import "time"

// Job is what Vectara says about a job. Everything but ID may be missing, and
// holds the zero value then. Strings are as Vectara wrote them: valid UTF-8, with credentials
// replaced, and cut off at 16 KiB.
type Job struct {
	// ID is the ID that was requested; in a list it is Vectara's word.
	ID string
	// Type is the kind of job, such as "bulk_delete_documents". New kinds are to be expected.
	Type string
	// CorpusKeys names the corpora that the job works on, in Vectara's order: at most 1000, more are
	// left out.
	CorpusKeys []string
	// State is where the job stands, such as "started". New states are to be expected.
	State string
	// CreatedAt, StartedAt and CompletedAt are in UTC. A time that is absent, malformed or
	// outside of the years 1 to 9999 is zero; each other survives RFC 3339, to the
	// second as well as in full.
	CreatedAt, StartedAt, CompletedAt time.Time
	// CreatedByUsername is who started the job; empty if the system did.
	CreatedByUsername string
	// Comment carries the error message of a job that failed.
	Comment string
}
