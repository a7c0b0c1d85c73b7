// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
	"github.com/vectara-job-operator/vectara-job-operator/internal/simulator"
)

const (
	latency = 20 * time.Millisecond
	apiKey  = "bench_not-a-real-key"

	// concurrency is that of the bare client. The operator makes as many calls of Vectara at a time, and reconciles as
	// many objects.
	concurrency = 64

	// Jobs were created within an hour that ended an hour ago: long enough for the longest adaptive interval.
	jobsCreatedWithin = time.Hour
	jobsCreatedBefore = time.Hour
)

// fleet is a namespace full of objects, and a Vectara of its own that knows their jobs.
type fleet struct {
	*suite
	namespace string
	vectara   *simulator.Server
	jobs      []fleetJob
	seen      *tracker
}

// fleetJob is a job and the object that mirrors it.
type fleetJob struct {
	name, id         string
	created, started time.Time
}

// newFleet creates objects for jobs that have run for an hour. Change, if given, is applied to each object.
func (s *suite) newFleet(ctx context.Context, name string, size int, change ...func(*fleet, *v1alpha1.VectaraJob)) (*fleet, error) {
	f := &fleet{suite: s}
	err := f.open(ctx, name)
	if err == nil {
		err = f.fill(ctx, size, change)
	}
	if err != nil {
		f.close()
		return nil, fmt.Errorf("creating %d objects: %w", size, err)
	}
	return f, nil
}

// newVacantFleet has no jobs and no objects yet.
func (s *suite) newVacantFleet(ctx context.Context, name string) (*fleet, error) {
	f := &fleet{suite: s}
	err := f.open(ctx, name)
	if err == nil {
		f.seen, err = f.track(ctx)
	}
	if err != nil {
		f.close()
		return nil, err
	}
	return f, nil
}

// open makes a namespace with credentials in it, and a Vectara that knows them.
func (f *fleet) open(ctx context.Context, name string) error {
	var err error
	// The log is off: what is needed of it is the counts.
	if f.vectara, err = simulator.Start(simulator.Options{Latency: latency, MaxLog: -1}); err != nil {
		return err
	}
	f.vectara.AddAPIKey(apiKey, simulator.Access{})
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "bench-" + name + "-"}}
	if err := f.admin.Create(ctx, namespace); err != nil {
		return err
	}
	f.namespace = namespace.Name
	return f.admin.Create(ctx, &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: f.namespace, Name: v1alpha1.DefaultCredentialsSecretName},
		Type:       v1alpha1.CredentialsSecretType,
		StringData: map[string]string{v1alpha1.APIKeyKey: apiKey},
	})
}

// fill adds jobs and creates their objects.
func (f *fleet) fill(ctx context.Context, size int, change []func(*fleet, *v1alpha1.VectaraJob)) error {
	f.plan(size)
	err := f.each(ctx, func(ctx context.Context, job fleetJob) error {
		f.startJob(job)
		return f.create(ctx, job, change...)
	})
	if err != nil {
		return err
	}
	f.seen, err = f.track(ctx)
	return err
}

// plan chooses the fleet's jobs.
func (f *fleet) plan(size int) {
	first := time.Now().Add(-jobsCreatedBefore - jobsCreatedWithin)
	for i := range size {
		created := first.Add(jobsCreatedWithin * time.Duration(i) / time.Duration(size))
		f.jobs = append(f.jobs, f.newJob(fmt.Sprintf("job-%05d", i), created))
	}
}

// addJob makes a running job known to Vectara.
func (f *fleet) addJob(name string, created time.Time) fleetJob {
	job := f.newJob(name, created)
	f.startJob(job)
	return job
}

func (f *fleet) newJob(name string, created time.Time) fleetJob {
	created = created.UTC().Truncate(time.Second)
	return fleetJob{
		name:    name,
		id:      jobID(f.namespace, name),
		created: created,
		started: created.Add(time.Second),
	}
}

// startJob makes a job known to Vectara, as one that has been running since it started.
func (f *fleet) startJob(job fleetJob) {
	f.vectara.AddJob(simulator.Job{
		ID: job.id, Type: string(v1alpha1.JobTypeReplaceFilterAttributes), CorpusKeys: []string{"legal"}, CreatedByUsername: "jdoe",
		CreatedAt: job.created,
		Steps:     []simulator.Step{{State: string(v1alpha1.JobStateStarted)}},
		Extra:     map[string]any{"started_at": job.started.Format(time.RFC3339)},
	})
}

// jobID is as long as real ones are.
func jobID(namespace, name string) string {
	hash := sha256.Sum256([]byte(namespace + "/" + name))
	return "job_" + base64.URLEncoding.EncodeToString(append(hash[:], hash[:16]...))
}

// create creates the object of a job.
func (f *fleet) create(ctx context.Context, job fleetJob, change ...func(*fleet, *v1alpha1.VectaraJob)) error {
	object := &v1alpha1.VectaraJob{
		ObjectMeta: metav1.ObjectMeta{Namespace: f.namespace, Name: job.name},
		Spec:       v1alpha1.VectaraJobSpec{JobID: job.id},
	}
	for _, c := range change {
		c(f, object)
	}
	return f.admin.Create(ctx, object)
}

// each does something for every job, as many at a time as the operator would.
func (f *fleet) each(ctx context.Context, what func(context.Context, fleetJob) error) error {
	group, groupCtx := errgroup.WithContext(ctx)
	group.SetLimit(concurrency)
	for _, job := range f.jobs {
		if groupCtx.Err() != nil {
			break
		}
		group.Go(func() error { return what(groupCtx, job) })
	}
	return errors.Join(group.Wait(), ctx.Err())
}

// writeStatuses gives every object that want picks the status of a pattern, with one patch each, as the operator writes
// it. It returns how long that took, without the reading before it.
func (f *fleet) writeStatuses(ctx context.Context, pattern v1alpha1.VectaraJobStatus, want func(*v1alpha1.VectaraJob) bool) (time.Duration, error) {
	var list v1alpha1.VectaraJobList
	if err := f.admin.List(ctx, &list, client.InNamespace(f.namespace)); err != nil {
		return 0, err
	}
	objects := map[string]*v1alpha1.VectaraJob{}
	for i := range list.Items {
		if object := &list.Items[i]; want(object) {
			objects[object.Name] = object
		}
	}
	began := time.Now()
	err := f.each(ctx, func(ctx context.Context, job fleetJob) error {
		object, ok := objects[job.name]
		if !ok {
			return nil
		}
		before := object.DeepCopy()
		job.apply(pattern, object)
		return f.bare.Status().Patch(ctx, object, client.MergeFromWithOptions(before, client.MergeFromWithOptimisticLock{}))
	})
	return time.Since(began), err
}

func unseen(object *v1alpha1.VectaraJob) bool     { return !object.IsSeen() }
func unfinished(object *v1alpha1.VectaraJob) bool { return !object.IsFinished() }

// close ends what the fleet runs. Its objects stay: they are nobody's any more, and deleting them would take longer than
// they are worth.
func (f *fleet) close() {
	if f.seen != nil {
		f.seen.stop()
	}
	if f.vectara != nil {
		f.vectara.Close()
	}
}
