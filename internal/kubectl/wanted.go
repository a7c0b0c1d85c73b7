// SPDX-License-Identifier: Apache-2.0

package kubectl

import (
	"context"
	"fmt"
	"math"
	"regexp"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
)

// What the CRD admits. It is checked here too, so that an error can name the flag.
const (
	jobIDPattern    = `^job_[A-Za-z0-9._~:=+-]+$`
	maxJobID        = 512
	minPollInterval = time.Second
	maxPollInterval = 24 * time.Hour
	maxTTL          = math.MaxInt32 * time.Second
)

var jobID = regexp.MustCompile(jobIDPattern)

// wantedJob is the VectaraJob that the flags describe.
type wantedJob struct {
	jobID  string
	name   string
	secret string
	wantedTimes
}

// wantedTimes are the flags that say how a VectaraJob is polled and for how long it is kept.
type wantedTimes struct {
	pollInterval    time.Duration
	pollIntervalSet bool
	ttl             time.Duration
	ttlSet          bool
}

func (w *wantedJob) validate() error {
	if !jobID.MatchString(w.jobID) || len(w.jobID) > maxJobID {
		return fmt.Errorf("%q is not the ID of a job: expected job_ and then letters, digits or any of . _ ~ : = + -, "+
			"at most %d characters in all", w.jobID, maxJobID)
	}
	for flag, name := range map[string]string{"name": w.name, "secret": w.secret} {
		if err := validateName(flag, name); err != nil {
			return err
		}
	}
	return w.validateTimes()
}

func (w *wantedTimes) validateTimes() error {
	if w.pollIntervalSet && (w.pollInterval < minPollInterval || w.pollInterval > maxPollInterval) {
		return flagError("poll-interval", "a time from 1s to 24h, got %v", w.pollInterval)
	}
	if w.ttlSet && (w.ttl < 0 || w.ttl > maxTTL || w.ttl%time.Second != 0) {
		return flagError("ttl", "a time from 0s to %ds in whole seconds, got %v", math.MaxInt32, w.ttl)
	}
	return nil
}

// pollEvery is spec.pollInterval; nil if it is not set.
func (w *wantedTimes) pollEvery() *metav1.Duration {
	if !w.pollIntervalSet {
		return nil
	}
	return &metav1.Duration{Duration: w.pollInterval}
}

// ttlSeconds is spec.ttlSecondsAfterFinished; nil if it is not set.
func (w *wantedTimes) ttlSeconds() *int32 {
	if !w.ttlSet {
		return nil
	}
	return ptr.To(int32(w.ttl / time.Second)) //nolint:gosec // validateTimes checks the bounds.
}

// validateName checks the name of an object that a flag gives, if it does.
func validateName(flag, name string) error {
	if problems := validation.IsDNS1123Subdomain(name); name != "" && len(problems) > 0 {
		return flagError(flag, "the name of an object, got %q: %s", name, problems[0])
	}
	return nil
}

// object is the VectaraJob.
func (w *wantedJob) object(namespace string) *v1alpha1.VectaraJob {
	job := &v1alpha1.VectaraJob{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: w.name},
		Spec:       v1alpha1.VectaraJobSpec{JobID: w.jobID, SecretRef: v1alpha1.SecretReference{Name: w.secret}},
	}
	if w.name == "" {
		job.GenerateName = "job-"
	}
	job.Spec.PollInterval, job.Spec.TTLSecondsAfterFinished = w.pollEvery(), w.ttlSeconds()
	return job
}

// makeJob creates the VectaraJob, or finds the one of the same name and for the same job. The second result says which.
func (o *mirrorOptions) makeJob(ctx context.Context, c client.Client, job *v1alpha1.VectaraJob) (*v1alpha1.VectaraJob, bool, error) {
	created := job.DeepCopy()
	err := c.Create(ctx, created, o.dryRun.options()...)
	if apierrors.IsAlreadyExists(err) && o.wanted.name != "" {
		existing := &v1alpha1.VectaraJob{}
		if err := c.Get(ctx, client.ObjectKeyFromObject(job), existing); err != nil {
			return nil, false, err
		}
		return existing, false, o.compare(existing, job)
	}
	return created, true, err
}

// compare says how the VectaraJob that exists differs from the one that is wanted: another job is an error, and each
// other flag that differs is a warning.
func (o *mirrorOptions) compare(existing, wanted *v1alpha1.VectaraJob) error {
	if existing.Spec.JobID != wanted.Spec.JobID {
		return fmt.Errorf("--name: the VectaraJob %q mirrors another job, %s: choose another name, or none",
			existing.Name, existing.Spec.JobID)
	}
	warn := func(flag string) { o.warnKept(v1alpha1.VectaraJobKind, existing.Name, flag) }
	if o.wanted.secret != "" && existing.Spec.SecretRef.Name != wanted.Spec.SecretRef.Name {
		warn("secret")
	}
	if o.wanted.pollIntervalSet && !ptr.Equal(existing.Spec.PollInterval, wanted.Spec.PollInterval) {
		warn("poll-interval")
	}
	if o.wanted.ttlSet && !ptr.Equal(existing.Spec.TTLSecondsAfterFinished, wanted.Spec.TTLSecondsAfterFinished) {
		warn("ttl")
	}
	return nil
}
