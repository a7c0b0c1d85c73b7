// SPDX-License-Identifier: Apache-2.0

package jobs

import (
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/vectara-job-operator/vectara-job-operator/internal/vectara"
)

// pager answers lists by a script of two bytes for each page: how many jobs are on it, and which page key comes next.
type pager struct {
	script []byte

	mu     sync.Mutex
	turn   int
	healed bool

	pages   int // of the walk under way that somebody subscribed to
	longest int
	seen    map[string]bool // jobs on the pages of that walk
	sent    map[string]bool // page keys of that walk
	known   map[string]bool // page keys that were given out
	strange string          // a page key that was sent twice, or never given out

	// The jobs of the last two walks that came to the end of the list. The last page of the last one may be on its way.
	before, complete []string
}

func (p *pager) page(query vectara.ListQuery) (vectara.Page, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(query.States) > 0 {
		page, _ := p.next("mirror")
		return page, nil
	}
	if query.PageKey == "" {
		p.pages, p.seen, p.sent = 0, map[string]bool{}, map[string]bool{}
	} else if !p.known[query.PageKey] || p.sent[query.PageKey] {
		p.strange = query.PageKey
	}
	p.sent[query.PageKey] = true
	p.pages++
	p.longest = max(p.longest, p.pages)
	page, err := p.next("list")
	for _, job := range page.Jobs {
		p.seen[job.ID] = true
	}
	if err == nil && page.NextPageKey == "" {
		p.before, p.complete = p.complete, slices.Sorted(maps.Keys(p.seen))
	}
	return page, err
}

// next is the page that the script has next.
func (p *pager) next(kind string) (vectara.Page, error) {
	if p.healed || len(p.script) < 2 {
		return vectara.Page{Jobs: []vectara.Job{{ID: "job_a0", State: "started"}}}, nil
	}
	at := p.turn * 2 % (len(p.script) - 1)
	size, key := p.script[at], p.script[at+1]
	p.turn++
	var page vectara.Page
	for i := range int(size) % 130 { // More than a page may hold, too.
		page.Jobs = append(page.Jobs, vectara.Job{ID: fmt.Sprint("job_a", i*int(key+1)%97), State: []string{"started", "completed", "new", ""}[i%4]})
	}
	page.Jobs = append(page.Jobs, vectara.Job{ID: fmt.Sprint("job_of_page", p.turn), State: "started"})
	page.Dropped = int(size) / 200
	switch {
	case key == 255:
		return vectara.Page{}, status(503, 0)
	case key == 254:
		return vectara.Page{}, &vectara.ResponseError{Operation: vectara.OperationListJobs, Problem: "no list"}
	case key >= 128: // One that never came before.
		page.NextPageKey = fmt.Sprint(kind, p.turn)
	case key >= 16: // One of a few.
		page.NextPageKey = fmt.Sprint(kind, "-", key%7)
	}
	p.known[page.NextPageKey] = true
	return page, nil
}

// FuzzListPages holds for any pages, page keys and faults of lists: each walk ends, within its bound; it sends no page key but those that it
// was given, and none twice; a list that is told as complete holds every job of its pages, once and in order; and a sane list is told as
// complete soon after lists are sane again.
func FuzzListPages(f *testing.F) {
	for _, script := range []string{
		"", "\x00\x00", "\x01\x00", "\x64\x80\x64\x80\x64\x00", "\x64\x80", "\x00\x80", "\x64\x10", "\x64\x10\x64\x11\x64\x12", "\x00\xff", "\x64\x80\x01\xff",
		"\x00\xfe\x64\x00", "\x81\x80\xff\x00", "\x03\x80\x00\x80\x00\x80\x03\x00",
	} {
		f.Add([]byte(script), uint8(0))
		f.Add([]byte(script), uint8(60))
	}
	f.Fuzz(func(t *testing.T, script []byte, watched uint8) {
		if len(script) > 64 {
			return
		}
		inWorld(t, Limits{RequestsPerSecond: 20, Burst: 40}, func(w *world) {
			p := &pager{script: script, known: map[string]bool{}}
			w.vectara.list = p.page
			w.observeAll(int(watched) % 64)
			watch := listing("all")
			w.source.WatchList(watch)
			for range 3 {
				w.after(time.Minute)
				p.check(t, w.source, watch)
			}
			p.mu.Lock()
			p.healed = true
			p.mu.Unlock()
			w.after(4 * time.Minute)
			p.check(t, w.source, watch)
			if got := w.listed(watch); got.Fault != nil || got.Truncated || len(got.Jobs) != 1 {
				t.Fatalf("minutes after lists are sane, told %+v", got)
			}
		})
	})
}

func (p *pager) check(t *testing.T, source *Source, watch ListSubscription) {
	t.Helper()
	told, ok := source.WatchList(watch)
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.longest > maxPages {
		t.Fatalf("a walk of %d pages", p.longest)
	}
	if p.strange != "" {
		t.Fatalf("the page key %q was sent twice, or was never given out", p.strange)
	}
	if !ok {
		return
	}
	ids := make([]string, 0, len(told.Jobs))
	for _, found := range told.Jobs {
		ids = append(ids, found.ID)
	}
	if told.Fault == nil && !told.Truncated && !slices.Equal(ids, p.complete) && !slices.Equal(ids, p.before) {
		t.Fatalf("told %q, want each job once and in order: %q or %q", ids, p.complete, p.before)
	}
	if told.Fault != nil && (told.Jobs != nil || told.Truncated || told.Failures < 1) {
		t.Fatalf("told a fault and something else: %+v", told)
	}
}
