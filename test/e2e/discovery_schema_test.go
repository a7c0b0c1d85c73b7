// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
)

// validDiscovery is a discovery with every field of spec that another one does not exclude, and nothing wrong with it.
func validDiscovery(name string) map[string]any {
	return map[string]any{
		"apiVersion": v1alpha1.GroupVersion.String(), "kind": v1alpha1.VectaraJobDiscoveryKind,
		"metadata": map[string]any{"name": name},
		"spec": map[string]any{
			"secretRef": map[string]any{"name": "vectara-credentials"}, "corpusKeys": []string{"legal"},
			"types": []string{"replace_filter_attributes"}, "states": []string{"queued", "started"},
			"lookBack": "24h", "interval": "1m", "maxJobs": 100, "suspend": false,
			"template": map[string]any{
				"metadata": map[string]any{
					"labels": map[string]any{"team": "search"}, "annotations": map[string]any{"example.com/runbook": "https://example.com/"},
				},
				"spec": map[string]any{"pollInterval": "30s", "requestTimeout": "10s", "ttlSecondsAfterFinished": 3600},
			},
		},
	}
}

func newDiscoverySchemaScene(t *testing.T) *schemaScene {
	t.Helper()
	s := newSchemaScene(t)
	s.resource = "vectarajobdiscoveries"
	return s
}

// listOf is a JSON list of so many strings.
func listOf(n int, item func(i int) string) string {
	items := make([]string, n)
	for i := range items {
		items[i] = quoted(item(i))
	}
	return "[" + strings.Join(items, ",") + "]"
}

// mapOf is a JSON object of so many keys with a value.
func mapOf(n int, value string) string {
	items := make([]string, n)
	for i := range items {
		items[i] = fmt.Sprintf(`"key-%d": %q`, i, value)
	}
	return "{" + strings.Join(items, ",") + "}"
}

