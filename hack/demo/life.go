// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/wait"
)

// hero is the VectaraJob whose life is shown: most happens to it.
const hero = "retries"

// eventsWithin bounds how long the last event may take to arrive after the status that it reports.
const eventsWithin = 10 * time.Second

// showLife shows the life of one job by what the operator says of it: in its log, in events, and in status.
func (d *demo) showLife(ctx context.Context) error {
	get := []string{"events", "-n", namespace, "--for=vectarajob/" + hero, "-o", "json"}
	d.out.line("The events about %s, and between them what the manager logged of it, laid out to be read.", hero)
	d.out.command(kubectlLine(get))
	events, err := d.eventsOfALife(ctx, get)
	if err != nil {
		return err
	}
	d.keepExcerpt(troubleshootingPage, excerpt{text: d.out.recorded(func() {
		d.out.block(timeline(d.applied, linesAbout(d.manager.Output(), namespace, hero), events))
	})})

	d.out.line("")
	d.keepExcerpt(troubleshootingPage, excerpt{text: d.out.recorded(func() {
		err = d.kubectl(ctx, "describe", "vj", hero, "-n", namespace)
	})})
	return err
}

// eventsOfALife gets the events about the hero once the last of them has arrived.
func (d *demo) eventsOfALife(ctx context.Context, get []string) ([]corev1.Event, error) {
	last := d.endOf(hero)
	var list corev1.EventList
	err := wait.PollUntilContextTimeout(ctx, 100*time.Millisecond, eventsWithin, true, func(ctx context.Context) (bool, error) {
		output, err := d.cluster.Kubectl(ctx, get...)
		if err != nil {
			return false, err
		}
		list = corev1.EventList{}
		if err := json.Unmarshal([]byte(output), &list); err != nil {
			return false, fmt.Errorf("reading events: %w", err)
		}
		return slices.ContainsFunc(list.Items, func(e corev1.Event) bool { return e.Reason == last }), nil
	})
	if err != nil {
		return nil, fmt.Errorf("waiting for the event %s about %s: %w", last, hero, err)
	}
	return list.Items, nil
}

// endOf is the reason that ends the story of a job.
func (d *demo) endOf(name string) string {
	for _, job := range d.jobs {
		if job.name == name {
			return job.reason
		}
	}
	return ""
}

// record is something that the operator said.
type record struct {
	at    time.Time
	lines []string
}

// timeline is lines of the log and events as one table, in the order of their times since the jobs were applied. Of the same
// moment, the log comes first: that is how the manager does it.
func timeline(applied time.Time, lines []logLine, events []corev1.Event) string {
	var all []record
	for _, line := range lines {
		all = append(all, record{line.at, append([]string{"log    " + line.message}, wrap(line.words())...)})
	}
	for i := range events {
		e := &events[i]
		all = append(all, record{e.EventTime.Time, []string{fmt.Sprintf("event  %s %s: %s", e.Type, e.Reason, e.Message)}})
	}
	slices.SortStableFunc(all, func(a, b record) int {
		return a.at.Truncate(time.Millisecond).Compare(b.at.Truncate(time.Millisecond))
	})

	var text strings.Builder
	fmt.Fprintf(&text, "%6s  FROM   WHAT\n", "TIME")
	for _, t := range all {
		fmt.Fprintf(&text, "%6s  %s\n", clock(t.at.Sub(applied)), strings.Join(t.lines, "\n"+strings.Repeat(" ", indent)))
	}
	return text.String()
}

const (
	// indent is the column in which the fields of a line of the log start.
	indent = 17
	// textWidth is how wide a line of fields may be.
	textWidth = 100
)

// wrap makes lines of words, with spaces between them.
func wrap(words []string) []string {
	var lines []string
	for _, word := range words {
		if last := len(lines) - 1; last >= 0 && len(lines[last])+1+len(word) <= textWidth {
			lines[last] += " " + word
			continue
		}
		lines = append(lines, word)
	}
	return lines
}
