// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"time"
)

// scenarioTimeout bounds one scenario at one size. The longest takes less than five minutes.
const scenarioTimeout = 8 * time.Minute

const (
	steadyName = "steady"
	rssName    = "RSS"
)

// scenario is one thing that is measured.
type scenario struct {
	name  string
	about string
	// once is for what does not depend on the size: it is measured at the largest only.
	once bool
	run  func(context.Context, *stage) ([]figure, error)
}

// scenarios run in this order, because some go on with what an earlier one leaves: the jobs that run in newcomer, steady
// and failover end in complete, and are what finished starts from. Each of them works without the others.
var scenarios = []scenario{
	{name: "converge", about: "new objects, and no budget to speak of", run: converge},
	{name: "converge-default", about: "new objects, for a minute", run: convergeWithinBudget},
	{name: "newcomer", about: "one new object a second for half a minute, while others are polled", run: newcomer},
	{name: steadyName, about: "nothing changes for a minute", run: steady},
	{name: "failover", about: "the leader is killed, and the next one stopped", once: true, run: failover},
	{name: "complete", about: "all jobs end within a minute", run: complete},
	{name: "finished", about: "a restart when all jobs have ended", run: finished},
	{name: "shared", about: "all objects name the same job", run: shared},
}

func scenarioNames() []string {
	names := make([]string, len(scenarios))
	for i, s := range scenarios {
		names[i] = s.name
	}
	return names
}