func TestDiscoverySpecAdmission(t *testing.T) {
	s := newDiscoverySchemaScene(t)
	long := func(n int) string { return strings.Repeat("x", n) }
	const labels, annotations, template = "spec.template.metadata.labels", "spec.template.metadata.annotations", "spec.template.spec."
	for i, test := range []struct {
		name, path, value string
		// refusal must be in the error; empty means that the object is admitted.
		refusal string
	}{
		{name: "every field well set"},
		{"no spec at all", "spec", "", ""},
		{"an empty spec", "spec", `{}`, ""},
		{"a name of 63 characters", "metadata.name", quoted(long(63)), ""},
		{"a name of 64 characters", "metadata.name", quoted(long(64)), "metadata.name must be at most 63 characters"},
		{"a name with dots", "metadata.name", `"legal.search"`, ""},
		{"a Secret that cannot exist", "spec.secretRef.name", `"Not_A_Name"`, "spec.secretRef.name"},

		{"neither createdAfter nor lookBack", "spec.lookBack", "", ""},
		{"createdAfter and lookBack", "spec.createdAfter", `"2026-01-31T12:00:00Z"`, "createdAfter and lookBack exclude each other"},
		{"createdAfter alone", "spec", `{"createdAfter": "2026-01-31T12:00:00Z"}`, ""},
		{"a createdAfter that is a date", "spec", `{"createdAfter": "2026-01-31"}`, "spec.createdAfter"},
		{"a lookBack of a minute", "spec.lookBack", `"1m"`, ""},
		{"a lookBack of a year", "spec.lookBack", `"8760h"`, ""},
		{"a lookBack below a minute", "spec.lookBack", `"59s"`, "lookBack must be between 1m and 8760h"},
		{"a lookBack above a year", "spec.lookBack", `"8760h1s"`, "lookBack must be between 1m and 8760h"},
		{"a lookBack in days", "spec.lookBack", `"7d"`, "days are no unit: write hours, such as 168h for 7d"},
		{"a negative lookBack", "spec.lookBack", `"-1h"`, "spec.lookBack"},
		{"a lookBack that overflows in parts", "spec.lookBack", `"999999h999999h999999h"`, "spec.lookBack"},
		{"a lookBack that is a number", "spec.lookBack", `3600`, "spec.lookBack"},

		{"an interval of 10 s", "spec.interval", `"10s"`, ""},
		{"an interval of a day", "spec.interval", `"24h"`, ""},
		{"an interval below 10 s", "spec.interval", `"9.999s"`, "interval must be between 10s and 24h"},
		{"an interval above a day", "spec.interval", `"24h1ms"`, "interval must be between 10s and 24h"},
		{"an interval without a unit", "spec.interval", `"30"`, "spec.interval"},
		{"an interval of nothing", "spec.interval", `""`, "spec.interval"},

		{"a maxJobs of 1", "spec.maxJobs", `1`, ""},
		{"a maxJobs of 10000", "spec.maxJobs", `10000`, ""},
		{"a maxJobs of 0", "spec.maxJobs", `0`, "spec.maxJobs"},
		{"a maxJobs of 10001", "spec.maxJobs", `10001`, "spec.maxJobs"},
		{"a maxJobs with a fraction", "spec.maxJobs", `1.5`, "spec.maxJobs"},
		{"a maxJobs that overflows", "spec.maxJobs", `5e9`, "spec.maxJobs"},
		{"a suspend that is no boolean", "spec.suspend", `"yes"`, "spec.suspend"},

		{"an empty list of corpora", "spec.corpusKeys", `[]`, "spec.corpusKeys"},
		{"100 corpora", "spec.corpusKeys", listOf(100, func(i int) string { return fmt.Sprint("c", i) }), ""},
		{"101 corpora", "spec.corpusKeys", listOf(101, func(i int) string { return fmt.Sprint("c", i) }), "spec.corpusKeys"},
		{"a corpus twice", "spec.corpusKeys", `["legal", "legal"]`, "spec.corpusKeys[1]: Duplicate value"},
		{"an empty corpus key", "spec.corpusKeys", `[""]`, "spec.corpusKeys[0]"},
		{"a corpus key of 50 characters", "spec.corpusKeys", `["` + long(50) + `"]`, ""},
		{"a corpus key of 51 characters", "spec.corpusKeys", `["` + long(51) + `"]`, "spec.corpusKeys[0]"},
		{"a corpus key of all characters that are allowed", "spec.corpusKeys", `["AZaz09_=-"]`, ""},
		{"a corpus key with a space", "spec.corpusKeys", `["a b"]`, "spec.corpusKeys[0]"},
		{"a corpus that is no string", "spec.corpusKeys", `[1]`, "spec.corpusKeys[0]"},

		{"an empty list of types", "spec.types", `[]`, "spec.types"},
		{"a type of the year 2030", "spec.types", `["A type of 2030"]`, ""},
		{"33 types", "spec.types", listOf(33, func(i int) string { return fmt.Sprint("t", i) }), "spec.types"},
		{"a type of 129 characters", "spec.types", `["` + long(129) + `"]`, "spec.types[0]"},
		{"an empty type", "spec.types", `[""]`, "spec.types[0]"},

		{"an empty list of states", "spec.states", `[]`, "spec.states"},
		{"a state of the year 2030", "spec.states", `["on_hold_2030"]`, ""},
		{"a state that would be another parameter of the query", "spec.states", `["queued&limit=1"]`, "spec.states[0]"},
		{"a state in capitals", "spec.states", `["QUEUED"]`, "spec.states[0]"},
		{"17 states", "spec.states", listOf(17, func(i int) string { return fmt.Sprint("s", i) }), "spec.states"},

		{"no template", "spec.template", "", ""},
		{"an empty template", "spec.template", `{}`, ""},
		{"a label without a value", labels, `{"team": ""}`, ""},
		{"a label with a prefix", labels, `{"example.com/team": "search"}`, ""},
		{"32 labels", labels, mapOf(32, "x"), ""},
		{"33 labels", labels, mapOf(33, "x"), labels},
		{"a label whose key is none", labels, `{"not a key": "x"}`, "each key must be the key of a label"},
		{"a label whose key has two prefixes", labels, `{"a/b/c": "x"}`, "each key must be the key of a label"},
		{"a label of 63 characters", labels, mapOf(1, long(63)), ""},
		{"a label of 64 characters", labels, mapOf(1, long(64)), labels},
		{"a label with a value that is none", labels, `{"team": "two words"}`, "each value must be the value of a label"},
		{"a label that is a number", labels, `{"team": 1}`, labels},
		{"the label of the operator", labels, `{"jobs.vectara.io/discovery": "mine"}`, "the prefix jobs.vectara.io/ is reserved for the operator"},
		{"a label that begins like the operator's", labels, `{"jobs.vectara.io.example.com/team": "search"}`, ""},
		{"a request as an annotation", annotations, `{"jobs.vectara.io/requestedAt": "1"}`, "the prefix jobs.vectara.io/ is reserved for the operator"},
		{"the prefix of the operator in capitals", annotations, `{"Jobs.Vectara.io/note": "x"}`, "the prefix jobs.vectara.io/ is reserved for the operator"},
		{"an annotation of 4096 characters", annotations, mapOf(1, long(4096)), ""},
		{"an annotation of 4097 characters", annotations, mapOf(1, long(4097)), annotations},
		{"an annotation of any text", annotations, `{"note": "Two words, and\nanother line: 😀"}`, ""},
		{"an annotation whose key has capitals", annotations, `{"Note": "x"}`, ""},
		{"an annotation whose key is none", annotations, `{"not a key": "x"}`, "each key must be the key of an annotation"},
		{"33 annotations", annotations, mapOf(33, "x"), annotations},
		{"a poll interval below a second", template + "pollInterval", `"999ms"`, "pollInterval must be between 1s and 24h"},
		{"a poll interval above a day", template + "pollInterval", `"25h"`, "pollInterval must be between 1s and 24h"},
		{"a request timeout above five minutes", template + "requestTimeout", `"5m1s"`, "requestTimeout must be between 1s and 5m"},
		{"a TTL of nothing", template + "ttlSecondsAfterFinished", `0`, ""},
		{"a negative TTL", template + "ttlSecondsAfterFinished", `-1`, template + "ttlSecondsAfterFinished"},
	} {
		t.Run(test.name, func(t *testing.T) {
			object := validDiscovery(fmt.Sprintf("spec-%d", i))
			if test.path != "" {
				set(object, test.path, test.value)
			}
			err := s.post(object)
			switch {
			case test.refusal == "" && err != nil:
				t.Errorf("refused: %v", err)
			case test.refusal != "" && !apierrors.IsInvalid(err):
				t.Errorf("want a refusal as invalid, got %v", err)
			case test.refusal != "" && !strings.Contains(err.Error(), test.refusal):
				t.Errorf("the refusal says nothing of %q: %v", test.refusal, err)
			}
		})
	}
	s.everythingIsReadable()
}

