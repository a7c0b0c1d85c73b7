// SPDX-License-Identifier: Apache-2.0

package follow_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
	"github.com/vectara-job-operator/vectara-job-operator/internal/kubectl/follow"
)

// server is an API server of a few VectaraJobs whose connections the test cuts.
type server struct {
	client.WithWatch // of which nothing else is called

	mu       sync.Mutex
	items    []v1alpha1.VectaraJob
	listErr  error
	watchErr error
	stream   *watch.FakeWatcher
	lists    int
}

func (s *server) List(_ context.Context, list client.ObjectList, _ ...client.ListOption) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lists++
	list.(*v1alpha1.VectaraJobList).Items = slices.Clone(s.items)
	return s.listErr
}

func (s *server) Watch(context.Context, client.ObjectList, ...client.ListOption) (watch.Interface, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.watchErr != nil {
		return nil, s.watchErr
	}
	s.stream = watch.NewFake()
	return s.stream, nil
}

// fails has the lists and the watches fail from now on, or succeed with these VectaraJobs if there is no error.
func (s *server) fails(listErr, watchErr error, items ...v1alpha1.VectaraJob) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.listErr, s.watchErr, s.items = listErr, watchErr, items
}

func (s *server) holds(items ...v1alpha1.VectaraJob) { s.fails(nil, nil, items...) }

func (s *server) listed() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.lists
}

// job is a VectaraJob at a version, by which a change of it is known.
func job(name string, version int) v1alpha1.VectaraJob {
	return v1alpha1.VectaraJob{ObjectMeta: metav1.ObjectMeta{
		Name: name, UID: types.UID(name), ResourceVersion: fmt.Sprint(version),
	}}
}

// following follows a server in the background and keeps what was delivered, as words.
type following struct {
	server    *server
	delivered []string
	ended     chan error
	cancel    context.CancelFunc
}

func start(t *testing.T, s *server, known ...*v1alpha1.VectaraJob) *following {
	ctx, cancel := context.WithCancel(t.Context())
	f := &following{server: s, ended: make(chan error, 1), cancel: cancel}
	follower := follow.Follower{Client: s, Clock: clock.RealClock{}, Namespace: "test", Known: known}
	go func() {
		f.ended <- follower.Follow(ctx, func(change follow.Change) {
			switch {
			case change.Err != nil:
				f.delivered = append(f.delivered, "error")
			case change.Deleted:
				f.delivered = append(f.delivered, change.Job.Name+" deleted")
			default:
				f.delivered = append(f.delivered, change.Job.Name+" "+change.Job.ResourceVersion)
			}
		})
	}()
	synctest.Wait()
	return f
}

// expect checks what was delivered since the last check.
func (f *following) expect(t *testing.T, want ...string) {
	t.Helper()
	synctest.Wait()
	slices.Sort(f.delivered)
	if !slices.Equal(f.delivered, want) {
		t.Errorf("delivered %q, want %q", f.delivered, want)
	}
	f.delivered = nil
}

// pass lets time pass in which nothing but the follower acts.
func pass(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

func TestFollow(t *testing.T) {
	unavailable := apierrors.NewServiceUnavailable("starting")
	gone := apierrors.NewResourceExpired("too old")
	for name, scenario := range map[string]func(*testing.T, *following){
		"what is listed and what changes is delivered": func(t *testing.T, f *following) {
			f.expect(t, "a 1", "b 1")
			changed := job("a", 2)
			f.server.stream.Modify(&changed)
			f.expect(t, "a 2")
			f.server.stream.Delete(&changed)
			f.expect(t, "a deleted")
		},
		"a change that came while there was no watch is delivered": func(t *testing.T, f *following) {
			f.expect(t, "a 1", "b 1")
			f.server.holds(job("a", 2), job("b", 1))
			f.server.stream.Stop()
			pass(2 * time.Second)
			f.expect(t, "a 2")
		},
		"a deletion that came while there was no watch is delivered": func(t *testing.T, f *following) {
			f.expect(t, "a 1", "b 1")
			f.server.holds(job("b", 1))
			f.server.stream.Stop()
			pass(2 * time.Second)
			f.expect(t, "a deleted")
		},
		"a watch that expired is begun anew without a word": func(t *testing.T, f *following) {
			f.expect(t, "a 1", "b 1")
			f.server.stream.Error(&gone.ErrStatus)
			pass(2 * time.Second)
			f.expect(t)
			if f.server.listed() != 2 {
				t.Errorf("%d lists, want 2", f.server.listed())
			}
		},
		"an API server that does not respond is tried until it does": func(t *testing.T, f *following) {
			f.expect(t, "a 1", "b 1")
			f.server.fails(unavailable, nil)
			f.server.stream.Stop()
			pass(10 * time.Minute)
			if lists := f.server.listed(); lists < 20 || lists > 40 {
				t.Errorf("%d lists in ten minutes, want about one in half a minute", lists)
			}
			f.delivered = nil
			f.server.holds(job("a", 2), job("b", 1))
			pass(time.Minute)
			f.expect(t, "a 2")
		},
		"a watch that always ends at once is not begun all the time": func(t *testing.T, f *following) {
			f.server.fails(nil, unavailable)
			f.server.stream.Stop()
			pass(10 * time.Minute)
			if lists := f.server.listed(); lists > 40 {
				t.Errorf("%d lists in ten minutes", lists)
			}
		},
		"a permission that was taken away ends it, after some attempts": func(t *testing.T, f *following) {
			f.server.fails(apierrors.NewForbidden(schema.GroupResource{}, "", nil), nil)
			f.server.stream.Stop()
			pass(10 * time.Second)
			select {
			case err := <-f.ended:
				t.Fatalf("ended too soon: %v", err)
			default:
			}
			pass(2 * time.Minute)
			if err := <-f.ended; !apierrors.IsForbidden(err) {
				t.Errorf("ended with %v", err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := start(t, &server{items: []v1alpha1.VectaraJob{job("a", 1), job("b", 1)}})
				defer f.cancel()
				scenario(t, f)
			})
		})
	}
}

func TestFollowReturnsTheErrorOfTheFirstList(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		refused := errors.New("connection refused")
		f := start(t, &server{listErr: refused})
		defer f.cancel()
		if err := <-f.ended; !errors.Is(err, refused) {
			t.Errorf("ended with %v", err)
		}
	})
}

func TestFollowDeliversOfWhatIsKnownOnlyWhatIsNew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		same, changed, gone := job("same", 1), job("changed", 1), job("gone", 1)
		f := start(t, &server{items: []v1alpha1.VectaraJob{job("same", 1), job("changed", 2)}}, &same, &changed, &gone)
		defer f.cancel()
		f.expect(t, "changed 2", "gone deleted")
	})
}

func TestFollowTakesANewObjectOfTheSameNameForAnotherOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		before := job("a", 1)
		after := job("a", 5)
		after.UID = "another"
		f := start(t, &server{items: []v1alpha1.VectaraJob{after}}, &before)
		defer f.cancel()
		f.expect(t, "a 5", "a deleted")
	})
}
