// SPDX-License-Identifier: Apache-2.0

package operator

import (
	"regexp"
	"testing"
)

func TestManagersThatWatchEverythingKeepTheNameOfTheLease(t *testing.T) {
	for _, args := range [][]string{nil, {"--watch-namespaces="}, {"--watch-label-selector="}} {
		if got := parse(t, args...).LeaderElectionID; got != "vectara-job-operator.jobs.vectara.io" {
			t.Errorf("With %q the Lease is %q", args, got)
		}
	}
}

// TestTheNameOfALeaseStays: a new version of the operator must find the Lease of the old one.
func TestTheNameOfALeaseStays(t *testing.T) {
	const want = "vectara-job-operator.jobs.vectara.io-4b3fe59d12"
	if got := parse(t, "--watch-namespaces=search,finance", "--watch-label-selector=shard=a").LeaderElectionID; got != want {
		t.Errorf("The Lease is %q, want %q", got, want)
	}
}

func TestTheSameObjectsHaveTheSameLease(t *testing.T) {
	for _, test := range []struct {
		name      string
		one, same []string
	}{
		{"namespaces in another order", []string{"--watch-namespaces=search,finance"}, []string{"--watch-namespaces=finance, search"}},
		{"a namespace twice", []string{"--watch-namespaces=search"}, []string{"--watch-namespaces=search,search"}},
		{"labels in another order", []string{"--watch-label-selector=shard=a,team=x"}, []string{"--watch-label-selector=team=x, shard=a"}},
		{"values in another order", []string{"--watch-label-selector=shard in (a,b)"}, []string{"--watch-label-selector=shard in (b, a)"}},
		{"one label in another order", []string{"--watch-label-selector=shard!=a,shard!=b"}, []string{"--watch-label-selector=shard!=b,shard!=a"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			if one, same := parse(t, test.one...).LeaderElectionID, parse(t, test.same...).LeaderElectionID; one != same {
				t.Errorf("The Leases are %q and %q", one, same)
			}
		})
	}
}

func TestShardsHaveLeasesOfTheirOwn(t *testing.T) {
	name := regexp.MustCompile(`^vectara-job-operator\.jobs\.vectara\.io-[0-9a-f]{10}$`)
	seen := map[string][]string{parse(t).LeaderElectionID: nil}
	for _, args := range [][]string{
		{"--watch-namespaces=search"},
		{"--watch-namespaces=finance"},
		{"--watch-namespaces=search,finance"},
		{"--watch-label-selector=search"},
		{"--watch-label-selector=shard=a"},
		{"--watch-label-selector=shard=b"},
		{"--watch-namespaces=search", "--watch-label-selector=shard=a"},
		{"--watch-namespaces=finance", "--watch-label-selector=shard=a"},
	} {
		got := parse(t, args...).LeaderElectionID
		if !name.MatchString(got) {
			t.Errorf("With %q the Lease is %q, want the default name and a hash", args, got)
		}
		if before, ok := seen[got]; ok {
			t.Errorf("%q and %q share the Lease %q", before, args, got)
		}
		seen[got] = args
	}
}

func TestALeaseThatTheUserNamesKeepsItsName(t *testing.T) {
	if got := parse(t, "--watch-namespaces=search", "--leader-election-id=mine").LeaderElectionID; got != "mine" {
		t.Errorf("The Lease is %q, want that of the flag", got)
	}
	if got := parse(t, "--watch-namespaces=search", "--leader-election-id="+wholeLease).LeaderElectionID; got != wholeLease {
		t.Errorf("The Lease is %q, want that of the flag, though it is the default", got)
	}
	env := envOf(map[string]string{"VECTARA_JOB_OPERATOR_LEADER_ELECTION_ID": "mine", "VECTARA_JOB_OPERATOR_WATCH_NAMESPACES": "search"})
	if options, err := ParseOptions(nil, env, t.Output()); err != nil || options.LeaderElectionID != "mine" {
		t.Errorf("The Lease is %q (%v), want that of the environment", options.LeaderElectionID, err)
	}
}
