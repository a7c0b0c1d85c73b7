// SPDX-License-Identifier: Apache-2.0

package security

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
	"github.com/vectara-job-operator/vectara-job-operator/test/harness"
)

// changeJob and changeDiscovery change a valid object.
type (
	changeJob       = func(*v1alpha1.VectaraJob)
	changeDiscovery = func(*v1alpha1.VectaraJobDiscovery)
)

// TestLimitsAreHeld is what config/policy admits and refuses with the limits that it is shipped with, and in which words.
func TestLimitsAreHeld(t *testing.T) {
	applyPolicy(t)
	interval := func(d time.Duration) *metav1.Duration { return &metav1.Duration{Duration: d} }
	jobs := map[string]struct {
		change changeJob
		want   string // of the refusal, or empty
	}{
		"nothing is set":                    {change: func(*v1alpha1.VectaraJob) {}},
		"the least pollInterval":            {change: func(j *v1alpha1.VectaraJob) { j.Spec.PollInterval = interval(5 * time.Second) }},
		"the longest requestTimeout":        {change: func(j *v1alpha1.VectaraJob) { j.Spec.RequestTimeout = interval(time.Minute) }},
		"a pollInterval that is too small":  {func(j *v1alpha1.VectaraJob) { j.Spec.PollInterval = interval(4900 * time.Millisecond) }, "spec.pollInterval is 4.9s, and must be at least 5s"},
		"a requestTimeout that is too long": {func(j *v1alpha1.VectaraJob) { j.Spec.RequestTimeout = interval(61 * time.Second) }, "spec.requestTimeout is 1m1s, and must be at most 1m"},
		"both, of which one message is told": {func(j *v1alpha1.VectaraJob) {
			j.Spec.PollInterval, j.Spec.RequestTimeout = interval(time.Second), interval(5*time.Minute)
		}, "spec.pollInterval is 1s"},
	}
	for name, tt := range jobs {
		t.Run("VectaraJob: "+name, func(t *testing.T) {
			expectRefusal(t, admin.Create(t.Context(), newJob("policy", tt.change), client.DryRunAll), tt.want)
		})
	}
	discoveries := map[string]struct {
		change changeDiscovery
		want   string
	}{
		"nothing is set":                   {change: func(*v1alpha1.VectaraJobDiscovery) {}},
		"the greatest maxJobs":             {change: func(d *v1alpha1.VectaraJobDiscovery) { d.Spec.MaxJobs = 1000 }},
		"too many jobs":                    {func(d *v1alpha1.VectaraJobDiscovery) { d.Spec.MaxJobs = 1001 }, "spec.maxJobs is 1001, and must be at most 1000"},
		"a template with a small interval": {func(d *v1alpha1.VectaraJobDiscovery) { d.Spec.Template.Spec.PollInterval = interval(time.Second) }, "spec.template.spec.pollInterval is 1s, and must be at least 5s"},
		"a template with a long timeout":   {func(d *v1alpha1.VectaraJobDiscovery) { d.Spec.Template.Spec.RequestTimeout = interval(2 * time.Minute) }, "spec.template.spec.requestTimeout is 2m0s, and must be at most 1m"},
		"a namespace that may not":         {func(d *v1alpha1.VectaraJobDiscovery) { d.Namespace = "default" }, `the namespace default may have no VectaraJobDiscovery in this cluster; these may: "search"`},
	}
	for name, tt := range discoveries {
		t.Run("VectaraJobDiscovery: "+name, func(t *testing.T) {
			expectRefusal(t, admin.Create(t.Context(), newDiscovery("policy", tt.change), client.DryRunAll), tt.want)
		})
	}
}

