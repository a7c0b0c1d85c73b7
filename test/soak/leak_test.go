// SPDX-License-Identifier: Apache-2.0

package main

import (
	"strings"
	"testing"
)

func TestLeaks(t *testing.T) {
	before := held{HeapLive: 50, HeapInUse: 60, RSS: 120, Goroutines: 300, Descriptors: 80, Connections: 60}
	for _, c := range []struct {
		name   string
		kept   bool
		change func(*held)
		want   string // empty: none
	}{
		{"nothing has changed", false, func(*held) {}, ""},
		{"all is less", false, func(h *held) { *h = held{} }, ""},
		{"a little more is no leak", false, func(h *held) { h.HeapLive, h.RSS, h.Goroutines = 55, 150, 310 }, ""},
		{"the live heap has grown by half", false, func(h *held) { h.HeapLive = 75 }, "live heap"},
		{"the heap in use has doubled", false, func(h *held) { h.HeapInUse = 120 }, "heap in use"},
		{"the RSS has doubled", false, func(h *held) { h.RSS = 240 }, "RSS"},
		{"a goroutine for every fault is left", false, func(h *held) { h.Goroutines += 112 }, "goroutines"},
		{"a descriptor for every fault is left", false, func(h *held) { h.Descriptors += 112 }, "file descriptors"},
		{"a connection for every rotation is left", false, func(h *held) { h.Connections += 20; h.Descriptors += 20; h.Goroutines += 40 }, "connections"},
		{"connections may be idle still", true, func(h *held) { h.Connections += 40; h.Descriptors += 40; h.Goroutines += 80 }, ""},
		{"more connections than are ever kept", true, func(h *held) { h.Connections += 80; h.Descriptors += 80; h.Goroutines += 160 }, "connections"},
	} {
		t.Run(c.name, func(t *testing.T) {
			after := before
			c.change(&after)
			got := leaks(before, after, c.kept)
			switch {
			case c.want == "" && len(got) > 0:
				t.Errorf("got %q", got)
			case c.want != "" && (len(got) != 1 || !strings.Contains(got[0], c.want)):
				t.Errorf("got %q, want one about %q", got, c.want)
			}
		})
	}
}
