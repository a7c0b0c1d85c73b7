// SPDX-License-Identifier: Apache-2.0

package words

import (
	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
	"github.com/vectara-job-operator/vectara-job-operator/internal/kubectl/outcome"
)

// pollNow is the command that requests a poll at once. The time makes each value a new one.
const pollNow = `kubectl annotate -n {namespace} vj/{name} --overwrite jobs.vectara.io/requestedAt="$(date +%s)"`

// advice is what to do about the reasons that need a person.
var advice = map[string]string{
	v1alpha1.ReasonCredentialsNotFound: `Make the Secret: kubectl vectara login -n {namespace} --name {secret}
If there is a Secret of that name and of another type, delete it first: the type cannot be changed.`,
	v1alpha1.ReasonCredentialsInvalid: `Replace what the Secret holds: kubectl vectara login -n {namespace} --name {secret}`,
	v1alpha1.ReasonUnauthorized: `Check in the Vectara console that the key or client exists and is enabled, then store it again:
kubectl vectara login -n {namespace} --name {secret} --check`,
	v1alpha1.ReasonPermissionDenied: `Give the key or client a role in the job's corpus, or use others. After a change in Vectara,
wait 5 minutes, or have the job polled now:
` + pollNow,
	v1alpha1.ReasonJobNotFound: `Check the job ID, and that the key belongs to the account in which the job was started. To have the job polled now:
` + pollNow,
	v1alpha1.ReasonRequestRejected: `Fix the cause that Vectara gives above. If it gives none, check the job ID, and have the operator's administrator check
--endpoint. To have the job polled now:
` + pollNow,
	v1alpha1.ReasonJobFailed:  `Start a new job in Vectara, and mirror it: kubectl vectara mirror -n {namespace} job_…`,
	v1alpha1.ReasonJobAborted: `Start a new job in Vectara if it is still wanted, and mirror it: kubectl vectara mirror -n {namespace} job_…`,
}

// faultAdvice is what to do about the reasons that time may heal.
var faultAdvice = map[string]string{
	v1alpha1.ReasonAPIUnavailable: `Wait: the job is polled again at least once a minute. If it lasts, have the operator's administrator check what the message
of Synced names: DNS, the proxy, a certificate, a network policy, --endpoint. See whether it is for all:
kubectl vectara status -n {namespace}`,
	v1alpha1.ReasonRateLimited: `Wait. If it lasts, poll less often, or have --requests-per-second changed: raised if the message of Synced speaks of the
operator's own request budget, lowered if Vectara answers 429. To poll less often:
kubectl patch -n {namespace} vj/{name} --type=merge -p '{"spec":{"pollInterval":"5m"}}'`,
	v1alpha1.ReasonInvalidResponse: `Something other than Vectara may be responding: have the operator's administrator check --endpoint and the proxy.
See whether it is for all: kubectl vectara status -n {namespace}`,
	v1alpha1.ReasonJobNotFound: `Wait until the VectaraJob is a minute old: Vectara may not know a new job yet. Meanwhile, check the job ID:
kubectl get -n {namespace} vj/{name} -o jsonpath='{.spec.jobID}'`,
}

// resume is for what no condition says.
const resume = `Resume it: kubectl patch -n {namespace} vj/{name} --type=merge -p '{"spec":{"suspend":false}}'`

// Advice is what to do about a VectaraJob whose job failed, was aborted, is blocked or cannot be polled, in lines; nil when
// there is nothing to do.
func Advice(job *v1alpha1.VectaraJob) []string {
	text := ""
	switch what := outcome.Of(job); {
	case what == outcome.Blocked && job.IsSuspended():
		text = resume
	case what == outcome.Blocked, what == outcome.Failed, what == outcome.Aborted:
		if stalled := meta.FindStatusCondition(job.Status.Conditions, v1alpha1.ConditionStalled); stalled != nil {
			text = advice[stalled.Reason]
		}
	case fault(job) != nil:
		text = faultAdvice[fault(job).Reason]
	}
	return fill(text, job.Namespace, job.Name, job.Spec.SecretRef.Name)
}
