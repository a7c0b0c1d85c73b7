// SPDX-License-Identifier: Apache-2.0

package kubectl

import (
	"context"
	"time"

	"github.com/spf13/cobra"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
	"github.com/vectara-job-operator/vectara-job-operator/internal/kubectl/follow"
	"github.com/vectara-job-operator/vectara-job-operator/internal/kubectl/outcome"
	"github.com/vectara-job-operator/vectara-job-operator/internal/kubectl/words"
	"github.com/vectara-job-operator/vectara-job-operator/internal/plaintext"
)

const (
	defaultTimeout = 2 * time.Hour

	// settle is for how long a VectaraJob has to be blocked before waiting ends. Whoever has just made or corrected the
	// Secret would otherwise read what was wrong before.
	settle = 5 * time.Second

	// silence is after how long without any status the command says that the operator may be missing.
	silence = 30 * time.Second

	// refresh is how often the live line is written.
	refresh = time.Second
)

// waitOptions are the flags of every command that waits.
type waitOptions struct {
	timeout        time.Duration
	throughBlocked bool
}

func (o *waitOptions) addWaitFlags(cmd *cobra.Command) {
	cmd.Flags().DurationVar(&o.timeout, "timeout", defaultTimeout,
		"How long to wait, such as 90s or 2h. With 0, it is checked once. A negative time means without end.")
	cmd.Flags().BoolVar(&o.throughBlocked, "through-blocked", false,
		"Go on waiting while a job is blocked: somebody may fix it meanwhile.")
}

// waiting waits until it is known of each of some VectaraJobs how it ends.
type waiting struct {
	*session
	waitOptions
	client    client.WithWatch
	namespace string
	show      *progress
	entries   []*entry
	failing   bool // whether it was said that the API server does not respond
}

// entry is one VectaraJob that is waited for.
type entry struct {
	job    *v1alpha1.VectaraJob // as it was last seen
	result outcome.Outcome      // Open until it is known

	blockedSince time.Time
	said         string // the line that was last written
	hinted       bool
}

func (s *session) newWaiting(o waitOptions, c client.WithWatch, namespace string, show *progress, jobs []*v1alpha1.VectaraJob) *waiting {
	w := &waiting{session: s, waitOptions: o, client: c, namespace: namespace, show: show}
	for _, job := range jobs {
		w.entries = append(w.entries, &entry{job: job, result: outcome.Open})
	}
	return w
}

// run returns nil once the result of every entry is known.
func (w *waiting) run(ctx context.Context) error {
	defer w.show.Clear()
	for _, e := range w.entries {
		w.update(e, e.job)
	}
	if w.timeout == 0 {
		w.checkOnce()
	}
	if len(w.open()) == 0 {
		return nil
	}
	return w.follow(ctx)
}

func (w *waiting) follow(parent context.Context) error {
	ctx, cancel := context.WithCancel(parent)
	changes, ended := w.start(ctx)
	defer func() {
		cancel()
		for range ended { // How it ended is of interest only if it did so by itself.
		}
	}()
	ticker := w.Clock.NewTicker(refresh)
	defer ticker.Stop()
	var timeout <-chan time.Time
	if w.timeout > 0 {
		timer := w.Clock.NewTimer(w.timeout)
		defer timer.Stop()
		timeout = timer.C()
	}
	for open := w.open(); len(open) > 0; open = w.open() {
		w.show.Live(w.liveLine(open))
		select {
		case err := <-ended:
			return err
		case change := <-changes:
			w.receive(change)
		case <-ticker.C():
			w.tick()
		case <-timeout:
			w.giveUp()
		}
	}
	return nil
}

// start follows the VectaraJobs in the background. The second channel delivers the error that it ended with, and is then closed.
func (w *waiting) start(ctx context.Context) (<-chan follow.Change, <-chan error) {
	follower := follow.Follower{Client: w.client, Clock: w.Clock, Namespace: w.namespace}
	for _, e := range w.open() {
		follower.Known = append(follower.Known, e.job)
	}
	if len(follower.Known) == 1 {
		follower.Name = follower.Known[0].Name
	}
	changes := make(chan follow.Change)
	ended := make(chan error, 1)
	go func() {
		defer close(ended)
		ended <- follower.Follow(ctx, func(change follow.Change) {
			select {
			case changes <- change:
			case <-ctx.Done():
			}
		})
	}()
	return changes, ended
}

