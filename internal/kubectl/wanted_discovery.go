// SPDX-License-Identifier: Apache-2.0

package kubectl

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
)

// What the CRD admits. It is checked here too, so that an error can name the flag.
const (
	maxDiscoveryName = 63
	minLookBack      = time.Minute
	maxLookBack      = 8760 * time.Hour
	minInterval      = 10 * time.Second
	maxInterval      = 24 * time.Hour
	mostJobs         = 10000
)

// listRule is what the CRD admits in a list.
type listRule struct {
	most, longest int
	pattern       *regexp.Regexp // nil if anything is admitted
	expected      string
}

var (
	corpusKeysRule = listRule{100, 50, regexp.MustCompile(`^[a-zA-Z0-9_=-]+$`), "keys of corpora, of letters, digits, _, = and -"}
	typesRule      = listRule{32, 128, nil, "types of jobs"}
	statesRule     = listRule{16, 128, regexp.MustCompile(`^[a-z0-9_]+$`), "states of jobs, of lower-case letters, digits and _"}
)

func (r listRule) validate(flag string, values []string) error {
	if len(values) == 0 || len(values) > r.most {
		return flagError(flag, "1 to %d %s, got %d", r.most, r.expected, len(values))
	}
	for _, value := range values {
		if value == "" || utf8.RuneCountInString(value) > r.longest || r.pattern != nil && !r.pattern.MatchString(value) {
			return flagError(flag, "%s, at most %d characters each, got %q", r.expected, r.longest, value)
		}
	}
	return nil
}

// wantedDiscovery is the VectaraJobDiscovery that the flags describe.
type wantedDiscovery struct {
	name                      string
	secret                    string
	corpusKeys, types, states []string
	lookBack                  time.Duration
	createdAfter              string
	interval                  time.Duration
	maxJobs                   int32
	suspend                   bool
	wantedTimes

	given func(flag string) bool
	since metav1.Time // what createdAfter says; set by validate
}

func (w *wantedDiscovery) validate() error {
	w.ttlSet, w.pollIntervalSet = w.given("ttl"), w.given("poll-interval")
	if strings.HasPrefix(w.name, "job_") {
		return fmt.Errorf("%q is the ID of a job: expected a name for the VectaraJobDiscovery. "+
			"To mirror one job, use 'kubectl vectara mirror'", w.name)
	}
	if problems := validation.IsDNS1123Subdomain(w.name); len(problems) > 0 {
		return fmt.Errorf("%q is no name: %s", w.name, problems[0])
	}
	if len(w.name) > maxDiscoveryName {
		return fmt.Errorf("%q is too long for the name of a VectaraJobDiscovery: expected at most %d characters", w.name, maxDiscoveryName)
	}
	if err := validateName("secret", w.secret); err != nil {
		return err
	}
	for _, list := range []struct {
		flag   string
		values []string
		rule   listRule
	}{{"corpus-keys", w.corpusKeys, corpusKeysRule}, {"types", w.types, typesRule}, {"states", w.states, statesRule}} {
		if !w.given(list.flag) {
			continue
		}
		if err := list.rule.validate(list.flag, list.values); err != nil {
			return err
		}
	}
	if err := w.validateWindow(); err != nil {
		return err
	}
	if w.interval < minInterval || w.interval > maxInterval {
		return flagError("interval", "a time from 10s to 24h, got %v", w.interval)
	}
	if w.maxJobs < 1 || w.maxJobs > mostJobs {
		return flagError("max-jobs", "a number from 1 to %d, got %d", mostJobs, w.maxJobs)
	}
	return w.validateTimes()
}

func (w *wantedDiscovery) validateWindow() error {
	if w.lookBack < minLookBack || w.lookBack > maxLookBack {
		return flagError("look-back", "a time from 1m to 8760h, got %v", w.lookBack)
	}
	if !w.given("created-after") {
		return nil
	}
	if w.given("look-back") {
		return errors.New("--created-after, --look-back: expected one of them only")
	}
	since, err := time.Parse(time.RFC3339, w.createdAfter)
	if err != nil {
		return flagError("created-after", "an RFC 3339 time such as 2026-01-31T12:00:00Z, got %q", w.createdAfter)
	}
	w.since = metav1.NewTime(since.UTC().Truncate(time.Second))
	return nil
}

