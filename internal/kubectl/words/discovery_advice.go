// SPDX-License-Identifier: Apache-2.0

package words

import (
	"cmp"
	"strings"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
)

// listNow is the command that requests a list at once. The time makes each value a new one.
const listNow = `kubectl annotate -n {namespace} vjd/{name} --overwrite jobs.vectara.io/requestedAt="$(date +%s)"`

// discoveryAdvice is what to do about the reasons of a VectaraJobDiscovery that need a person.
var discoveryAdvice = map[string]string{
	v1alpha1.ReasonCredentialsNotFound: advice[v1alpha1.ReasonCredentialsNotFound],
	v1alpha1.ReasonCredentialsInvalid:  advice[v1alpha1.ReasonCredentialsInvalid],
	v1alpha1.ReasonUnauthorized:        advice[v1alpha1.ReasonUnauthorized],
	v1alpha1.ReasonPermissionDenied: `Give the key or client a role that lets it list jobs, or use others. To have the jobs listed now:
` + listNow,
	v1alpha1.ReasonJobNotFound: `Have the operator's administrator check --endpoint. To have the jobs listed now:
` + listNow,
	v1alpha1.ReasonRequestRejected: `Fix the cause that Vectara gives above. If it gives none, have the operator's administrator check --endpoint.
To have the jobs listed now:
` + listNow,
	v1alpha1.ReasonMaxJobsReached: `Delete VectaraJobs that you no longer need, such as those of completed jobs, or admit more:
kubectl delete vj -n {namespace} -l jobs.vectara.io/discovery={name} --field-selector=status.state=completed
kubectl patch -n {namespace} vjd/{name} --type=merge -p '{"spec":{"maxJobs":…}}'`,
	v1alpha1.ReasonTooManyJobs: `Shorten the window, such as to six hours, or list fewer states:
kubectl patch -n {namespace} vjd/{name} --type=merge -p '{"spec":{"createdAfter":null,"lookBack":"6h"}}'`,
	v1alpha1.ReasonNotWatched: `Add the labels that the operator's --watch-label-selector selects to spec.template.metadata.labels:
kubectl edit -n {namespace} vjd/{name}`,
	v1alpha1.ReasonCreationFailed: `Remove what the API server names above, such as a quota or an admission policy. The operator tries again by itself.
To see what limits there are: kubectl get resourcequotas -n {namespace}`,
	v1alpha1.ReasonAPIUnavailable: `Wait: the jobs are listed again at least once a minute. If it lasts, have the operator's administrator check what the
message names: DNS, the proxy, a certificate, a network policy, --endpoint.`,
	v1alpha1.ReasonRateLimited: `Wait. If it lasts, list less often, or have --requests-per-second changed: raised if the message speaks of the operator's
own request budget, lowered if Vectara answers 429. To list less often:
kubectl patch -n {namespace} vjd/{name} --type=merge -p '{"spec":{"interval":"10m"}}'`,
	v1alpha1.ReasonInvalidResponse: `Something other than Vectara may be responding: have the operator's administrator check --endpoint and the proxy.`,
}

// resumeDiscovery is for what no condition says.
const resumeDiscovery = `Resume it: kubectl patch -n {namespace} vjd/{name} --type=merge -p '{"spec":{"suspend":false}}'`

// DiscoveryAdvice is what to do about a VectaraJobDiscovery that is blocked or suspended, whose jobs cannot be listed, or whose
// VectaraJobs the API server refuses, in lines; nil when there is nothing to do.
func DiscoveryAdvice(discovery *v1alpha1.VectaraJobDiscovery) []string {
	text := ""
	switch reconciling := trueCondition(discovery, v1alpha1.ConditionReconciling); {
	case discovery.IsSuspended():
		text = resumeDiscovery
	case standingOf(discovery) == standsBlocked:
		text = discoveryAdvice[stalledIn(discovery).Reason]
	case reconciling != nil:
		text = discoveryAdvice[reconciling.Reason]
	}
	return fill(text, discovery.Namespace, discovery.Name, discovery.Spec.SecretRef.Name)
}

// fill puts the names into a text of advice and breaks it into lines; nil if there is no text.
func fill(text, namespace, name, secret string) []string {
	if text == "" {
		return nil
	}
	secret = cmp.Or(secret, v1alpha1.DefaultCredentialsSecretName)
	return strings.Split(strings.NewReplacer("{namespace}", namespace, "{name}", name, "{secret}", secret).Replace(text), "\n")
}
