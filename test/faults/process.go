// SPDX-License-Identifier: Apache-2.0

package faults

import (
	"bufio"
	"context"
	"fmt"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/vectara-job-operator/vectara-job-operator/test/harness"
)

// supervisor keeps a manager running, as a kubelet would, until it is told to stop.
type supervisor struct {
	start  func(context.Context) (*harness.Manager, error)
	record *Record

	mu      sync.Mutex
	current *harness.Manager
	how     string // why the current one is ended
	stopped bool
	logs    []string
	done    chan struct{}
	err     error
}

// run starts the manager, and starts it again whenever it has ended.
func (s *supervisor) run(ctx context.Context) {
	defer close(s.done)
	for ctx.Err() == nil {
		manager, err := s.launch(ctx)
		if err != nil || manager == nil {
			s.err = err
			return
		}
		readyCtx, cancel := context.WithCancel(ctx)
		go func() {
			if manager.AwaitReady(readyCtx) == nil {
				s.note(func(p *Process, now time.Duration) { p.Ready = now })
			}
		}()
		err = manager.Err()
		cancel()
		s.mu.Lock()
		how := s.how
		s.current, s.how = nil, ""
		s.logs = append(s.logs, manager.Output())
		s.mu.Unlock()
		s.note(func(p *Process, now time.Duration) {
			p.Ended, p.How = now, how
			if err != nil {
				p.Error = err.Error()
			}
		})
	}
}

// launch starts a process; it returns none once the supervisor is told to stop.
func (s *supervisor) launch(ctx context.Context) (*harness.Manager, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stopped {
		return nil, nil
	}
	s.record.add(func(now time.Duration) { s.record.Processes = append(s.record.Processes, Process{Started: now}) })
	manager, err := s.start(ctx)
	s.current = manager
	return manager, err
}

// note changes what is recorded of the current process.
func (s *supervisor) note(change func(*Process, time.Duration)) {
	s.record.add(func(now time.Duration) {
		p := &s.record.Processes[len(s.record.Processes)-1]
		change(p, now)
	})
}

// end ends the current process, and returns when it has ended.
func (s *supervisor) end(how Action) {
	s.mu.Lock()
	manager := s.current
	if manager != nil && s.how == "" {
		s.how = string(how)
	}
	s.mu.Unlock()
	if manager == nil {
		return
	}
	if how == Kill {
		manager.Kill()
		return
	}
	manager.Stop()
}

// stop ends the manager for good.
func (s *supervisor) stop() {
	s.mu.Lock()
	s.stopped = true
	s.mu.Unlock()
	s.end("stop")
	<-s.done
}

// pid is the ID of the current process; 0 if there is none.
func (s *supervisor) pid() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.current == nil {
		return 0
	}
	return s.current.PID()
}

// scraper reads the metrics of a manager.
var scraper = &http.Client{Timeout: 10 * time.Second}

// scrape reads all metrics of the manager, and what its process uses.
func (s *supervisor) scrape(ctx context.Context, url string) (text string, used Resources, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return "", used, err
	}
	response, err := scraper.Do(request)
	if err != nil {
		return "", used, err
	}
	defer response.Body.Close()
	var all strings.Builder
	lines := bufio.NewScanner(response.Body)
	for lines.Scan() {
		name, value, _ := strings.Cut(lines.Text(), " ")
		number, _ := strconv.ParseFloat(value, 64) // Zero where the value is not wanted.
		switch name {
		case "go_goroutines":
			used.Goroutines = int(number)
		case "process_open_fds":
			used.Descriptors = int(number)
		}
		all.WriteString(lines.Text() + "\n")
	}
	used.PeakMemory = peakMemory(s.pid())
	return all.String(), used, lines.Err()
}

// peakMemory is the most memory that a process ever had, in bytes; 0 where the system does not say.
func peakMemory(pid int) int64 {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(status)) {
		if text, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			kilobytes, _ := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(text), "kB")), 10, 64)
			return kilobytes << 10
		}
	}
	return 0
}