// TestLimitsThatCannotBeRead is what happens when the ConfigMap lacks a limit, or has one that is none, or is not there.
func TestLimitsThatCannotBeRead(t *testing.T) {
	applyPolicy(t)
	hurried := newJob("hurried", func(j *v1alpha1.VectaraJob) { j.Spec.PollInterval = &metav1.Duration{Duration: time.Second} })
	expectSoon := func(object client.Object, want string) {
		t.Helper()
		await(t, "the refusal is "+want, func(ctx context.Context) error {
			return refusal(admin.Create(ctx, object.DeepCopyObject().(client.Object), client.DryRunAll), want)
		})
	}
	expectSoon(hurried, "spec.pollInterval is 1s")
	setLimits(t, map[string]string{})
	expectSoon(hurried, "")
	expectSoon(newDiscovery("anywhere", func(d *v1alpha1.VectaraJobDiscovery) { d.Namespace, d.Spec.MaxJobs = "default", 10000 }), "")
	setLimits(t, map[string]string{"discoveryNamespaces": "legal, search"})
	expectSoon(newDiscovery("elsewhere", func(d *v1alpha1.VectaraJobDiscovery) { d.Namespace = "default" }), `these may: "legal, search"`)
	expectSoon(newDiscovery("here", nil), "")
	setLimits(t, map[string]string{"discoveryNamespaces": ""})
	expectSoon(newDiscovery("nowhere", nil), "the namespace search may have no VectaraJobDiscovery")
	setLimits(t, map[string]string{"minPollInterval": "five seconds"})
	expectSoon(hurried, "resulted in error")
	must(t, admin.Delete(t.Context(), limits()))
	expectSoon(newJob("any", nil), "no params found")
	expectSoon(newDiscovery("any", nil), "no params found")
}

// TestLimitsSurpriseNobody holds that limits which come later keep nobody from changing something else, and the operator from
// nothing.
func TestLimitsSurpriseNobody(t *testing.T) {
	ctx := t.Context()
	vectara.AddJob(jobOf("limits", 0, "started"))
	vectara.AddJob(jobOf("limits", 1, "completed"))
	job := newJob("before", func(j *v1alpha1.VectaraJob) {
		j.Spec.JobID, j.Spec.PollInterval, j.Spec.RequestTimeout = "job_limits0", &metav1.Duration{Duration: time.Second}, &metav1.Duration{Duration: 2 * time.Minute}
	})
	must(t, admin.Create(ctx, job))
	discovery := newDiscovery("before", func(d *v1alpha1.VectaraJobDiscovery) {
		d.Spec.MaxJobs, d.Spec.Template.Spec.PollInterval = 5000, &metav1.Duration{Duration: time.Second}
		d.Spec.CorpusKeys, d.Spec.Interval = []string{"limits"}, &metav1.Duration{Duration: 10 * time.Second}
	})
	must(t, admin.Create(ctx, discovery))
	t.Cleanup(func() {
		must(t, admin.Delete(context.Background(), job))
		must(t, admin.Delete(context.Background(), discovery))
	})
	awaitJobs(t, "before", 1)
	applyPolicy(t)
	setLimits(t, map[string]string{"minPollInterval": "1h", "maxRequestTimeout": "1s", "maxJobs": "1", "discoveryNamespaces": ""})
	await(t, "the limits hold", func(ctx context.Context) error {
		return refusal(admin.Create(ctx, newDiscovery("after", nil), client.DryRunAll), "may have no VectaraJobDiscovery")
	})

	// The operator writes status, and creates what an earlier discovery asks for.
	vectara.SetState("job_limits0", "completed", "")
	await(t, "the operator writes status", func(ctx context.Context) error {
		if err := admin.Get(ctx, client.ObjectKeyFromObject(job), job); err != nil {
			return err
		}
		if !job.IsFinished() {
			return errors.New(string(job.Status.State))
		}
		return nil
	})
	vectara.AddJob(jobOf("limits", 2, "started"))
	awaitJobs(t, "before", 2)

	// A person changes what is not limited, and not what is.
	change := func(object client.Object, want string, mutate func()) {
		t.Helper()
		must(t, admin.Get(ctx, client.ObjectKeyFromObject(object), object))
		before := object.DeepCopyObject().(client.Object)
		mutate()
		expectRefusal(t, admin.Patch(ctx, object, client.MergeFrom(before)), want)
	}
	change(job, "", func() { job.Labels = map[string]string{"team": "search"} })
	change(job, "", func() { job.Spec.Suspend = ptr.To(true) })
	change(job, "spec.requestTimeout is 1m0s, and must be at most 1s", func() { job.Spec.RequestTimeout.Duration = time.Minute })
	change(discovery, "", func() { discovery.Labels = map[string]string{"team": "search"} })
	change(discovery, "may have no VectaraJobDiscovery", func() { discovery.Spec.MaxJobs = 1 })
	change(discovery, "", func() { discovery.Spec.Suspend = ptr.To(true) })
	setLimits(t, map[string]string{"minPollInterval": "1h", "maxJobs": "10"})
	await(t, "the namespace may have discoveries again", func(ctx context.Context) error {
		return admin.Create(ctx, newDiscovery("after", func(d *v1alpha1.VectaraJobDiscovery) { d.Spec.MaxJobs = 10 }), client.DryRunAll)
	})
	change(discovery, "spec.maxJobs is 4000, and must be at most 10", func() { discovery.Spec.MaxJobs = 4000 })
	change(discovery, "", func() { discovery.Spec.Suspend, discovery.Spec.MaxJobs = nil, 10 })
}

