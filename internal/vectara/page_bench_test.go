// SPDX-License-Identifier: Apache-2.0

package vectara

import (
	"fmt"
	"strings"
	"testing"
)

// BenchmarkDecodePage reads what a walk of ten thousand jobs reads a hundred times.
func BenchmarkDecodePage(b *testing.B) {
	redactor := newRedactor(testSecret)
	for i := range maxTokens {
		redactor.addToken(strings.Repeat(testToken, 40) + fmt.Sprint(i)) // As long as a JSON Web Token.
	}
	for i := range maxFormer {
		redactor.addFormer(testKey + fmt.Sprint(i))
	}
	for name, corpora := range map[string]int{"100 typical jobs": 2, "100 jobs of 1000 corpora": 1000} {
		b.Run(name, func(b *testing.B) {
			body := []byte(pageBody(100, corpora, "the-next-page"))
			b.ReportAllocs()
			b.SetBytes(int64(len(body)))
			for b.Loop() {
				page, bad := decodePage(body)
				if bad != nil || len(page.Jobs) != 100 {
					b.Fatal(bad, len(page.Jobs))
				}
				if bad := redactor.redactPage(&page); bad != nil {
					b.Fatal(bad.problem)
				}
			}
		})
	}
}

// pageBody is a page of so many jobs on so many corpora each.
func pageBody(jobs, corpora int, key string) string {
	keys := make([]string, corpora)
	for i := range keys {
		keys[i] = fmt.Sprintf(`"corpus_%04d"`, i)
	}
	elements := make([]string, jobs)
	for i := range elements {
		elements[i] = fmt.Sprintf(`{"id": "job_3Kx9QpVn2mZr8YbLc5TdWe%04d", "type": "replace_filter_attributes", "corpus_keys": [%s], `+
			`"state": "started", "created_at": "2026-01-02T03:04:05.123Z", "started_at": "2026-01-02T03:04:06Z", `+
			`"created_by_username": "somebody@vectara.example"}`, i, strings.Join(keys, ", "))
	}
	return fmt.Sprintf(`{"jobs": [%s], "metadata": {"page_key": %q}}`, strings.Join(elements, ", "), key)
}
