// SPDX-License-Identifier: Apache-2.0

// Package follow watches VectaraJobs for as long as it takes: through watches that end, connections that break and API
// servers that restart.
package follow

import (
	"context"
	"errors"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/utils/clock"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
)

const (
	// firstPause and longestPause bound the time between two attempts to reach an API server that does not respond.
	firstPause   = time.Second
	longestPause = 30 * time.Second

	// maxRefusals is how many times in a row the API server may refuse what it granted before: for about a minute.
	maxRefusals = 5

	// watchLength is after how long the API server ends a watch. What the watch should have delivered and did not, the list
	// that follows delivers.
	watchLength = 5 * time.Minute
)

// Change is a change of one VectaraJob, or of the connection to the API server.
type Change struct {
	// Job is the VectaraJob as it is now, or as it was last seen if it is gone. Nil if Err is set.
	Job *v1alpha1.VectaraJob
	// Deleted says that the VectaraJob is gone.
	Deleted bool
	// Err is why nothing can be read at present. Following goes on.
	Err error
}

// Follower follows the VectaraJobs of a namespace.
type Follower struct {
	Client    client.WithWatch
	Clock     clock.Clock
	Namespace string
	// Name is the one VectaraJob to follow; empty means all of the namespace.
	Name string
	// Known are VectaraJobs that were seen before. Their state is not delivered again, but it is if they are gone.
	Known []*v1alpha1.VectaraJob

	known    map[types.UID]*v1alpha1.VectaraJob
	listed   bool // whether a list ever came back
	refusals int  // one after the other
	pauses   *wait.Backoff
}

// Follow delivers the state of every VectaraJob once, and from then on every change, until ctx ends. What happened
// between two deliveries may be left out, but for a deletion.
//
// It returns the error of ctx. Another error is that of the first list, or one that waiting does not heal, such as that of
// a missing permission, when the API server persists in it.
func (f *Follower) Follow(ctx context.Context, deliver func(Change)) error {
	f.known = map[types.UID]*v1alpha1.VectaraJob{}
	for _, job := range f.Known {
		f.known[job.UID] = job
	}
	f.connected()
	for {
		err := f.listAndWatch(ctx, deliver)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if isHopeless(err) {
			f.refusals++
		}
		if err != nil && (!f.listed || f.refusals > maxRefusals) {
			return err
		}
		if err != nil && !isExpired(err) {
			deliver(Change{Err: err})
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-f.Clock.After(f.pauses.Step()):
		}
	}
}

// connected forgets what went wrong before. Even the end of a watch that was in order is followed by a pause, so that one
// which always ends at once does no harm.
func (f *Follower) connected() {
	f.refusals = 0
	f.pauses = &wait.Backoff{Duration: firstPause, Factor: 2, Jitter: 0.2, Steps: 30, Cap: longestPause}
}

// isHopeless reports whether an error will most likely be the same next time. An API server that is starting may respond
// like that too.
func isHopeless(err error) bool {
	return apierrors.IsForbidden(err) || apierrors.IsUnauthorized(err) || apierrors.IsNotFound(err)
}

// isExpired reports whether the API server has forgotten what a watch was to begin with. A new list heals that.
func isExpired(err error) bool { return apierrors.IsResourceExpired(err) || apierrors.IsGone(err) }

// listAndWatch returns nil when the watch has come to its end.
func (f *Follower) listAndWatch(ctx context.Context, deliver func(Change)) error {
	var list v1alpha1.VectaraJobList
	if err := f.Client.List(ctx, &list, f.options(nil)); err != nil {
		return err
	}
	f.listed = true
	f.replace(list.Items, deliver)
	stream, err := f.Client.Watch(ctx, &v1alpha1.VectaraJobList{}, f.options(&metav1.ListOptions{
		ResourceVersion: list.ResourceVersion,
		TimeoutSeconds:  ptr.To(int64(watchLength.Seconds())),
	}))
	if err != nil {
		return err
	}
	defer stream.Stop()
	f.connected()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case event, open := <-stream.ResultChan():
			if !open {
				return nil
			}
			if err := f.receive(event, deliver); err != nil {
				return err
			}
		}
	}
}

func (f *Follower) options(raw *metav1.ListOptions) *client.ListOptions {
	options := &client.ListOptions{Namespace: f.Namespace, Raw: raw}
	if f.Name != "" {
		options.FieldSelector = fields.OneTermEqualSelector(metav1.ObjectNameField, f.Name)
	}
	return options
}

// replace takes a list for the truth: what is no longer in it is gone.
func (f *Follower) replace(items []v1alpha1.VectaraJob, deliver func(Change)) {
	listed := map[types.UID]*v1alpha1.VectaraJob{}
	for i := range items {
		listed[items[i].UID] = &items[i]
	}
	for uid, job := range f.known {
		if listed[uid] == nil {
			delete(f.known, uid)
			deliver(Change{Job: job, Deleted: true})
		}
	}
	for i := range items {
		f.update(&items[i], deliver)
	}
}

func (f *Follower) update(job *v1alpha1.VectaraJob, deliver func(Change)) {
	before := f.known[job.UID]
	f.known[job.UID] = job
	if before == nil || before.ResourceVersion != job.ResourceVersion {
		deliver(Change{Job: job})
	}
}

func (f *Follower) receive(event watch.Event, deliver func(Change)) error {
	if event.Type == watch.Error {
		return apierrors.FromObject(event.Object)
	}
	job, ok := event.Object.(*v1alpha1.VectaraJob)
	switch {
	case event.Type == watch.Bookmark:
	case !ok:
		return errors.New("the API server sent something else than a VectaraJob")
	case event.Type == watch.Deleted:
		delete(f.known, job.UID)
		deliver(Change{Job: job, Deleted: true})
	default:
		f.update(job, deliver)
	}
	return nil
}
