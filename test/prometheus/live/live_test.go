// SPDX-License-Identifier: Apache-2.0

package live

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/vectara-job-operator/vectara-job-operator/internal/simulator"
	"github.com/vectara-job-operator/vectara-job-operator/test/harness"
	"github.com/vectara-job-operator/vectara-job-operator/test/prometheus/manifests"
	"github.com/vectara-job-operator/vectara-job-operator/test/prometheus/queries"
)

const (
	// many jobs of one account are worth a list.
	many = 12
	// rateInterval is what Grafana would choose for rates at this interval of scrapes.
	rateInterval = "5s"
	// calm is how many evaluations of the rules in a row must find nothing.
	calm = 20
)

// play is the operator, a Vectara and a Prometheus, and what has come of them so far.
type play struct {
	*stage

	server *server
	start  time.Time
	fired  map[string]bool // by the name of the alert
	limits []func()        // each lifts a limit on the rate
}

func TestPrometheusSeesEverything(t *testing.T) {
	binary := buildPrometheus(t)
	p := &play{stage: newStage(t), start: time.Now(), fired: map[string]bool{}}
	p.account("good", simulator.Access{})
	for i := range many {
		p.job(fmt.Sprint("good", i), simulator.Step{State: "started"})
		p.mirror(fmt.Sprint("good", i), "good")
	}
	leader, address := p.startManager()
	p.server = startPrometheus(t, binary, p.scraper(), hastyRules(t), address)

	p.expectMonitorFits()
	p.expectOverlayBuilds()
	p.expectCalm()
	p.job("ends", simulator.Step{State: "started"})
	p.mirror("ends", "good")
	p.causeFaults()
	standby := p.addBadReplicas(address)
	p.vectara.SetState("job_ends", "completed", "")
	// Jobs that fail are polled ever more seldom, so somebody keeps requesting polls.
	p.expect("faults of all kinds", func() { p.requestPoll("stuck"); p.requestPoll("limited"); p.requestPoll("paused") },
		"VectaraJobOperatorReplicaDown", "VectaraJobOperatorNoLeader", "VectaraJobOperatorReconcileErrors", "VectaraJobOperatorCannotWriteStatus",
		"VectaraCredentialsRefused", "VectaraRateLimited", "VectaraJobsStale", "VectaraJobsBlocked",
		"VectaraJobFailed", "VectaraJobsFailing", "VectaraJobDiscoveryNotReady")
	p.expectPanels()
	p.expectRunbookFinds()

	p.liftRateLimits()
	mend := p.vectara.Inject(simulator.Fault{JobID: "job_good0", Status: 503})
	p.expect("a job that Vectara cannot serve", func() { p.requestPoll("good0") }, "VectaraAPIErrors")
	mend()
	mend = p.vectara.Inject(simulator.Fault{Status: 503})
	p.expect("an outage of Vectara", func() { p.requestPoll("good0") }, "VectaraAPIUnavailable")
	mend()

	p.vectara.Inject(simulator.Fault{Hang: true})
	p.expect("calls that never end", func() {}, "VectaraJobsNotPolled")

	blind := p.addBlindReplica(address)
	p.expect("a role without Secrets", func() {}, "VectaraJobOperatorCannotWatch")

	blind.Stop()
	leader.Stop()
	standby.Stop()
	p.expect("no manager", func() {}, "VectaraJobOperatorDown")

	for _, alert := range manifests.Alerts(t) {
		if !p.fired[alert.Alert] {
			t.Errorf("%s has not fired", alert.Alert)
		}
	}
	p.expectHealthyRules()
}

// expectCalm checks that nothing fires while all is well, for some evaluations in a row.
func (p *play) expectCalm() {
	p.t.Helper()
	ready := func(ctx context.Context) bool {
		return p.server.number(ctx, `vectara_job_operator_jobs{state="started"}`) == many &&
			p.server.number(ctx, `sum(leader_election_master_status)`) == 1
	}
	p.server.await("the jobs are counted", ready)
	// Rules are evaluated as often as targets are scraped.
	scrapes := func(ctx context.Context) float64 {
		return p.server.number(ctx, `count_over_time(vectara_job_operator_build_info[1h])`)
	}
	since := scrapes(p.t.Context())
	p.server.await("nothing fires for some time", func(ctx context.Context) bool {
		if names := p.server.firing(ctx); len(names) > 0 {
			p.t.Logf("all is well, and there are the alerts %v", slices.Sorted(maps.Keys(names)))
			since = scrapes(ctx) // On a machine that is very busy, times that are so short may pass.
		}
		return scrapes(ctx) >= since+calm
	})
}

// expect waits until each alert has fired, and stirs in the meantime.
func (p *play) expect(scene string, stir func(), alerts ...string) {
	p.t.Helper()
	began := time.Now()
	missing := map[string]bool{}
	for _, name := range alerts {
		missing[name] = true
	}
	p.t.Cleanup(func() {
		if p.t.Failed() && len(missing) > 0 {
			p.t.Logf("in the scene of %s, these did not fire: %v", scene, slices.Sorted(maps.Keys(missing)))
		}
	})
	p.server.await("alerts fire because of "+scene, func(ctx context.Context) bool {
		stir()
		for name := range p.server.firing(ctx) {
			p.fired[name] = true
			if missing[name] {
				p.t.Logf("%s: %s fires after %s", scene, name, time.Since(began).Round(time.Second))
				delete(missing, name)
			}
		}
		return len(missing) == 0
	})
	p.t.Logf("%s: %d alerts after %s", scene, len(alerts), time.Since(began).Round(time.Second))
}

// expectPanels checks that each query of the dashboard has had data.
func (p *play) expectPanels() {
	p.t.Helper()
	empty := map[string]string{}
	for _, query := range queries.Panels(rateInterval) {
		empty[query.Where] = query.Expr
	}
	p.t.Cleanup(func() {
		for _, where := range slices.Sorted(maps.Keys(empty)) {
			p.t.Errorf("%s has no data:\n%s", where, empty[where])
		}
	})
	p.server.await("every panel has data", func(ctx context.Context) bool {
		maps.DeleteFunc(empty, func(_, expr string) bool { return p.server.hasData(ctx, expr, p.start) })
		return len(empty) == 0
	})
}

// expectHealthyRules checks that Prometheus could evaluate every rule.
func (p *play) expectHealthyRules() {
	p.t.Helper()
	groups, err := p.server.Rules(p.t.Context(), nil)
	p.must(err)
	for _, group := range groups.Groups {
		for _, rule := range group.Rules {
			if alert, ok := rule.(prometheusAlert); !ok || alert.Health != "ok" {
				p.t.Errorf("a rule of %s is not healthy: %+v", group.Name, rule)
			}
		}
	}
}

// addBadReplicas adds a replica that cannot get the lease, and one that does not respond.
func (p *play) addBadReplicas(good string) *harness.Manager {
	p.t.Helper()
	p.apply(heldLease)
	standby, waiting := p.startManager("--leader-election-id=" + leaseHeldByAnother)
	nobody, err := harness.FreeAddress(p.t.Context())
	p.must(err)
	p.server.reload(good, waiting, nobody)
	return standby
}

// addBlindReplica takes a permission from the operator, and adds a replica that needs it. Watches that are open last longer.
func (p *play) addBlindReplica(good string) *harness.Manager {
	p.t.Helper()
	p.loseSecrets()
	blind, address := p.launchManager("--leader-election-id=" + leaseHeldByAnother)
	p.server.reload(good, address)
	return blind
}
