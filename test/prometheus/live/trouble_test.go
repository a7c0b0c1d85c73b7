// SPDX-License-Identifier: Apache-2.0

package live

import (
	"fmt"
	"time"

	prometheusv1 "github.com/prometheus/client_golang/api/prometheus/v1"

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

// causeTrouble has something go wrong in every way that an alert is for while Vectara as a whole is there.
func (p *play) causeTrouble() {
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

	// Told to pause: for a second each time, and for so long that its status grows old.
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

// calmDown ends what would keep Vectara from seeming to be gone altogether.
func (p *play) calmDown() {
	for _, lift := range p.limits {
		lift()
	}
}
