// SPDX-License-Identifier: Apache-2.0

package main

import (
	"reflect"
	"testing"
	"time"
)

func hour() options {
	return options{duration: time.Hour, quiet: 4 * time.Minute, every: period, settle: time.Minute, line: time.Minute, size: 100, turnover: 1}
}

func TestTheSameSeedGivesTheSameFaults(t *testing.T) {
	if !reflect.DeepEqual(schedule(7, hour()), schedule(7, hour())) {
		t.Error("two schedules from one seed differ")
	}
	if reflect.DeepEqual(schedule(7, hour()), schedule(8, hour())) {
		t.Error("two seeds give one schedule")
	}
}

func TestEveryKindOfFaultComesBeforeOneComesAgain(t *testing.T) {
	plan := schedule(7, hour())
	seen := map[kind]bool{}
	for _, f := range plan[:len(kinds)] {
		seen[f.Kind] = true
	}
	if len(seen) != len(kinds) {
		t.Errorf("the first %d faults are of %d kinds", len(kinds), len(seen))
	}
}

func TestFaultsLeaveTheQuietAlone(t *testing.T) {
	for seed := range uint64(50) {
		o := hour()
		last := time.Duration(0)
		for _, f := range schedule(seed, o) {
			if f.At < last {
				t.Errorf("seed %d: %v begins before the one before it is over, at %v", seed, f, last)
			}
			last = f.At + f.For
			if last > o.duration-o.quiet {
				t.Errorf("seed %d: %v at %v reaches into the quiet", seed, f, f.At)
			}
			if f.Kind == jobRefused && o.duration-o.quiet-f.At < recheck {
				t.Errorf("seed %d: a job is refused at %v, which the operator need not find over before the quiet", seed, f.At)
			}
		}
	}
}

func TestAShortPeriodMakesFaultsShort(t *testing.T) {
	o := hour()
	o.every = 3 * time.Second
	for _, f := range schedule(7, o) {
		if f.For >= o.every {
			t.Errorf("%v lasts longer than the period", f)
		}
	}
}
