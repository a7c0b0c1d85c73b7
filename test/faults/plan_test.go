// SPDX-License-Identifier: Apache-2.0

package faults

import (
	"reflect"
	"strings"
	"testing"
)

func TestPlansAreReadAsTheyAreWritten(t *testing.T) {
	for _, text := range []string{
		"none", "api:12:cut-after", "vectara:3:status=503", "vectara/get:3x2:status=429,1;api/status:1:late=2s", "api/watch:1:hang=5s;vectara:2:kill",
	} {
		plan, err := ParsePlan(text)
		if err != nil {
			t.Errorf("%q: %v", text, err)
		}
		if got := plan.String(); got != text {
			t.Errorf("%q comes back as %q", text, got)
		}
	}
}

func TestWrongPlansAreRefused(t *testing.T) {
	for text, want := range map[string]string{
		"":                       "expected SIDE",
		"api:1":                  "expected SIDE",
		"cloud:1:refuse":         "expected api or vectara",
		"api:0:refuse":           "an index from 1",
		"api:1x0:refuse":         "a number of times from 1",
		"api/get:1:refuse":       "expected a kind",
		"vectara/watch:1:refuse": "expected a kind",
		"api:1:redirect":         "expected an action",
		"vectara:1:late":         "expected an action",
		"api:1:refuse;":          "expected SIDE",
	} {
		if _, err := ParsePlan(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: the error is %v, want one that says %q", text, err, want)
		}
	}
}

// testShape is a life with a watch, a write, a GET and a token request.
var testShape = shape{API: {KindWatch, KindStatus}, Vectara: {KindGet, KindToken}}

func TestSystematicPlansHaveEveryFaultAtEveryRequest(t *testing.T) {
	have := map[string]bool{}
	for _, plan := range testShape.systematic() {
		if len(plan) != 1 {
			t.Fatalf("%s has %d faults", plan, len(plan))
		}
		have[plan.String()] = true
		if again, err := ParsePlan(plan.String()); err != nil || !reflect.DeepEqual(again, plan) {
			t.Errorf("%s cannot be given back: %v", plan, err)
		}
	}
	for _, want := range []string{"api:1:kill", "api:2:kill", "api:1:term", "vectara:1:kill=after", "vectara:2:status=401", "api:2:late=2s", "vectara:1:other-id"} {
		if !have[want] {
			t.Errorf("%s is missing", want)
		}
	}
	for _, senseless := range []string{"api:1:late=2s", "vectara:2:other-id", "vectara:1:empty-list"} {
		if have[senseless] {
			t.Errorf("%s makes no sense", senseless)
		}
	}
}

func TestSeedGivesTheSamePlans(t *testing.T) {
	sequence := func(seed uint64, only bool) (texts []string) {
		plans := newPlans(testShape, seed, only)
		for range 200 {
			plan, ok := plans.next()
			if !ok {
				break
			}
			texts = append(texts, plan.String())
		}
		return texts
	}
	if a, b := sequence(1, false), sequence(1, false); !reflect.DeepEqual(a, b) || len(a) != 200 {
		t.Errorf("the same seed gives other plans, or not enough: %d", len(a))
	}
	if reflect.DeepEqual(sequence(1, false), sequence(2, false)) {
		t.Error("another seed gives the same plans")
	}
	if got, want := len(sequence(1, true)), len(testShape.systematic()); got != want {
		t.Errorf("without a budget there are %d plans, want the %d of one fault", got, want)
	}
}

func TestHitTellsWhichFaultsCameToAct(t *testing.T) {
	hit, missed := Fault{Side: Vectara, Kind: KindGet, Index: 2, Times: 1, Action: Refuse}, Fault{Side: Vectara, Kind: KindGet, Index: 99, Times: 1, Action: Refuse}
	r := newRecord("life")
	r.Requests = []*Request{{Side: Vectara}, {Side: Vectara, Fault: &hit}}
	if !r.Hit(hit) {
		t.Errorf("%s hit a request, and is said to have hit none", hit)
	}
	if r.Hit(missed) {
		t.Errorf("%s hit no request, and is said to have hit one", missed)
	}
}
