// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
)

// patience bounds how long the stories may take. The longest takes 21 s.
const patience = 60 * time.Second

// watch shows what becomes of the jobs, until all of it has come. Meanwhile "kubectl wait" waits for those that complete.
func (d *demo) watch(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	get := []string{"get", "vj", "-n", namespace, "--watch"}
	wait := append([]string{"wait", "-n", namespace, "--for=condition=Ready", "--timeout=60s"}, d.completing()...)
	d.out.command(kubectlLine(get), "&")
	d.out.command(kubectlLine(wait))
	d.out.line("")

	rows, err := d.stream(ctx, get...)
	if err != nil {
		return err
	}
	defer end(cancel, rows)
	met, err := d.stream(ctx, wait...)
	if err != nil {
		return err
	}
	defer end(cancel, met)
	d.keepExcerpt(readmePage, excerpt{sideBySide: true, text: d.out.recorded(func() { err = d.follow(ctx, rows, met) })})
	return err
}

// follow shows both streams until the second has ended and every story as well.
func (d *demo) follow(ctx context.Context, rows, met *stream) error {
	d.callsAtEnd = map[string]int{}
	second := time.NewTicker(time.Second)
	defer second.Stop()
	var kubectlTable table
	reasons := map[string]string{}
	screen := newView(d.out)
	waiting := met.lines
	for waiting != nil || len(d.open(reasons)) > 0 {
		select {
		case line, more := <-rows.lines:
			if !more {
				return errors.Join(d.unfinished(reasons), rows.err)
			}
			if cells := kubectlTable.row(line); cells != nil {
				screen.row(time.Since(d.applied), cells)
				reasons[cells["NAME"]] = cells["REASON"]
				d.noteEnds(reasons)
			}
		case line, more := <-waiting:
			if more {
				screen.note(time.Since(d.applied), "kubectl wait: "+line)
				continue
			}
			if met.err != nil {
				return errors.Join(d.unfinished(reasons), met.err)
			}
			screen.note(time.Since(d.applied), "kubectl wait has returned, with exit code 0")
			waiting = nil
		case <-second.C:
			screen.tick(time.Since(d.applied))
		case <-ctx.Done():
			return d.unfinished(reasons)
		}
	}
	d.settled = time.Now()
	return nil
}

// noteEnds notes how many calls there were about each job whose story has just ended.
func (d *demo) noteEnds(reasons map[string]string) {
	for _, job := range d.jobs {
		if _, noted := d.callsAtEnd[job.name]; !noted && reasons[job.name] == job.reason {
			d.callsAtEnd[job.name] = d.vectara.Count("", job.jobID)
		}
	}
}

// open are the jobs whose story has not ended yet.
func (d *demo) open(reasons map[string]string) []shownJob {
	var open []shownJob
	for _, job := range d.jobs {
		if reasons[job.name] != job.reason {
			open = append(open, job)
		}
	}
	return open
}

// unfinished says which stories have not ended as they should.
func (d *demo) unfinished(reasons map[string]string) error {
	var missing []string
	for _, job := range d.open(reasons) {
		missing = append(missing, fmt.Sprintf("%s: want %s, kubectl shows %q", job.name, job.reason, reasons[job.name]))
	}
	return fmt.Errorf("not every job came to its end within %v (%s): run it again, with KEEP=1 to inspect it; "+
		"if it stays so, read the manager's log", patience, strings.Join(missing, "; "))
}

// completing are the VectaraJobs that will be Ready, as kubectl names them.
func (d *demo) completing() []string {
	var names []string
	for _, job := range d.jobs {
		if job.reason == v1alpha1.ReasonJobCompleted {
			names = append(names, "vectarajob/"+job.name)
		}
	}
	return names
}
