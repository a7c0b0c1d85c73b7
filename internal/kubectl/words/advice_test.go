// SPDX-License-Identifier: Apache-2.0

package words_test

import (
	"strings"
	"testing"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
	"github.com/vectara-job-operator/vectara-job-operator/internal/kubectl/words"
)

func TestThereIsAdviceForEveryReasonThatNeedsAPerson(t *testing.T) {
	for _, reason := range []string{
		v1alpha1.ReasonPermissionDenied, v1alpha1.ReasonJobNotFound, v1alpha1.ReasonUnauthorized,
		v1alpha1.ReasonRequestRejected, v1alpha1.ReasonCredentialsNotFound, v1alpha1.ReasonCredentialsInvalid,
	} {
		job := running(blocked(reason, "No."), func(job *v1alpha1.VectaraJob) { job.Spec.SecretRef.Name = "mine" })
		advice := strings.Join(words.Advice(job), "\n")
		if !strings.Contains(advice, "-n search") || !strings.Contains(advice, "mine") && !strings.Contains(advice, "vj/reindex") {
			t.Errorf("the advice on %s has no command: %q", reason, advice)
		}
		if strings.ContainsAny(advice, "{}") {
			t.Errorf("the advice on %s is not filled in: %q", reason, advice)
		}
	}
	for _, state := range []v1alpha1.JobState{v1alpha1.JobStateFailed, v1alpha1.JobStateAborted} {
		reason := map[v1alpha1.JobState]string{"failed": v1alpha1.ReasonJobFailed, "aborted": v1alpha1.ReasonJobAborted}[state]
		job := running(blocked(reason, "Over."), ended(state, ""))
		if advice := strings.Join(words.Advice(job), "\n"); !strings.Contains(advice, "kubectl vectara mirror -n search") {
			t.Errorf("the advice on %s has no command: %q", state, advice)
		}
	}
	if advice := strings.Join(words.Advice(running(suspended)), "\n"); !strings.Contains(advice, `"suspend":false`) {
		t.Errorf("the advice on a job that is suspended has no command: %q", advice)
	}
}

func TestThereIsAdviceForEveryReasonThatTimeMayHeal(t *testing.T) {
	for _, reason := range []string{
		v1alpha1.ReasonRateLimited, v1alpha1.ReasonAPIUnavailable, v1alpha1.ReasonInvalidResponse, v1alpha1.ReasonJobNotFound,
	} {
		advice := strings.Join(words.Advice(running(unsynced(reason))), "\n")
		if !strings.Contains(advice, "-n search") || strings.Contains(advice, "{namespace}") || strings.Contains(advice, "{name}") {
			t.Errorf("the advice on %s is %q", reason, advice)
		}
	}
}

func TestThereIsNoAdviceOnWhatIsInOrder(t *testing.T) {
	for _, job := range []*v1alpha1.VectaraJob{
		running(), running(unseen), running(ended("completed", "")),
		running(ended("completed", ""), unsynced(v1alpha1.ReasonAPIUnavailable)),
	} {
		if advice := words.Advice(job); advice != nil {
			t.Errorf("there is advice: %q", advice)
		}
	}
}
