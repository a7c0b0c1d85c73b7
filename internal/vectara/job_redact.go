// SPDX-License-Identifier: Apache-2.0

package vectara

import "strings"

// Bounds on what is kept of a job. They are far above what is of use to anybody, and keep a page of
// strange jobs from taking the memory of ten thousand ordinary ones.
const (
	maxJobText    = 16 << 10 // bytes
	maxCorpusKeys = 1000
)

// redactJob replaces credentials in all that Vectara wrote but the ID, and bounds it.
func (r *redactor) redactJob(job *Job) {
	job.Type = r.redactText(job.Type)
	job.State = r.redactText(job.State)
	job.CreatedByUsername = r.redactText(job.CreatedByUsername)
	job.Comment = r.redactText(job.Comment)
	for i, key := range job.CorpusKeys {
		job.CorpusKeys[i] = r.redactText(key)
	}
}

// redactPage does the same to the jobs of a page, whose IDs are Vectara's words too. The page key can only be sent
// as it is, so that one with a credential in it makes the page useless.
func (r *redactor) redactPage(page *Page) *badResponse {
	if r.redact(page.NextPageKey) != page.NextPageKey {
		return &badResponse{problem: "the page key in the body holds a credential"}
	}
	for i := range page.Jobs {
		page.Jobs[i].ID = r.redactText(page.Jobs[i].ID)
		r.redactJob(&page.Jobs[i])
	}
	return nil
}

func (r *redactor) redactText(text string) string {
	text = r.redact(text)
	if len(text) <= maxJobText {
		return text
	}
	return strings.Clone(truncate(text, maxJobText)) // A part would keep the whole in memory.
}
