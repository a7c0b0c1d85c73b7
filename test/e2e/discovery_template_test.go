// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
)

// texts is a JSON object of so many keys, of the most characters that there may be, with values of a character.
func texts(keys, values int, character string) string {
	prefix := strings.Repeat(strings.Repeat("p", 62)+".", 4) + "p" // 253 characters
	entries := map[string]string{}
	for i := range keys {
		name := fmt.Sprintf("%03d", i) + strings.Repeat("n", 60)
		entries[prefix+"/"+name] = strings.Repeat(character, values)
	}
	data, _ := json.Marshal(entries) //nolint:errchkjson // Strings.
	return string(data)
}

// TestWhatATemplateMayHoldCanBeCreated posts templates up to their bounds and beyond. What is admitted must be admitted as
// the metadata of a VectaraJob as well, or the discovery could create none.
func TestWhatATemplateMayHoldCanBeCreated(t *testing.T) {
	s := newSchemaScene(t)
	for i, test := range []struct {
		name, labels, annotations string
		// refusal must be in the error; empty means that the template is admitted.
		refusal string
	}{
		{name: "nothing", labels: `{}`, annotations: `{}`},
		{name: "the most labels of the longest keys and values", labels: texts(32, 63, "x"), annotations: `{}`},
		{name: "the most annotations of the longest keys", labels: `{}`, annotations: texts(32, 1731, "x")}, // 32 × (317 + 1731) is 65536.
		{name: "a byte more", labels: `{}`, annotations: texts(32, 1732, "x"), refusal: "at most 65536 bytes"},
		{name: "the longest annotations", labels: `{}`, annotations: texts(14, 4096, "x")},
		{name: "more than a few of the longest annotations", labels: `{}`, annotations: texts(15, 4096, "x"), refusal: "at most 65536 bytes"},
		{name: "annotations of two bytes for each character", labels: `{}`, annotations: texts(7, 4096, "é")},
		{name: "one more of these", labels: `{}`, annotations: texts(8, 4096, "é"), refusal: "at most 65536 bytes"},
		{name: "annotations of four bytes for each character", labels: `{}`, annotations: texts(3, 4096, "😀")},
		{name: "one more of those", labels: `{}`, annotations: texts(4, 4096, "😀"), refusal: "at most 65536 bytes"},
		{name: "as much as the characters alone allow", labels: `{}`, annotations: texts(32, 4096, "😀"), refusal: "at most 65536 bytes"},
		{name: "characters that JSON escapes", labels: `{}`, annotations: texts(14, 4096, "\u0000")},
		{name: "characters that are none", labels: `{}`, annotations: `{"note": "\ud800\udfff\ud800"}`},
		{name: "keys in capitals", labels: `{"Team": "Search"}`, annotations: `{"Example.com/Note": "x"}`},
		{name: "a label and an annotation of Kubernetes", labels: `{"app.kubernetes.io/name": "x"}`, annotations: `{"kubernetes.io/x": ""}`},
	} {
		t.Run(test.name, func(t *testing.T) {
			discovery := validDiscovery(fmt.Sprint("template-", i))
			set(discovery, "spec.template.metadata.labels", test.labels)
			set(discovery, "spec.template.metadata.annotations", test.annotations)
			s.resource = "vectarajobdiscoveries"
			err := s.post(discovery)
			if test.refusal != "" {
				if !apierrors.IsInvalid(err) || !strings.Contains(err.Error(), test.refusal) {
					t.Errorf("want a refusal that says %q, got %v", test.refusal, err)
				}
				return
			}
			if err != nil {
				t.Fatalf("refused: %v", err)
			}
			job := valid(fmt.Sprint("template-", i))
			set(job, "metadata.labels", test.labels)
			set(job, "metadata.annotations", test.annotations)
			s.resource = "vectarajobs"
			if err := s.post(job); err != nil {
				t.Errorf("admitted as a template, and refused as a VectaraJob: %v", err)
			}
		})
	}
}

// TestTemplateKeepsVectaraJobsForADay covers every way to say nothing of it.
func TestTemplateKeepsVectaraJobsForADay(t *testing.T) {
	s := newDiscoverySchemaScene(t)
	for i, test := range []struct {
		name, spec string
		want       int32
	}{
		{"no spec", "", 86400},
		{"an empty spec", `{}`, 86400},
		{"no template", `{"maxJobs": 5}`, 86400},
		{"an empty template", `{"template": {}}`, 86400},
		{"a template without a spec", `{"template": {"metadata": {"labels": {"team": "search"}}}}`, 86400},
		{"an empty spec in the template", `{"template": {"spec": {}}}`, 86400},
		{"another field in the template", `{"template": {"spec": {"pollInterval": "30s"}}}`, 86400},
		{"null", `{"template": {"spec": {"ttlSecondsAfterFinished": null}}}`, 86400},
		{"0", `{"template": {"spec": {"ttlSecondsAfterFinished": 0}}}`, 0},
		{"the most", `{"template": {"spec": {"ttlSecondsAfterFinished": 2147483647}}}`, 2147483647},
	} {
		t.Run(test.name, func(t *testing.T) {
			object := validDiscovery(fmt.Sprint("ttl-", i))
			set(object, "spec", test.spec)
			s.must(s.post(object))
			got := s.discovery(fmt.Sprint("ttl-", i)).Spec.Template.Spec.TTLSecondsAfterFinished
			if got == nil || *got != test.want {
				t.Errorf("ttlSecondsAfterFinished is %v, want %d", got, test.want)
			}
		})
	}
}

// TestMemoryOfADiscoveryIsBounded holds the schema to what the operator writes: at most 20,000 jobs in at most 512 groups.
func TestMemoryOfADiscoveryIsBounded(t *testing.T) {
	s := newDiscoverySchemaScene(t)
	s.discover("a")
	// groups are so many, with so many jobs each, but for those that the last one has more.
	groups := func(n, each, more int) string {
		var parts []string
		for i := range n {
			if i == n-1 {
				each += more
			}
			parts = append(parts, fmt.Sprintf(`{"createdBefore": "2026-01-01T00:00:00Z", "digests": %q}`, strings.Repeat("abcd+/09", each)))
		}
		return `{"status": {"handledJobs": [` + strings.Join(parts, ",") + `]}}`
	}
	for _, test := range []struct {
		name, patch string
		// refusal must be in the error; empty means that the status is admitted.
		refusal string
	}{
		{"all in one group", groups(1, 20_000, 0), ""},
		{"one too many in one group", groups(1, 20_001, 0), "160000"},
		{"all in many groups", groups(500, 40, 0), ""},
		{"one too many in many groups", groups(500, 40, 1), "all digests together must be at most 160000 characters"},
		{"two groups of the longest", groups(2, 20_000, 0), "all digests together must be at most 160000 characters"},
		{"the most groups", groups(512, 39, 0), ""},
		{"one group too many", groups(513, 1, 0), "512"},
	} {
		t.Run(test.name, func(t *testing.T) {
			err := s.patchStatus("a", test.patch)
			switch {
			case test.refusal == "" && err != nil:
				t.Errorf("refused: %v", err)
			case test.refusal != "" && (!apierrors.IsInvalid(err) || !strings.Contains(err.Error(), test.refusal)):
				t.Errorf("want a refusal that says %q, got %v", test.refusal, err)
			}
		})
	}
	s.everythingIsReadable()
}
