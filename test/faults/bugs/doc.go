// SPDX-License-Identifier: Apache-2.0

// Package bugs holds seeded bugs: mistakes that people make, each a patch of the operator's code. The fault harness must
// catch every one of them, which proves that its silence means something.
//
// A patch begins with a header:
//
//	Wrong: what is wrong, in one sentence.
//	Caught-by: I3, I5
//	Run: life vectara/get:3:status=503
//	Limit: 90s
//
// Caught-by names the invariants of which at least one must be violated. Run is a script and a plan of the
// harness; there may be several, which are tried in turn until one catches the bug. Without one, it is a life without faults.
// Limit bounds the time of a run.
package bugs
