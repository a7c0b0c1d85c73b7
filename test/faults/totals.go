// SPDX-License-Identifier: Apache-2.0

package faults

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"
)

// totals are the figures of a run.
type totals struct {
	lives, failed, requests int
	hit                     map[string]int // faults that hit a request, by side and action
	missed                  int            // faults whose request never came
	violated                map[string]int // lives, by invariant
	lived                   time.Duration
	slowest                 time.Duration
	slowestPlan             string
}

func (t *totals) add(record *Record, plan Plan, violations []Violation) {
	if t.hit == nil {
		t.hit, t.violated = map[string]int{}, map[string]int{}
	}
	t.lives++
	t.lived += record.Ended
	t.requests += len(record.Requests)
	hit := map[string]bool{}
	for _, q := range record.Requests {
		if q.Fault != nil {
			t.hit[string(q.Side)+" "+string(q.Fault.Action)]++
			hit[q.Fault.String()] = true
		}
	}
	t.missed += len(plan) - len(hit)
	if late := record.Converged - record.lastFault(); late > t.slowest {
		t.slowest, t.slowestPlan = late, plan.String()
	}
	if len(violations) == 0 {
		return
	}
	t.failed++
	invariants := map[string]bool{}
	for _, v := range violations {
		invariants[v.Invariant] = true
	}
	for invariant := range invariants {
		t.violated[invariant]++
	}
}

func (t *totals) write(out io.Writer, took time.Duration) {
	injected := 0
	for _, n := range t.hit {
		injected += n
	}
	fmt.Fprintf(out, "\n%d lives in %v: %d requests, %d faults injected (%d came too late), %d lives violated an invariant\n",
		t.lives, took.Round(time.Second), t.requests, injected, t.missed, t.failed)
	for _, name := range slices.Sorted(maps.Keys(t.hit)) {
		fmt.Fprintf(out, "  %-22s %d\n", name, t.hit[name])
	}
	for _, name := range slices.Sorted(maps.Keys(t.violated)) {
		fmt.Fprintf(out, "  violated %-13s %d\n", name, t.violated[name])
	}
	fmt.Fprintf(out, "a life took %v on average; slowest to converge: %v after the last fault, with the plan %s\n", (t.lived / time.Duration(max(t.lives, 1))).Round(time.Millisecond), t.slowest.Round(time.Millisecond), t.slowestPlan)
}

// searchEtcd is I6, of what the API server stores: no credential is in etcd but in its Secret.
func (s *suite) searchEtcd(ctx context.Context) error {
	if len(s.canaries) == 0 {
		return nil
	}
	keys, found := 0, 0
	err := s.world.cluster.EachEtcdKey(ctx, func(key string, value []byte) {
		keys++
		if strings.HasPrefix(key, "/registry/secrets/") || !strings.Contains(string(value), canaryPrefix) {
			return
		}
		found++
		s.say("%s", Violation{Invariant: "I6", At: time.Since(s.began), Text: "a credential is in etcd under " + key})
	})
	if found > 0 {
		s.totals.failed++
	}
	s.say("etcd: %d keys searched for %d credentials", keys, len(s.canaries))
	return err
}
