// SPDX-License-Identifier: Apache-2.0

// Package faults breaks the world around the real manager binary at every step, and checks invariants on what was recorded.
//
// A life is one run of a script: a namespace, a Vectara (internal/simulator) and a manager of its own, whose VectaraJobs are
// created, live through their states and end, while a Secret is rotated and an object is deleted. The manager reaches the API
// server and Vectara only through two fault proxies, which number its requests. A Plan says what goes wrong at which request.
// All requests, all versions of the objects, what the manager logs and how it starts and ends go into a Record, and the
// checks are pure functions of that.
//
// The command is "go run ./test/faults/cmd/faults":
//
//	--manager=PATH   the manager to test (bin/manager)
//	--budget=60s     for how long lives are started; 0 runs the systematic plans and no random ones
//	--seed=N         of the order of the systematic plans and of the random ones
//	--plan=PLAN      run this plan and no other, as a failing run prints it
//	--scenes=a,b     which scripts to run; empty means all
//	--parallel=N     how many lives run side by side
//	--fail-fast      stop at the first violation
//	--shrink=false   do not look for the shortest plan that fails
//	--record=FOLDER  write the record of each failing life there, and of each with --plan, as JSON
//
// The control plane's binaries are found as in tests (KUBEBUILDER_ASSETS, or bin/controlplane). It prints one line for each
// violation, which begins with "violation I3" for the invariant I3. The exit code is 0 if no invariant was violated, 1 if one
// was, and 2 if the harness could not run.
package faults