func (w *waiting) open() []*entry {
	var open []*entry
	for _, e := range w.entries {
		if e.result == outcome.Open {
			open = append(open, e)
		}
	}
	return open
}

// results are the outcomes of all entries.
func (w *waiting) results() []outcome.Outcome {
	all := make([]outcome.Outcome, 0, len(w.entries))
	for _, e := range w.entries {
		all = append(all, e.result)
	}
	return all
}

func (w *waiting) receive(change follow.Change) {
	if change.Err != nil {
		if !w.failing {
			w.show.Line("cannot follow at present, trying again: %s", plaintext.OneLine(explained(change.Err).Error()))
		}
		w.failing = true
		return
	}
	w.failing = false
	for _, e := range w.open() {
		// A VectaraJob of the same name that was made later is another one.
		if e.job.UID != change.Job.UID {
			continue
		}
		if change.Deleted && !outcome.Of(change.Job).IsFinal() {
			e.job = change.Job
			w.end(e, outcome.Deleted, "deleted before its job ended, "+words.LastKnown(e.job))
			return
		}
		w.update(e, change.Job)
	}
}

// update takes note of the state of a VectaraJob.
func (w *waiting) update(e *entry, job *v1alpha1.VectaraJob) {
	e.job = job
	switch what := outcome.Of(job); {
	case what.IsFinal():
		w.end(e, what, words.Line(job))
	case what == outcome.Blocked:
		if e.blockedSince.IsZero() {
			e.blockedSince = w.Clock.Now()
		}
	default:
		e.blockedSince = time.Time{}
		w.say(e)
	}
}

// say writes how a job stands, if that has changed.
func (w *waiting) say(e *entry) {
	line := words.Line(e.job)
	if line == e.said || len(e.job.Status.Conditions) == 0 && e.said == "" {
		return
	}
	e.said = line
	w.show.Line("%s: %s", e.job.Name, line)
}

// tick checks what only the passage of time changes.
func (w *waiting) tick() {
	now := w.Clock.Now()
	for _, e := range w.open() {
		if !e.blockedSince.IsZero() && now.Sub(e.blockedSince) >= settle {
			w.blocked(e)
		}
		unseen := len(e.job.Status.Conditions) == 0 && !e.job.IsSuspended()
		if unseen && !e.hinted && now.Sub(e.job.CreationTimestamp.Time) >= silence {
			e.hinted = true
			w.show.Line("%s: no status after %s: is the operator running, and does it watch the namespace %q?",
				e.job.Name, words.Short(now.Sub(e.job.CreationTimestamp.Time)), e.job.Namespace)
		}
	}
}

func (w *waiting) blocked(e *entry) {
	if w.throughBlocked {
		w.say(e)
		return
	}
	w.end(e, outcome.Blocked, words.Line(e.job))
}

func (w *waiting) giveUp() {
	for _, e := range w.open() {
		w.end(e, outcome.TimedOut, "timed out after "+words.Short(w.timeout)+", last known: "+words.Line(e.job))
	}
}

// checkOnce ends every entry with what is known now.
func (w *waiting) checkOnce() {
	for _, e := range w.open() {
		if outcome.Of(e.job) == outcome.Blocked && !w.throughBlocked {
			w.end(e, outcome.Blocked, words.Line(e.job))
			continue
		}
		w.end(e, outcome.TimedOut, "not ended yet: "+words.Line(e.job))
	}
}

// end writes down how an entry ended, and what can be done about it.
func (w *waiting) end(e *entry, result outcome.Outcome, line string) {
	e.result = result
	w.show.Line("%s: %s", e.job.Name, line)
	if result == outcome.Blocked {
		for _, step := range words.Advice(e.job) {
			w.show.Line("  %s", step)
		}
	}
}
