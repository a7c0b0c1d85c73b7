// SPDX-License-Identifier: Apache-2.0

package kubectl

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"k8s.io/apimachinery/pkg/watch"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
)

// background is a command that runs while the test goes on.
type background struct {
	*world
	code   chan int
	cancel context.CancelFunc
}

func (w *world) start(arguments ...string) *background {
	ctx, cancel := context.WithCancel(w.t.Context())
	b := &background{world: w, code: make(chan int, 1), cancel: cancel}
	go func() { b.code <- w.run(ctx, "", arguments...) }()
	synctest.Wait()
	return b
}

// pass lets time pass.
func (b *background) pass(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

// ends checks that the command has come to its end, and how.
func (b *background) ends(code int, texts ...string) {
	b.t.Helper()
	synctest.Wait()
	select {
	case got := <-b.code:
		if got != code {
			b.t.Errorf("exit code %d, want %d", got, code)
		}
	default:
		b.t.Errorf("the command goes on, want exit code %d", code)
		b.cancel()
		<-b.code
	}
	b.shows(texts...)
}

// goesOn checks that the command has not come to its end.
func (b *background) goesOn() {
	b.t.Helper()
	synctest.Wait()
	select {
	case code := <-b.code:
		b.t.Fatalf("the command ended with exit code %d:\n%s%s", code, b.out.String(), b.errOut.String())
	default:
	}
}

func (w *world) delete(job *v1alpha1.VectaraJob) {
	w.t.Helper()
	if err := w.client.Delete(w.t.Context(), job); err != nil {
		w.t.Fatal(err)
	}
	synctest.Wait()
}

func TestWait(t *testing.T) {
	started := func(t *testing.T, arguments ...string) *background {
		return newWorld(t, vectaraJob("a", inState("started", ""))).start(append([]string{"wait", "a"}, arguments...)...)
	}
	for state, code := range map[v1alpha1.JobState]int{"completed": 0, "failed": 2, "aborted": 3} {
		inBubble(t, "ends when the job has "+string(state), func(t *testing.T) {
			b := started(t)
			b.pass(10 * time.Minute)
			b.goesOn()
			b.update("a", inState(state, "that was it"))
			b.ends(code, "a: started\n", "a: "+string(state)+": that was it\n")
		})
	}
	inBubble(t, "ends at once if the job ended before", func(t *testing.T) {
		newWorld(t, vectaraJob("a", inState("failed", ""))).start("wait", "a").ends(2, "a: failed\n")
	})
	inBubble(t, "ends when the time is over", func(t *testing.T) {
		b := started(t, "--timeout=10m")
		b.pass(10*time.Minute - time.Second)
		b.goesOn()
		b.pass(2 * time.Second)
		b.ends(6, "a: timed out after 10m, last known: started\n")
	})
	inBubble(t, "has no end with a negative time", func(t *testing.T) {
		b := started(t, "--timeout=-1s")
		b.pass(3 * time.Hour)
		b.goesOn()
		b.update("a", inState("completed", ""))
		b.ends(0)
	})
	inBubble(t, "checks once when there is no time", func(t *testing.T) {
		started(t, "--timeout=0").ends(6, "a: not ended yet: started\n")
		newWorld(t, vectaraJob("a", blockedBy("Unauthorized"))).start("wait", "a", "--timeout=0").ends(5)
		newWorld(t, vectaraJob("a", inState("completed", ""))).start("wait", "a", "--timeout=0").ends(0)
	})
	inBubble(t, "ends when the VectaraJob is deleted first", func(t *testing.T) {
		b := started(t)
		b.delete(vectaraJob("a"))
		b.ends(4, "a: deleted before its job ended, last known state: started\n")
	})
	inBubble(t, "goes by the last state of a VectaraJob that is deleted", func(t *testing.T) {
		w := newWorld(t, vectaraJob("a", inState("started", "")))
		b := w.start("wait", "a")
		w.update("a", inState("completed", ""))
		w.delete(vectaraJob("a"))
		b.ends(0, "a: completed\n")
	})
	inBubble(t, "can be interrupted", func(t *testing.T) {
		b := started(t)
		b.cancel()
		b.ends(130, "To wait again: kubectl vectara wait -n search a\n")
	})
	inBubble(t, "says when there seems to be no operator", func(t *testing.T) {
		b := newWorld(t, vectaraJob("a")).start("wait", "a")
		b.pass(20 * time.Second)
		if text := b.out.String(); text != "" {
			t.Errorf("said too soon: %s", text)
		}
		b.pass(20 * time.Minute)
		b.goesOn()
		if text := b.out.String(); strings.Count(text, "is the operator running") != 1 {
			t.Errorf("want it said once: %s", text)
		}
		b.update("a", inState("completed", ""))
		b.ends(0)
	})
}

func TestWaitForABlockedJob(t *testing.T) {
	blocked := func(t *testing.T, arguments ...string) *background {
		return newWorld(t, vectaraJob("a", blockedBy("Unauthorized"))).start(append([]string{"wait", "a"}, arguments...)...)
	}
	inBubble(t, "ends soon, and says what to do", func(t *testing.T) {
		b := blocked(t)
		b.pass(4 * time.Second)
		b.goesOn()
		b.pass(2 * time.Second)
		b.ends(5, "a: blocked: Unauthorized: Not like this.\n", "  kubectl vectara login -n search --name vectara-credentials --check\n")
	})
	inBubble(t, "goes on if somebody has just seen to it", func(t *testing.T) {
		b := blocked(t)
		b.pass(3 * time.Second)
		b.update("a", inState("started", ""))
		b.pass(10 * time.Minute)
		b.goesOn()
		b.update("a", inState("completed", ""))
		b.ends(0)
		if text := b.out.String(); strings.Contains(text, "blocked") {
			t.Errorf("the output has a fault that was fixed: %s", text)
		}
	})
	inBubble(t, "goes on if that is wanted", func(t *testing.T) {
		b := blocked(t, "--through-blocked")
		b.pass(10 * time.Minute)
		b.goesOn()
		if text := b.out.String(); strings.Count(text, "a: blocked: Unauthorized") != 1 {
			t.Errorf("want it said once: %s", text)
		}
		b.update("a", inState("completed", ""))
		b.ends(0)
	})
	inBubble(t, "does not go by what spec was before", func(t *testing.T) {
		w := newWorld(t, vectaraJob("a", blockedBy("Unauthorized"), func(job *v1alpha1.VectaraJob) { job.Generation = 2 }))
		b := w.start("wait", "a")
		b.pass(10 * time.Minute)
		b.goesOn()
		w.update("a", inState("completed", ""))
		b.ends(0)
	})
	inBubble(t, "takes a VectaraJob that is suspended for blocked", func(t *testing.T) {
		b := newWorld(t, vectaraJob("a", func(job *v1alpha1.VectaraJob) { job.Spec.Suspend = new(true) })).start("wait", "a")
		b.pass(10 * time.Second)
		b.ends(5, "a: blocked: suspended", `'{"spec":{"suspend":false}}'`)
	})
}

func TestWaitForSeveral(t *testing.T) {
	labelled := func(job *v1alpha1.VectaraJob) { job.Labels = map[string]string{"batch": "night"} }
	inBubble(t, "ends with the last, with the code of the worst", func(t *testing.T) {
		b := newWorld(t, vectaraJob("a", inState("started", "")), vectaraJob("b", inState("queued", "")), vectaraJob("c"), vectaraJob("d")).
			start("wait", "a", "b", "vj/c", "a")
		b.update("a", inState("failed", ""))
		b.update("b", inState("aborted", ""))
		b.goesOn()
		b.update("c", inState("completed", ""))
		b.ends(2, "a: failed\n", "b: aborted\n", "c: completed\n", "3 in all: 1 failed, 1 aborted, 1 completed\n")
	})
	inBubble(t, "takes those that a selector means at the start", func(t *testing.T) {
		w := newWorld(t, vectaraJob("a", labelled), vectaraJob("b"))
		b := w.start("wait", "-l", "batch=night")
		// A VectaraJob that loses the label is still waited for.
		w.update("a", func(job *v1alpha1.VectaraJob) { job.Labels = nil })
		b.goesOn()
		w.update("a", inState("completed", ""))
		b.ends(0)
	})
	inBubble(t, "prints what it saw last, even of what is gone", func(t *testing.T) {
		w := newWorld(t, vectaraJob("a", inState("failed", "why")), vectaraJob("b"))
		b := w.start("wait", "--all", "-o", "jsonpath={.items[*].status.state}")
		w.update("b", inState("completed", ""))
		b.ends(2)
		if got := w.out.String(); got != "failed completed" {
			t.Errorf("standard output is %q", got)
		}
	})
	for name, test := range map[string]struct {
		arguments []string
		complaint string
	}{
		"neither names nor a selector":  {nil, "expected names, or -l with a selector, or --all"},
		"names and a selector":          {[]string{"a", "-l", "x=y"}, "one of these only"},
		"a selector that is none":       {[]string{"-l", "x in"}, "--selector: expected a label selector"},
		"a selector that means nothing": {[]string{"-l", "x=y"}, `no VectaraJobs found in the namespace "search"`},
		"a name that is not there":      {[]string{"b"}, `vectarajobs.jobs.vectara.io "b" not found`},
		"the ID of a job":               {[]string{"job_a"}, "kubectl vectara mirror"},
		"something else":                {[]string{"pod/a"}, `"pod/a" is not a VectaraJob`},
	} {
		inBubble(t, "refuses "+name, func(t *testing.T) {
			newWorld(t, vectaraJob("a")).start(append([]string{"wait"}, test.arguments...)...).ends(1, "error: ", test.complaint)
		})
	}
}

func TestWaitOutlivesTheAPIServer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, vectaraJob("a", inState("started", "")))
		var down atomic.Bool
		var stream *watch.FakeWatcher
		w.funcs.List = func(ctx context.Context, c client.WithWatch, list client.ObjectList, options ...client.ListOption) error {
			if down.Load() {
				return errors.New("connection refused")
			}
			return c.List(ctx, list, options...)
		}
		w.funcs.Watch = func(context.Context, client.WithWatch, client.ObjectList, ...client.ListOption) (watch.Interface, error) {
			stream = watch.NewFake()
			return stream, nil
		}
		b := w.start("wait", "a")
		down.Store(true)
		stream.Stop()
		b.pass(10 * time.Minute)
		b.goesOn()
		w.update("a", inState("completed", ""))
		down.Store(false)
		b.pass(time.Minute)
		b.ends(0, "a: completed\n")
		if text := w.out.String(); strings.Count(text, "cannot follow at present, trying again: connection refused\n") != 1 {
			t.Errorf("want it said once: %s", text)
		}
	})
}

func TestLiveLine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, vectaraJob("a", inState("started", "")))
		w.terminal.columns = 30
		b := w.start("wait", "a")
		b.pass(12 * time.Second)
		b.shows("\ra: started for 12s, polled a…")
		b.update("a", inState("completed", ""))
		b.ends(0, "\r"+strings.Repeat(" ", 29)+"\ra: completed\n")
	})
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, vectaraJob("a", inState("started", "")), vectaraJob("b", inState("queued", "")), vectaraJob("c", inState("failed", "")))
		w.terminal.columns = 80
		b := w.start("wait", "--all")
		b.pass(12 * time.Second)
		b.shows("\r1 of 3 ended; a started for 12s, b queued for 12s")
		b.cancel()
		b.ends(130)
	})
}