func TestDiscoveryDefaults(t *testing.T) {
	s := newDiscoverySchemaScene(t)
	object := validDiscovery("bare")
	set(object, "spec", "")
	s.must(s.post(object))
	got := s.discovery("bare")
	if got.Spec.SecretRef.Name != v1alpha1.DefaultCredentialsSecretName || got.Spec.MaxJobs != 1000 {
		t.Errorf("secretRef.name is %q and maxJobs %d", got.Spec.SecretRef.Name, got.Spec.MaxJobs)
	}
	if got.Status.ObservedGeneration != -1 {
		t.Errorf("status.observedGeneration is %d, want -1", got.Status.ObservedGeneration)
	}
	if got.Spec.Template.Metadata.Labels != nil || got.Spec.Template.Spec.PollInterval != nil || got.Spec.Template.Spec.RequestTimeout != nil {
		t.Errorf("something else of the template has a default: %+v", got.Spec.Template)
	}
	if got.Spec.LookBack != nil || got.Spec.CreatedAfter != nil || got.Spec.Interval != nil || got.Spec.Suspend != nil || got.Spec.States != nil {
		t.Errorf("something else has a default: %+v", got.Spec)
	}
}

// TestAdmittedDiscoveriesAreReadable is TestAdmittedMeansReadable for the other kind.
func TestAdmittedDiscoveriesAreReadable(t *testing.T) {
	s := newDiscoverySchemaScene(t)
	s.discover("a")
	statuses := map[string]string{}
	for _, value := range nastyTimes {
		statuses["lastSweepTime "+value] = `{"lastSweepTime": ` + value + `}`
		statuses["createdBefore "+value] = `{"handledJobs": [{"createdBefore": ` + value + `, "digests": "abcdefgh"}]}`
		statuses["condition "+value] = `{"conditions": ` + conditionsWith("lastTransitionTime", value) + `}`
	}
	for _, value := range nastyNumbers {
		for _, field := range []string{"observedGeneration", "observedJobs", "mirroredJobs", "waitingJobs", "createdJobs"} {
			statuses[field+" "+value] = fmt.Sprintf(`{%q: %s}`, field, value)
		}
		statuses["condition observedGeneration "+value] = `{"conditions": ` + conditionsWith("observedGeneration", value) + `}`
	}
	for _, value := range []string{`null`, `[]`, `[null]`, `[1]`, `["a","a"]`, `"a"`, `{}`, `[{}]`, `true`} {
		for _, field := range []string{"handledJobs", "conditions", "lastHandledReconcileAt", "lastSweepTime", "observedJobs"} {
			statuses[field+" "+value] = fmt.Sprintf(`{%q: %s}`, field, value)
		}
	}
	for _, value := range []string{`null`, `""`, `"abc"`, `"abcdefghi"`, `"abcd efg"`, `"abcdefg\n"`, `"ABC+/xyz"`, quoted(strings.Repeat("abcdefgh", 20_001)), `1`} {
		statuses["digests "+value] = `{"handledJobs": [{"createdBefore": "2026-01-01T00:00:00Z", "digests": ` + value + `}]}`
	}
	admitted := 0
	for name, status := range statuses {
		if s.patchStatus("a", `{"status": `+status+`}`) == nil {
			admitted++
			if !s.everythingIsReadable() {
				t.Errorf("admitted and not readable: %s", name)
			}
		}
	}
	if admitted < 10 || admitted == len(statuses) {
		t.Errorf("%d of %d statuses were admitted: this tests nothing", admitted, len(statuses))
	}

	specs := map[string]string{}
	for _, value := range nastyTimes {
		specs["createdAfter "+value] = `{"createdAfter": ` + value + `}`
	}
	for _, value := range nastyNumbers {
		specs["maxJobs "+value] = `{"maxJobs": ` + value + `}`
		specs["ttl "+value] = `{"template": {"spec": {"ttlSecondsAfterFinished": ` + value + `}}}`
	}
	for _, value := range []string{`"1h"`, `"1H"`, `"+1h"`, `"1µs"`, `".5h"`, `"1h "`, `"0x10s"`, `"1e3s"`, `"24h0.0000000001s"`, `"100000.123456789s"`, `null`, `60`, `{}`} {
		for _, field := range []string{"lookBack", "interval"} {
			specs[field+" "+value] = fmt.Sprintf(`{%q: %s}`, field, value)
		}
		specs["pollInterval "+value] = `{"template": {"spec": {"pollInterval": ` + value + `}}}`
	}
	admitted = 0
	for i, name := range slices.Sorted(maps.Keys(specs)) {
		object := validDiscovery(fmt.Sprint("nasty-", i))
		set(object, "spec", specs[name])
		if s.post(object) == nil {
			admitted++
			if !s.everythingIsReadable() {
				t.Errorf("admitted and not readable: %s", name)
			}
		}
	}
	if admitted < 10 || admitted == len(specs) {
		t.Errorf("%d of %d specifications were admitted: this tests nothing", admitted, len(specs))
	}
}

// TestExplainDiscovery holds that kubectl explain says what spec is about, its fields and their bounds.
func TestExplainDiscovery(t *testing.T) {
	s := newSchemaScene(t)
	text, err := cluster.Kubectl(s.ctx, "explain", "vectarajobdiscovery.spec")
	s.must(err)
	text = strings.Join(strings.Fields(text), " ")
	for _, want := range []string{
		"spec says which jobs are to have a VectaraJob", "corpusKeys <[]string>", "createdAfter <string>", "lookBack <string>",
		"interval <string>", "maxJobs <integer>", "secretRef <Object>", "states <[]string>", "suspend <boolean>", "template <Object>", "types <[]string>",
		"from 1m to 8760h", "from 10s to 24h", "from 1 to 10000", "Default: 1000.", "Default: {name: vectara-credentials}.",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("kubectl explain says nothing of %q:\n%s", want, text)
		}
	}
}
