// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"io"
	"sync"
	"time"
)

// progress shows the person who waits what is going on.
type progress struct {
	out   io.Writer
	mu    sync.Mutex
	began time.Time // of the first line
}

// say prints a line with the time since the first one before it.
func (p *progress) say(format string, args ...any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.began.IsZero() {
		p.began = time.Now()
	}
	since := time.Since(p.began).Round(time.Second)
	fmt.Fprintf(p.out, "bench %6s  %s\n", since, fmt.Sprintf(format, args...))
}
