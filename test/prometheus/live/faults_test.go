// SPDX-License-Identifier: Apache-2.0

package live

import (
	"fmt"
	"slices"
	"time"

	prometheusv1 "github.com/prometheus/client_golang/api/prometheus/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vectara-job-operator/vectara-job-operator/internal/simulator"
	"github.com/vectara-job-operator/vectara-job-operator/test/harness"
)

type prometheusAlert = prometheusv1.AlertingRule

const (
	leaseHeldByAnother = "held-by-another"

	// heldLease belongs to somebody who is gone, and for a long time.
	heldLease = `
apiVersion: coordination.k8s.io/v1
kind: Lease
metadata:
  name: ` + leaseHeldByAnother + `
  namespace: ` + harness.OperatorNamespace + `
spec:
  holderIdentity: somebody-else
  leaseDurationSeconds: 86400
  leaseTransitions: 1
`

	// noStatus has the API server refuse the status of one VectaraJob.
	noStatus = `
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata:
  name: no-status
spec:
  failurePolicy: Fail
  matchConstraints:
    resourceRules:
    - apiGroups: [jobs.vectara.io]
      apiVersions: ["*"]
      operations: [UPDATE]
      resources: [vectarajobs/status]
  validations:
  - expression: object.metadata.name != "stuck"
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata:
  name: no-status
spec:
  policyName: no-status
  validationActions: [Deny]
`
)

// causeFaults causes every fault that an alert is for, except for those of Vectara as a whole.
func (p *play) causeFaults() {
	p.t.Helper()
	running := simulator.Step{State: "started"}
	p.apply(noStatus)
	p.job("stuck", running)
	p.mirror("stuck", "good")

	// Refused, denied, not found, without credentials.
	p.secret("refused")
	p.mirror("refused", "refused")
	p.account("denied", simulator.Access{Denied: true})
	p.mirror("denied", "denied")
	p.account("missing", simulator.Access{})
	p.mirror("missing", "missing")
	p.mirror("absent", "absent")

	// Rate limited: for a second each time, and for so long that its status becomes stale.
	for name, pause := range map[string]string{"limited": "1", "paused": "3600"} {
		p.account(name, simulator.Access{})
		p.job(name, running)
		p.mirror(name, name)
		p.limits = append(p.limits, p.vectara.Inject(simulator.Fault{JobID: "job_" + name, Status: 429, RetryAfter: pause}))
	}

	// Jobs that fail, and discoveries.
	p.account("failing", simulator.Access{})
	for i := range many {
		name := fmt.Sprint("fails", i)
		p.job(name, simulator.Step{State: "started", For: 3 * time.Second}, simulator.Step{State: "failed", Comment: "it was not to be"})
		p.mirror(name, "failing")
	}
	p.account("found", simulator.Access{})
	p.discover("found")
	p.discover("absent")
}

// liftRateLimits ends the responses that would keep Vectara from being unavailable altogether.
func (p *play) liftRateLimits() {
	for _, lift := range p.limits {
		lift()
	}
}

// loseSecrets takes away the operator's permission to list and watch Secrets.
func (p *play) loseSecrets() {
	p.t.Helper()
	const name = "vectara-job-operator-manager-role"
	var role rbacv1.ClusterRole
	p.must(p.admin.Get(p.t.Context(), client.ObjectKey{Name: name}, &role))
	role.Rules = slices.DeleteFunc(role.Rules, func(rule rbacv1.PolicyRule) bool { return slices.Contains(rule.Resources, "secrets") })
	p.must(p.admin.Update(p.t.Context(), &role))
}
