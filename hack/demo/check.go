// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"time"

	"github.com/vectara-job-operator/vectara-job-operator/internal/simulator"
	"github.com/vectara-job-operator/vectara-job-operator/test/harness"
)

// quiet is for how long the demo watches that no job that has ended is polled: three polls' time.
const quiet = 6 * time.Second

// check reads the request log of the simulated Vectara, the audit log of the API server, and whatever the API key
// must not be in. It fails if anything is not as promised.
func (d *demo) check(ctx context.Context) error {
	if err := d.keepQuiet(ctx); err != nil {
		return err
	}
	accounts, err := d.accounts()
	if err != nil {
		return err
	}
	d.out.line("What the request log of the simulated Vectara and the audit log of the API server say of each job.")
	d.out.line("Times count from the first call about it. Later calls are those after kubectl had shown its end.\n")
	d.out.block(accountTable(accounts))
	d.out.line("")

	objects := []string{"get", "vj,events", "-n", namespace, "-o", "yaml"}
	d.out.command(kubectlLine(objects), "  # not shown: the API key is searched for in it")
	dump, err := d.cluster.Kubectl(ctx, objects...)
	if err != nil {
		return err
	}
	return d.report(append(callOutcomes(accounts), keyOutcomes(demoKey(), d.vectara.Requests(), map[string]string{
		"the manager's log":          d.manager.Output(),
		"the VectaraJobs and events": dump,
	})...))
}

// keepQuiet lets some time pass in which the operator could poll jobs that have ended.
func (d *demo) keepQuiet(ctx context.Context) error {
	d.out.line("Waiting %.0f s, to see that no job that has ended is polled ...", quiet.Seconds())
	timer := time.NewTimer(time.Until(d.settled.Add(quiet)))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// report shows the outcomes. It fails if one is bad.
func (d *demo) report(outcomes []outcome) error {
	bad := 0
	for _, v := range outcomes {
		if v.ok {
			d.out.line("%s  %s", d.out.styled(green, "ok  "), v.text)
			continue
		}
		bad++
		d.out.line("%s  %s", d.out.styled(red, "FAIL"), v.text)
	}
	if bad > 0 {
		return fmt.Errorf("%d of %d checks did not hold: this is a bug of the operator, please report it", bad, len(outcomes))
	}
	return nil
}

// accounts gathers what was logged about each job.
func (d *demo) accounts() ([]account, error) {
	writes, err := d.cluster.OperatorRequests(harness.IsWrite(namespace), harness.OnResource("vectarajobs"))
	if err != nil {
		return nil, err
	}
	lives := map[string]simulator.Job{}
	for _, job := range simulator.DemoScenario().Jobs {
		lives[job.ID] = job
	}
	var accounts []account
	for _, job := range d.jobs {
		a := newAccount(job, lives[job.jobID], d.vectara.Requests(simulator.ForJob(job.jobID)), d.callsAtEnd[job.name])
		a.writes = countWrites(writes, job.name)
		accounts = append(accounts, a)
	}
	return accounts, nil
}
