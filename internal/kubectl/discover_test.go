// SPDX-License-Identifier: Apache-2.0

package kubectl

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
)

// vectaraJobDiscovery is a VectaraJobDiscovery without any status.
func vectaraJobDiscovery(name string, changes ...func(*v1alpha1.VectaraJobDiscovery)) *v1alpha1.VectaraJobDiscovery {
	discovery := &v1alpha1.VectaraJobDiscovery{
		ObjectMeta: metav1.ObjectMeta{Namespace: "search", Name: name, UID: "uid-of-discovery", Generation: 1, CreationTimestamp: metav1.Now()},
		Spec:       v1alpha1.VectaraJobDiscoverySpec{SecretRef: v1alpha1.SecretReference{Name: "vectara-credentials"}, MaxJobs: 1000},
		Status:     v1alpha1.VectaraJobDiscoveryStatus{ObservedGeneration: -1},
	}
	for _, change := range changes {
		change(discovery)
	}
	return discovery
}

func TestDiscoverMakesAVectaraJobDiscovery(t *testing.T) {
	for name, test := range map[string]struct {
		flags []string
		want  v1alpha1.VectaraJobDiscoverySpec
	}{
		"that leaves everything to the defaults of the CRD": {nil, v1alpha1.VectaraJobDiscoverySpec{}},
		"with every flag but one": {
			[]string{
				"--secret=mine", "--corpus-keys=legal,hr", "--corpus-keys=legal", "--types=rebuild_vector_index", "--states=queued,started",
				"--look-back=36h", "--interval=5m", "--max-jobs=200", "--ttl=1h", "--poll-interval=30s", "--suspend",
			},
			v1alpha1.VectaraJobDiscoverySpec{
				SecretRef: v1alpha1.SecretReference{Name: "mine"}, CorpusKeys: []string{"legal", "hr"},
				Types: []v1alpha1.JobType{"rebuild_vector_index"}, States: []v1alpha1.JobState{"queued", "started"},
				LookBack: &metav1.Duration{Duration: 36 * time.Hour}, Interval: &metav1.Duration{Duration: 5 * time.Minute},
				MaxJobs: 200, Suspend: ptr.To(true),
				Template: v1alpha1.VectaraJobTemplate{Spec: v1alpha1.VectaraJobTemplateSpec{
					TTLSecondsAfterFinished: ptr.To(int32(3600)), PollInterval: &metav1.Duration{Duration: 30 * time.Second},
				}},
			},
		},
		"with the beginning of the window": {
			[]string{"--created-after=2026-01-31T13:00:00.5+01:00", "--ttl=0s"},
			v1alpha1.VectaraJobDiscoverySpec{
				CreatedAfter: ptr.To(metav1.NewTime(time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC))),
				Template:     v1alpha1.VectaraJobTemplate{Spec: v1alpha1.VectaraJobTemplateSpec{TTLSecondsAfterFinished: ptr.To(int32(0))}},
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.expect("", append([]string{"discover", "legal"}, test.flags...), 0, "vectarajobdiscovery.jobs.vectara.io/legal created\n")
			made := w.discoveries()
			if len(made) != 1 || made[0].Name != "legal" || !equality.Semantic.DeepEqual(made[0].Spec, test.want) {
				t.Errorf("made %+v", made)
			}
		})
	}
}

func TestDiscoverRefuses(t *testing.T) {
	expectRefusals(t, "discover", "a", map[string]refusal{
		"no name":                          {nil, "expected the name of one VectaraJobDiscovery, got 0 arguments"},
		"two names":                        {[]string{"a", "b"}, "got 2 arguments"},
		"the ID of a job":                  {[]string{"job_a"}, `"job_a" is the ID of a job: expected a name for the VectaraJobDiscovery`},
		"a name that is none":              {[]string{"A"}, `"A" is no name`},
		"a name that is too long":          {[]string{strings.Repeat("x", 64)}, "at most 63 characters"},
		"the key of a corpus that is none": {[]string{"a", "--corpus-keys=a,b c"}, `--corpus-keys: expected keys of corpora, of letters, digits, _, = and -, at most 50 characters each, got "b c"`},
		"an empty list of corpora":         {[]string{"a", "--corpus-keys="}, "--corpus-keys: expected 1 to 100 keys of corpora"},
		"a type that is too long":          {[]string{"a", "--types=" + strings.Repeat("x", 129)}, "--types: expected types of jobs, at most 128 characters each"},
		"too many types":                   {[]string{"a", "--types=" + strings.Repeat("x,", 32) + "x"}, "--types: expected 1 to 32 types of jobs, got 33"},
		"a state in capitals":              {[]string{"a", "--states=Failed"}, `--states: expected states of jobs, of lower-case letters, digits and _, at most 128 characters each, got "Failed"`},
		"a window that is too short":       {[]string{"a", "--look-back=59s"}, "--look-back: expected a time from 1m to 8760h, got 59s"},
		"a window that is too long":        {[]string{"a", "--look-back=8761h"}, "--look-back: expected a time from 1m to 8760h"},
		"a time that is none":              {[]string{"a", "--created-after=yesterday"}, `--created-after: expected an RFC 3339 time such as 2026-01-31T12:00:00Z, got "yesterday"`},
		"a window in days":                 {[]string{"a", "--look-back=7d"}, "days are no unit: write hours, such as 168h for 7d"},
		"two windows":                      {[]string{"a", "--created-after=2026-01-31T12:00:00Z", "--look-back=1h"}, "--created-after, --look-back: expected one of them only"},
		"an interval that is too short":    {[]string{"a", "--interval=9s"}, "--interval: expected a time from 10s to 24h, got 9s"},
		"no jobs at all":                   {[]string{"a", "--max-jobs=0"}, "--max-jobs: expected a number from 1 to 10000, got 0"},
		"too many jobs":                    {[]string{"a", "--max-jobs=10001"}, "--max-jobs: expected a number from 1 to 10000"},
	})
}

