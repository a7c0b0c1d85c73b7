// SPDX-License-Identifier: Apache-2.0

package faults

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Side is a proxy.
type Side string

// The proxies.
const (
	API     Side = "api"     // between the manager and the API server
	Vectara Side = "vectara" // between the manager and Vectara
)

// Action is what goes wrong with a request.
type Action string

// The actions. An argument comes after "=".
const (
	Refuse    Action = "refuse"     // the connection ends before anything is answered; the peer sees nothing
	Delay     Action = "delay"      // the request reaches the peer this late ("delay=3s")
	CutAfter  Action = "cut-after"  // the peer does the work, and the response is lost
	CutBody   Action = "cut-body"   // the connection ends in the middle of the response's body
	Hold      Action = "hold"       // the peer answers at once, and the answer comes this late ("hold=3s")
	Late      Action = "late"       // as refuse for the manager, but the request reaches the peer this much later
	Status    Action = "status"     // the answer is this status ("status=429,1" with Retry-After: 1)
	Hang      Action = "hang"       // nothing comes until the manager gives up, or this long
	Slow      Action = "slow"       // the body comes byte by byte, ever more slowly, until the manager gives up
	Redirect  Action = "redirect"   // the answer is this status with the URL of another host
	Garbage   Action = "garbage"    // the answer is 200 with a body of this kind: html, empty, array, truncated, times, state
	OtherID   Action = "other-id"   // the answer is that of the peer, with another job's ID
	EmptyList Action = "empty-list" // the answer is a complete list of nothing
	Endless   Action = "endless"    // the body does not end
	Bomb      Action = "bomb"       // the body is small and unpacks to a large one
	Kill      Action = "kill"       // the manager gets SIGKILL when the request comes, and is started again
	Term      Action = "term"       // as kill, with SIGTERM
)

var (
	apiActions     = []Action{Refuse, Delay, CutAfter, CutBody, Late, Status, Hang, Kill, Term}
	vectaraActions = []Action{Refuse, Delay, Hold, CutAfter, CutBody, Status, Hang, Slow, Redirect, Garbage, OtherID, EmptyList, Endless, Bomb, Kill, Term}
)

// Fault is one thing that goes wrong.
type Fault struct {
	Side Side
	// Kind limits the count to requests of a kind, such as "get" or "watch"; empty counts all requests of the side.
	Kind Kind
	// Index is the number of the request, from 1.
	Index int
	// Times is how many requests in a row are hit.
	Times  int
	Action Action
	Arg    string
}

// Plan is what goes wrong in a life.
type Plan []Fault

// String is the plan as ParsePlan reads it.
func (p Plan) String() string {
	if len(p) == 0 {
		return "none"
	}
	words := make([]string, 0, len(p))
	for _, f := range p {
		words = append(words, f.String())
	}
	return strings.Join(words, ";")
}

// String is the fault as ParsePlan reads it, such as "vectara/get:3x2:status=503".
func (f Fault) String() string {
	text := string(f.Side)
	if f.Kind != "" {
		text += "/" + string(f.Kind)
	}
	text += ":" + strconv.Itoa(f.Index)
	if f.Times > 1 {
		text += "x" + strconv.Itoa(f.Times)
	}
	text += ":" + string(f.Action)
	if f.Arg != "" {
		text += "=" + f.Arg
	}
	return text
}

// ParsePlan reads a plan.
func ParsePlan(text string) (Plan, error) {
	if text == "none" {
		return nil, nil
	}
	var plan Plan
	for word := range strings.SplitSeq(text, ";") {
		fault, err := parseFault(word)
		if err != nil {
			return nil, fmt.Errorf("%q: %w", word, err)
		}
		plan = append(plan, fault)
	}
	return plan, nil
}

func parseFault(word string) (Fault, error) {
	parts := strings.SplitN(word, ":", 3)
	if len(parts) != 3 {
		return Fault{}, fmt.Errorf("expected SIDE[/KIND]:INDEX[xTIMES]:ACTION[=ARGUMENT]")
	}
	side, kind, _ := strings.Cut(parts[0], "/")
	index, times, repeated := strings.Cut(parts[1], "x")
	action, arg, _ := strings.Cut(parts[2], "=")
	f := Fault{Side: Side(side), Kind: Kind(kind), Times: 1, Action: Action(action), Arg: arg}
	var err error
	if f.Index, err = strconv.Atoi(index); err != nil || f.Index < 1 {
		return Fault{}, fmt.Errorf("expected an index from 1, got %q", index)
	}
	if repeated {
		if f.Times, err = strconv.Atoi(times); err != nil || f.Times < 1 {
			return Fault{}, fmt.Errorf("expected a number of times from 1, got %q", times)
		}
	}
	kinds, actions := apiKinds, apiActions
	switch f.Side {
	case API:
	case Vectara:
		kinds, actions = vectaraKinds, vectaraActions
	default:
		return Fault{}, fmt.Errorf("expected api or vectara, got %q", side)
	}
	if f.Kind != "" && !slices.Contains(kinds, f.Kind) {
		return Fault{}, fmt.Errorf("expected a kind among %q, got %q", kinds, kind)
	}
	if !slices.Contains(actions, f.Action) {
		return Fault{}, fmt.Errorf("expected an action among %q, got %q", actions, action)
	}
	return f, nil
}
