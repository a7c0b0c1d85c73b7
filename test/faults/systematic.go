// SPDX-License-Identifier: Apache-2.0

package faults

import (
	"math/rand/v2"
	"slices"
)

// variant is an action with its argument, and the kinds of requests that it makes sense for; none stands for all.
type variant struct {
	action Action
	arg    string
	kinds  []Kind
}

var apiVariants = []variant{
	{Refuse, "", nil}, {Delay, "3s", nil}, {CutAfter, "", nil}, {CutBody, "", nil}, {Kill, "", nil}, {Kill, "after", nil}, {Term, "", nil},
	{Late, "2s", []Kind{KindStatus, KindCreate, KindDelete, KindEvent}},
	{Hang, "5s", nil}, {Hang, "", []Kind{KindStatus, KindCreate, KindEvent, KindList, KindServed}},
	{Status, "401", nil}, {Status, "403", nil}, {Status, "404", nil}, {Status, "409", []Kind{KindStatus, KindCreate}}, {Status, "410", []Kind{KindWatch, KindList}},
	{Status, "422", []Kind{KindStatus, KindCreate, KindEvent}}, {Status, "429,1", nil}, {Status, "500", nil}, {Status, "503", nil}, {Status, "504", nil},
}

var vectaraVariants = []variant{
	{Refuse, "", nil}, {Delay, "3s", nil}, {CutAfter, "", nil}, {CutBody, "", nil}, {Kill, "", nil}, {Kill, "after", nil}, {Term, "", nil},
	{Hang, "", nil}, {Hang, "5s", nil}, {Slow, "", nil}, {Endless, "", nil}, {Bomb, "", nil},
	{Redirect, "301", nil}, {Redirect, "302", nil}, {Redirect, "303", nil}, {Redirect, "307", nil}, {Redirect, "308", nil},
	{Garbage, "html", nil}, {Garbage, "empty", nil}, {Garbage, "array", nil}, {Garbage, "truncated", nil}, {Garbage, "twice", nil}, {Garbage, "nulls", nil}, {Garbage, "deep", nil},
	{OtherID, "", []Kind{KindGet}}, {EmptyList, "", []Kind{KindList}},
	{Status, "400", nil}, {Status, "401", nil}, {Status, "403", nil}, {Status, "404", nil}, {Status, "408", nil}, {Status, "409", nil}, {Status, "422", nil}, {Status, "425", nil},
	{Status, "429", nil}, {Status, "429,4", nil}, {Status, "429,-1", nil}, {Status, "429,soon", nil}, {Status, "429,40", nil},
	{Status, "500", nil}, {Status, "502", nil}, {Status, "503", nil}, {Status, "503,3", nil}, {Status, "504", nil},
}

// shape is the requests of a life without faults, by their numbers.
type shape map[Side][]Kind

func shapeOf(r *Record) shape {
	s := shape{}
	for _, q := range r.Requests {
		s[q.Side] = append(s[q.Side], q.Kind)
	}
	return s
}

// faultsAt are the faults that make sense for the request of a number.
func (s shape) faultsAt(side Side, number int) []Fault {
	variants := apiVariants
	if side == Vectara {
		variants = vectaraVariants
	}
	var all []Fault
	for _, v := range variants {
		if len(v.kinds) == 0 || slices.Contains(v.kinds, s[side][number-1]) {
			all = append(all, Fault{Side: side, Index: number, Times: 1, Action: v.action, Arg: v.arg})
		}
	}
	return all
}

// systematic are the plans of one fault, for each request and each fault that makes sense for it.
func (s shape) systematic() []Plan {
	var plans []Plan
	for _, side := range []Side{API, Vectara} {
		for i := range s[side] {
			for _, f := range s.faultsAt(side, i+1) {
				plans = append(plans, Plan{f})
			}
		}
	}
	return plans
}

// random is a plan of two or three faults, some of which hit several requests of a kind in a row.
func (s shape) random(source *rand.Rand) Plan {
	var plan Plan
	for range 2 + source.IntN(2) {
		side := []Side{API, Vectara}[source.IntN(2)]
		number := 1 + source.IntN(len(s[side]))
		f := pick(source, s.faultsAt(side, number))
		if source.IntN(3) == 0 && f.Action != Kill && f.Action != Term {
			f.Kind = s[side][number-1]
			f.Index = 1 + source.IntN(6)
			f.Times = 1 + source.IntN(4)
		}
		plan = append(plan, f)
	}
	return plan
}

func pick[T any](source *rand.Rand, from []T) T { return from[source.IntN(len(from))] }

// plans is the sequence of plans of a seed: systematic ones in random order, until there are no more, and a random one
// after every three of them.
type plans struct {
	shape  shape
	source *rand.Rand
	rest   []Plan
	taken  int
	// only says that there are no random ones.
	only bool
}

func newPlans(s shape, seed uint64, only bool) *plans {
	p := &plans{shape: s, source: rand.New(rand.NewPCG(seed, 0)), rest: s.systematic(), only: only} //nolint:gosec // It is to be the same for the same seed.
	p.source.Shuffle(len(p.rest), func(i, j int) { p.rest[i], p.rest[j] = p.rest[j], p.rest[i] })
	return p
}

// next returns the next plan; false if there is none.
func (p *plans) next() (Plan, bool) {
	p.taken++
	if len(p.rest) > 0 && (p.only || p.taken%4 != 0) {
		plan := p.rest[0]
		p.rest = p.rest[1:]
		return plan, true
	}
	if p.only {
		return nil, false
	}
	return p.shape.random(p.source), true
}
