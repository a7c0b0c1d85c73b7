// SPDX-License-Identifier: Apache-2.0

package simulator

import "sync"

// tally counts what is under way, so that Close can wait for its end. Other than with a
// WaitGroup, something may enter while another waits. The zero value is ready.
type tally struct {
	mu      sync.Mutex
	closed  bool
	entered int
	inside  int
	empty   chan struct{} // closed when nothing is inside any more; nil while nobody waits
}

// enter reports whether the tally is still open, and counts if so.
func (t *tally) enter() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed {
		return false
	}
	t.entered++
	t.inside++
	return true
}

func (t *tally) leave() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.inside--
	if t.inside == 0 && t.empty != nil {
		close(t.empty)
		t.empty = nil
	}
}

// close lets nothing more in.
func (t *tally) close() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.closed = true
}

// wait blocks until nothing is inside.
func (t *tally) wait() {
	t.mu.Lock()
	if t.inside == 0 {
		t.mu.Unlock()
		return
	}
	if t.empty == nil {
		t.empty = make(chan struct{})
	}
	empty := t.empty
	t.mu.Unlock()
	<-empty
}

// ever is how many have entered since the start.
func (t *tally) ever() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.entered
}
