// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"time"
)

// scenarioTimeout bounds one scenario at one size. The longest takes less than seven minutes.
const scenarioTimeout = 8 * time.Minute

const (
	steadyName = "steady"
	rssName    = "RSS"

	orderBefore = "before"
	orderLive   = "live"
)

// scenario is one thing that is measured.
type scenario struct {
	name  string
	about string
	// once is for what does not depend on the size: it is measured at the largest only.
	once bool
	// order says whether the objects exist before the operator starts, or are created while it runs.
	order string
	run   func(context.Context, *stage) ([]figure, error)
}

// scenarios run in this order, because some go on with what an earlier one leaves: the jobs that run in newcomer, steady
// and failover end in complete, and are what finished starts from. Each of them works without the others.
var scenarios = []scenario{
	{name: "writes", about: "status writes with and without the schema", once: true, order: orderBefore, run: writes},
	{name: "converge", about: "new objects, and no budget to speak of", order: orderBefore, run: converge},
	{name: "converge-default", about: "new objects, for a minute", order: orderBefore, run: convergeWithinBudget},
	{name: "waited", about: "objects that waited for the operator, and a minute of polling their jobs", order: orderBefore, run: waited},
	{name: "converge-live", about: "objects created while the operator runs, and a minute of polling their jobs", order: orderLive, run: convergeLive},
	{name: "lists-late", about: "the same with lists that show new jobs 5 s late", once: true, order: orderLive, run: listsLate},
	{name: "lists-empty", about: "the same with lists that are wrongly empty for a minute", once: true, order: orderLive, run: listsEmpty},
	{name: "newcomer", about: "one new object a second for half a minute, while others are polled", order: orderLive, run: newcomer},
	{name: steadyName, about: "nothing changes for a minute", order: orderBefore, run: steady},
	{name: "failover", about: "the leader is killed, and the next one stopped", once: true, order: orderBefore, run: failover},
	{name: "complete", about: "all jobs end within a minute", order: orderBefore, run: complete},
	{name: "finished", about: "a restart when all jobs have ended", order: orderBefore, run: finished},
	{name: "shared", about: "all objects name the same job", order: orderBefore, run: shared},
}

func scenarioNames() []string {
	names := make([]string, len(scenarios))
	for i, s := range scenarios {
		names[i] = s.name
	}
	return names
}