// applyPolicy applies config/policy, and returns once it is in force.
func applyPolicy(t *testing.T) {
	t.Helper()
	t.Cleanup(func() { // After the cleanup of what is applied next.
		await(t, "no policy is in force", func(ctx context.Context) error {
			return admin.Create(ctx, newJob("free", func(j *v1alpha1.VectaraJob) { j.Spec.PollInterval = &metav1.Duration{Duration: time.Second} }), client.DryRunAll)
		})
	})
	apply(t, "config/policy")
	await(t, "both policies are in force", func(ctx context.Context) error {
		return errors.Join(
			refusal(admin.Create(ctx, newJob("hurried", func(j *v1alpha1.VectaraJob) {
				j.Spec.PollInterval = &metav1.Duration{Duration: time.Second}
			}), client.DryRunAll), "spec.pollInterval"),
			refusal(admin.Create(ctx, newDiscovery("many", func(d *v1alpha1.VectaraJobDiscovery) { d.Spec.MaxJobs = 10000 }), client.DryRunAll), "spec.maxJobs"),
		)
	})
}

func limits() *corev1.ConfigMap {
	return &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: harness.OperatorNamespace, Name: "vectara-job-limits"}}
}

// setLimits replaces all limits. It takes some time until they hold.
func setLimits(t *testing.T, data map[string]string) {
	t.Helper()
	object := limits()
	must(t, admin.Get(t.Context(), client.ObjectKeyFromObject(object), object))
	object.Data = data
	must(t, admin.Update(t.Context(), object))
}

func newJob(name string, change changeJob) *v1alpha1.VectaraJob {
	job := &v1alpha1.VectaraJob{
		ObjectMeta: metav1.ObjectMeta{Namespace: watched, Name: name}, Spec: v1alpha1.VectaraJobSpec{JobID: "job_policy"},
	}
	if change != nil {
		change(job)
	}
	return job
}

func newDiscovery(name string, change changeDiscovery) *v1alpha1.VectaraJobDiscovery {
	discovery := &v1alpha1.VectaraJobDiscovery{ObjectMeta: metav1.ObjectMeta{Namespace: watched, Name: name}}
	if change != nil {
		change(discovery)
	}
	return discovery
}

// expectRefusal fails a test unless a request was refused with some words, or not refused if there are none.
func expectRefusal(t *testing.T, err error, want string) {
	t.Helper()
	if problem := refusal(err, want); problem != nil {
		t.Error(problem)
	}
}

func refusal(err error, want string) error {
	switch {
	case want == "":
		return err
	case err == nil:
		return errors.New("it was admitted")
	case !apierrors.IsForbidden(err) && !apierrors.IsInvalid(err), !strings.Contains(err.Error(), want):
		return err
	default:
		return nil
	}
}
