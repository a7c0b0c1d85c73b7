// SPDX-License-Identifier: Apache-2.0

package simulator

import (
	"cmp"
	"slices"
	"sync"
	"time"
)

// store holds the jobs, by ID and in the order of their creation.
type store struct {
	mu     sync.RWMutex
	serial uint64
	byID   map[string]*liveJob
	order  []*liveJob // oldest first
}

func newStore() *store {
	return &store{byID: map[string]*liveJob{}}
}

// position is where a job stands in the order of creation.
type position struct {
	created time.Time
	serial  uint64
}

func (j *liveJob) position() position {
	return position{created: j.CreatedAt, serial: j.serial}
}

func comparePosition(j *liveJob, p position) int {
	return cmp.Or(j.CreatedAt.Compare(p.created), cmp.Compare(j.serial, p.serial))
}

// find returns the index of the first job that does not come before p.
func (s *store) find(p position) int {
	i, _ := slices.BinarySearchFunc(s.order, p, comparePosition)
	return i
}

func (s *store) add(job Job, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.removeLocked(job.ID)
	s.serial++
	live := newLiveJob(job, s.serial, now)
	s.byID[job.ID] = live
	s.order = slices.Insert(s.order, s.find(live.position()), live)
}

func (s *store) remove(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.removeLocked(id)
}

func (s *store) removeLocked(id string) {
	live, ok := s.byID[id]
	if !ok {
		return
	}
	delete(s.byID, id)
	i := s.find(live.position())
	s.order = slices.Delete(s.order, i, i+1)
}

func (s *store) jump(id string, last Step, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if live, ok := s.byID[id]; ok {
		live.jump(last, now)
	}
}

// get returns a copy of a job as it stands.
func (s *store) get(id string) (liveJob, bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	live, ok := s.byID[id]
	if !ok {
		return liveJob{}, false
	}
	return *live, true
}

// begin lets the life of a job begin that waited for its first GET.
func (s *store) begin(id string, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if live, ok := s.byID[id]; ok && live.begun.IsZero() {
		live.begun = now
	}
}

// page returns up to limit jobs that keep lets through, newest first, from those older than
// before (nil: from the newest), down to but without those created at or before after. It also
// reports whether more would follow.
func (s *store) page(before *position, after time.Time, limit int, keep func(*liveJob) bool) ([]liveJob, bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	end := len(s.order)
	if before != nil {
		end = s.find(*before)
	}
	jobs := make([]liveJob, 0, limit)
	for _, live := range slices.Backward(s.order[:end]) {
		if !after.IsZero() && !live.CreatedAt.After(after) {
			break
		}
		if !keep(live) {
			continue
		}
		if len(jobs) == limit {
			return jobs, true
		}
		jobs = append(jobs, *live)
	}
	return jobs, false
}
