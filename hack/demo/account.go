// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	auditv1 "k8s.io/apiserver/pkg/apis/audit/v1"

	"github.com/vectara-job-operator/vectara-job-operator/internal/simulator"
)

// account is what was logged about one job.
type account struct {
	shownJob

	calls  int // to Vectara
	writes int // of status
	// late is how many calls came after kubectl had shown the end of the job.
	late int
	// lastCall and ended are times since the first call. ended is 0 for a job that does not end.
	lastCall, ended time.Duration
}

// newAccount is what the requests about a job come to. life is its script in the simulator, and callsAtEnd how many calls
// there were when kubectl had shown its end. Requests are in the order of their arrival.
func newAccount(job shownJob, life simulator.Job, requests []simulator.Request, callsAtEnd int) account {
	a := account{shownJob: job, calls: len(requests), late: len(requests) - callsAtEnd}
	if len(requests) > 0 {
		a.lastCall = requests[len(requests)-1].At.Sub(requests[0].At)
	}
	if job.ends() {
		// The life of a job begins with the first call.
		for _, step := range life.Steps {
			a.ended += step.For
		}
	}
	return a
}

// countWrites is how many of the writes were of one object.
func countWrites(writes []auditv1.Event, name string) int {
	count := 0
	for _, write := range writes {
		if write.ObjectRef.Name == name {
			count++
		}
	}
	return count
}

// accountTable is the accounts as a table.
func accountTable(accounts []account) string {
	var text strings.Builder
	table := tabwriter.NewWriter(&text, 0, 0, 3, ' ', 0)
	fmt.Fprintln(table, "NAME\tCALLS\tJOB ENDED\tLAST CALL\tLATER CALLS\tSTATUS WRITES\tTHE JOB")
	for _, a := range accounts {
		ended, late := "-", "-"
		if a.ends() {
			ended, late = sinceFirst(a.ended), fmt.Sprint(a.late)
		}
		fmt.Fprintf(table, "%s\t%d\t%s\t%s\t%s\t%d\t%s\n", a.name, a.calls, ended, sinceFirst(a.lastCall), late, a.writes, a.remark)
	}
	_ = table.Flush() // It writes to memory.
	return text.String()
}

func sinceFirst(d time.Duration) string { return fmt.Sprintf("+%.1fs", d.Seconds()) }