// object is the VectaraJobDiscovery. What no flag gives is absent, so that the defaults of the CRD hold.
func (w *wantedDiscovery) object(namespace string) *v1alpha1.VectaraJobDiscovery {
	discovery := &v1alpha1.VectaraJobDiscovery{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: w.name}}
	spec := &discovery.Spec
	spec.SecretRef.Name = w.secret
	spec.CorpusKeys, spec.Types, spec.States = distinct[string](w.corpusKeys), distinct[v1alpha1.JobType](w.types), distinct[v1alpha1.JobState](w.states)
	spec.Template.Spec.PollInterval, spec.Template.Spec.TTLSecondsAfterFinished = w.pollEvery(), w.ttlSeconds()
	if w.given("look-back") {
		spec.LookBack = &metav1.Duration{Duration: w.lookBack}
	}
	if w.given("created-after") {
		spec.CreatedAfter = &w.since
	}
	if w.given("interval") {
		spec.Interval = &metav1.Duration{Duration: w.interval}
	}
	if w.given("max-jobs") {
		spec.MaxJobs = w.maxJobs
	}
	if w.given("suspend") {
		spec.Suspend = &w.suspend
	}
	return discovery
}

// distinct leaves out what was given before: the CRD has sets.
func distinct[T ~string](values []string) []T {
	var kept []T
	for _, value := range values {
		if !slices.Contains(kept, T(value)) {
			kept = append(kept, T(value))
		}
	}
	return kept
}

// make creates the VectaraJobDiscovery, or finds the one of the same name. The second result says which.
func (o *discoverCommand) make(
	ctx context.Context, c client.Client, discovery *v1alpha1.VectaraJobDiscovery,
) (*v1alpha1.VectaraJobDiscovery, bool, error) {
	created := discovery.DeepCopy()
	err := c.Create(ctx, created, o.dryRun.options()...)
	if !apierrors.IsAlreadyExists(err) {
		return created, true, err
	}
	existing := &v1alpha1.VectaraJobDiscovery{}
	if err := c.Get(ctx, client.ObjectKeyFromObject(discovery), existing); err != nil {
		return nil, false, err
	}
	o.compare(&existing.Spec, &discovery.Spec)
	return existing, false, nil
}

// compare warns of each flag that differs from the VectaraJobDiscovery that exists.
func (o *discoverCommand) compare(existing, wanted *v1alpha1.VectaraJobDiscoverySpec) {
	template, wantedTemplate := existing.Template.Spec, wanted.Template.Spec
	for _, field := range []struct {
		flag string
		same bool
	}{
		{"secret", existing.SecretRef == wanted.SecretRef},
		{"corpus-keys", sameSet(existing.CorpusKeys, wanted.CorpusKeys)},
		{"types", sameSet(existing.Types, wanted.Types)},
		{"states", sameSet(existing.States, wanted.States)},
		{"look-back", ptr.Equal(existing.LookBack, wanted.LookBack)},
		{"created-after", equality.Semantic.DeepEqual(existing.CreatedAfter, wanted.CreatedAfter)},
		{"interval", ptr.Equal(existing.Interval, wanted.Interval)},
		{"max-jobs", existing.MaxJobs == wanted.MaxJobs},
		{"ttl", ptr.Equal(template.TTLSecondsAfterFinished, wantedTemplate.TTLSecondsAfterFinished)},
		{"poll-interval", ptr.Equal(template.PollInterval, wantedTemplate.PollInterval)},
		{"suspend", ptr.Deref(existing.Suspend, false) == o.wanted.suspend},
	} {
		if o.wanted.given(field.flag) && !field.same {
			o.warnKept(v1alpha1.VectaraJobDiscoveryKind, o.wanted.name, field.flag)
		}
	}
}

// sameSet reports whether two lists hold the same, in whatever order.
func sameSet[T ~string](a, b []T) bool {
	return slices.Equal(slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b)))
}
