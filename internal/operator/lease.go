// SPDX-License-Identifier: Apache-2.0

package operator

import (
	"crypto/sha256"
	"encoding/hex"
	"flag"
	"slices"
	"strings"
)

const (
	leaseFlag = "leader-election-id"
	// wholeLease is the default name of the Lease of managers that watch everything.
	wholeLease = "vectara-job-operator.jobs.vectara.io"
)

// nameLease names the Lease after what the manager watches, unless a flag or variable named it: managers that watch
// different objects must not wait for each other. The options must be valid.
func (o *Options) nameLease(flags *flag.FlagSet) {
	given := false
	flags.Visit(func(f *flag.Flag) { given = given || f.Name == leaseFlag })
	if !given {
		o.LeaderElectionID = o.defaultLease()
	}
}

// defaultLease is the same name for the same objects, in whatever order the flags name them.
func (o *Options) defaultLease() string {
	if len(o.namespaces) == 0 && o.selector.Empty() {
		return wholeLease
	}
	namespaces := slices.Compact(slices.Sorted(slices.Values(o.namespaces)))
	requirements, _ := o.selector.Requirements()
	labels := make([]string, 0, len(requirements))
	for _, requirement := range requirements {
		labels = append(labels, requirement.String())
	}
	slices.Sort(labels)
	sum := sha256.Sum256([]byte(strings.Join(namespaces, ",") + "\n" + strings.Join(slices.Compact(labels), ",")))
	return wholeLease + "-" + hex.EncodeToString(sum[:5])
}