func TestDiscoverLeavesWhatIsThere(t *testing.T) {
	w := newWorld(t, vectaraJobDiscovery("legal", func(discovery *v1alpha1.VectaraJobDiscovery) {
		discovery.Spec.CorpusKeys = []string{"hr", "legal"}
	}))
	w.expect("", []string{"discover", "legal", "--corpus-keys=legal,hr", "--max-jobs=1000"}, 0, "vectarajobdiscovery.jobs.vectara.io/legal unchanged\n")
	if text := w.errOut.String(); text != "" {
		t.Errorf("it warned: %s", text)
	}
	w.expect("", []string{
		"discover", "legal", "--corpus-keys=legal", "--types=a", "--states=a", "--look-back=1h", "--interval=1h", "--max-jobs=9", "--ttl=0s",
		"--poll-interval=5s", "--secret=mine", "--suspend",
	}, 0, `warning: the VectaraJobDiscovery "legal" exists already, and keeps what it has instead of --corpus-keys`,
		"of --types\n", "of --states\n", "of --look-back\n", "of --interval\n", "of --max-jobs\n", "of --ttl\n", "of --poll-interval\n",
		"of --secret\n", "of --suspend\n")
}

func TestDiscoverWithoutMakingAnything(t *testing.T) {
	for _, kind := range []string{"client", "server"} {
		w := newWorld(t)
		w.expect("", []string{"discover", "legal", "--dry-run=" + kind}, 0, "vectarajobdiscovery.jobs.vectara.io/legal created (", "dry run)\n")
		if made := w.discoveries(); len(made) != 0 {
			t.Errorf("made %+v", made)
		}
	}
	w := newWorld(t)
	w.expect("", []string{"discover", "legal", "--corpus-keys=legal", "--dry-run=client", "-o", "json"}, 0)
	var printed v1alpha1.VectaraJobDiscovery
	if err := json.Unmarshal([]byte(w.out.String()), &printed); err != nil || printed.Kind != "VectaraJobDiscovery" || printed.Spec.CorpusKeys[0] != "legal" {
		t.Errorf("-o json gave %s (%v)", w.out.String(), err)
	}
}

// TestTheBoundsOfADiscoveryAreThoseOfTheCRD compares the checks of the flags with the schema.
func TestTheBoundsOfADiscoveryAreThoseOfTheCRD(t *testing.T) {
	spec := specSchema(t, "vectarajobdiscoveries")
	for field, rule := range map[string]listRule{"corpusKeys": corpusKeysRule, "types": typesRule, "states": statesRule} {
		list := spec[field]
		pattern := ""
		if rule.pattern != nil {
			pattern = rule.pattern.String()
		}
		if *list.MaxItems != int64(rule.most) || *list.Items.Schema.MaxLength != int64(rule.longest) || list.Items.Schema.Pattern != pattern {
			t.Errorf("the CRD has for %s the bounds %d and %d, and the pattern %s", field, *list.MaxItems, *list.Items.Schema.MaxLength, list.Items.Schema.Pattern)
		}
	}
	for field, want := range map[string]string{
		"lookBack": "duration(self) >= duration('1m') && duration(self) <= duration('8760h')",
		"interval": "duration(self) >= duration('10s') && duration(self) <= duration('24h')",
	} {
		if rules := spec[field].XValidations; !slices.ContainsFunc(rules, func(rule apiextensionsv1.ValidationRule) bool {
			return strings.HasSuffix(rule.Rule, want)
		}) {
			t.Errorf("the CRD has for %s the rules %v", field, rules)
		}
	}
	if most := *spec["maxJobs"].Maximum; most != mostJobs {
		t.Errorf("the CRD has for maxJobs at most %v", most)
	}
}
