// SPDX-License-Identifier: Apache-2.0

package words

import (
	"strings"

	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
	"github.com/vectara-job-operator/vectara-job-operator/internal/kubectl/outcome"
)

// askNow is the command that has Vectara asked at once. The time makes each value a new one.
const askNow = `kubectl annotate -n {namespace} vj/{name} --overwrite jobs.vectara.io/requestedAt="$(date +%s)"`

// advice is what to do about the reasons that need a person.
var advice = map[string]string{
	v1alpha1.ReasonCredentialsNotFound: `Make the Secret: kubectl vectara login -n {namespace} --name {secret}
If there is a Secret of that name and of another type, delete it first: the type cannot be changed.`,
	v1alpha1.ReasonCredentialsInvalid: `Replace what the Secret holds: kubectl vectara login -n {namespace} --name {secret}`,
	v1alpha1.ReasonUnauthorized: `Check in the Vectara console that the key or client exists and is enabled, then store it again:
kubectl vectara login -n {namespace} --name {secret} --check`,
	v1alpha1.ReasonPermissionDenied: `Give the key or client a role in the job's corpus, or use others. After a change in Vectara, wait 5 minutes or ask now:
` + askNow,
	v1alpha1.ReasonJobNotFound: `Check the job ID, and that the key belongs to the account in which the job was started. To ask now:
` + askNow,
	v1alpha1.ReasonJobFailed:  `Start a new job in Vectara, and mirror it: kubectl vectara mirror -n {namespace} job_…`,
	v1alpha1.ReasonJobAborted: `Start a new job in Vectara if it is still wanted, and mirror it: kubectl vectara mirror -n {namespace} job_…`,
}

// resume is for what no condition tells of.
const resume = `Resume it: kubectl patch -n {namespace} vj/{name} --type=merge -p '{"spec":{"suspend":false}}'`

// Advice is what to do about a VectaraJob whose job failed, was aborted or is blocked, in lines; nil when there is nothing
// to do.
func Advice(job *v1alpha1.VectaraJob) []string {
	text := ""
	switch what := outcome.Of(job); {
	case what == outcome.Blocked && job.IsSuspended():
		text = resume
	case what == outcome.Blocked, what == outcome.Failed, what == outcome.Aborted:
		if stalled := meta.FindStatusCondition(job.Status.Conditions, v1alpha1.ConditionStalled); stalled != nil {
			text = advice[stalled.Reason]
		}
	}
	if text == "" {
		return nil
	}
	secret := job.Spec.SecretRef.Name
	if secret == "" {
		secret = v1alpha1.DefaultCredentialsSecretName
	}
	filled := strings.NewReplacer("{namespace}", job.Namespace, "{name}", job.Name, "{secret}", secret).Replace(text)
	return strings.Split(filled, "\n")
}
