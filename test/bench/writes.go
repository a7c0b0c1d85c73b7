// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
	"github.com/vectara-job-operator/vectara-job-operator/test/harness"
)

const (
	// written is how many objects of each kind a round patches.
	written = 500

	// writeRounds are measured, after one that warms up. Their number is even, so that each kind goes first as often as
	// the other.
	writeRounds = 12

	// maxSchemaShare is the part of a status write that the schema may take.
	maxSchemaShare = 0.15
)

// writes measures which part of a status write the schema takes. A bare client makes the same patches to VectaraJobs and to
// objects of a copy of their CRD that has no schema. Both take turns, so that a busy machine slows both.
func writes(ctx context.Context, s *stage) ([]figure, error) {
	s.unpolled()
	copied, err := s.withoutSchema(ctx)
	if err != nil {
		return nil, fmt.Errorf("serving a copy of the CRD without a schema: %w", err)
	}
	with := &writer{suite: s.suite, admin: s.admin, bare: s.bare}
	without := &writer{suite: s.suite, admin: copied.admin, bare: copied.bare}
	turns := []*writer{with, without}
	for _, w := range turns {
		if err := w.fill(ctx); err != nil {
			return nil, fmt.Errorf("creating %d objects: %w", written, err)
		}
	}
	for round := range 1 + writeRounds {
		for _, w := range turns {
			if err := w.round(ctx, round); err != nil {
				return nil, err
			}
		}
		slices.Reverse(turns)
	}
	return []figure{
		number("status writes of each kind", written*writeRounds),
		span("time with the schema", sum(with.took)),
		span("time without a schema", sum(without.took)),
		share("share of the schema", with.took, without.took).atMost(maxSchemaShare, "≤ 0.15"),
		span("CPU time of the API server with the schema", sum(with.cpu)),
		span("CPU time of the API server without a schema", sum(without.cpu)),
		share("share of the schema in the CPU time", with.cpu, without.cpu),
		{Name: "allocated by the API server for a write, with the schema", Value: with.allocatedForOne(), Unit: byteCount},
		{Name: "allocated by the API server for a write, without a schema", Value: without.allocatedForOne(), Unit: byteCount},
	}, nil
}

// share is the part that is gone without, in the median round: a round in which the machine did something else counts for
// no more than another.
func share(name string, with, without []time.Duration) figure {
	parts := make([]float64, len(with))
	for i := range with {
		parts[i] = 1 - without[i].Seconds()/with[i].Seconds()
	}
	slices.Sort(parts)
	return figure{Name: name, Value: (parts[(len(parts)-1)/2] + parts[len(parts)/2]) / 2, Unit: ratio}
}

func sum(durations []time.Duration) time.Duration {
	var total time.Duration
	for _, d := range durations {
		total += d
	}
	return total
}

// writer patches the statuses of objects of one kind.
type writer struct {
	*suite
	admin, bare client.Client
	objects     []*v1alpha1.VectaraJob
	took, cpu   []time.Duration // of each round
	allocated   float64         // bytes
}

// fill creates the objects. Their jobs are known to no Vectara, as no operator polls them.
func (w *writer) fill(ctx context.Context) error {
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "bench-writes-"}}
	if err := w.suite.admin.Create(ctx, namespace); err != nil {
		return err
	}
	for i := range written {
		name := fmt.Sprintf("job-%05d", i)
		w.objects = append(w.objects, &v1alpha1.VectaraJob{
			ObjectMeta: metav1.ObjectMeta{Namespace: namespace.Name, Name: name},
			Spec: v1alpha1.VectaraJobSpec{
				JobID:     jobID(namespace.Name, name),
				SecretRef: v1alpha1.SecretReference{Name: v1alpha1.DefaultCredentialsSecretName},
			},
		})
	}
	return w.each(ctx, func(ctx context.Context, object *v1alpha1.VectaraJob) error { return w.admin.Create(ctx, object) })
}

// round patches each object once: its job runs or has ended, by turns.
func (w *writer) round(ctx context.Context, round int) error {
	pattern := w.patterns.running
	if round%2 == 1 {
		pattern = w.patterns.finished
	}
	created := time.Now().UTC().Truncate(time.Second)
	job := fleetJob{created: created, started: created.Add(time.Second)}
	before, err := w.serverUsage(ctx)
	if err != nil {
		return err
	}
	began := time.Now()
	if err := w.each(ctx, func(ctx context.Context, object *v1alpha1.VectaraJob) error {
		original := object.DeepCopy()
		job.apply(pattern, object)
		return w.bare.Status().Patch(ctx, object, client.MergeFromWithOptions(original, client.MergeFromWithOptimisticLock{}))
	}); err != nil {
		return err
	}
	took := time.Since(began)
	after, err := w.serverUsage(ctx)
	if err == nil && round > 0 {
		w.took = append(w.took, took)
		w.cpu = append(w.cpu, after.cpu-before.cpu)
		w.allocated += after.allocated - before.allocated
	}
	return err
}

// each does something for every object, as many at a time as the operator would.
func (w *writer) each(ctx context.Context, what func(context.Context, *v1alpha1.VectaraJob) error) error {
	group, groupCtx := errgroup.WithContext(ctx)
	group.SetLimit(concurrency)
	for _, object := range w.objects {
		group.Go(func() error { return what(groupCtx, object) })
	}
	return errors.Join(group.Wait(), ctx.Err())
}

func (w *writer) allocatedForOne() float64 {
	return w.allocated / (written * writeRounds)
}

// serverUsage is what the API server has used so far.
type serverUsage struct {
	cpu       time.Duration
	allocated float64 // bytes
}

func (s *suite) serverUsage(ctx context.Context) (serverUsage, error) {
	clients, err := kubernetes.NewForConfig(s.cluster.Config)
	if err != nil {
		return serverUsage{}, err
	}
	metrics, err := clients.RESTClient().Get().AbsPath("/metrics").DoRaw(ctx)
	if err != nil {
		return serverUsage{}, err
	}
	const cpu, allocated = "process_cpu_seconds_total", "go_memstats_alloc_bytes_total"
	samples, err := harness.ReadMetrics(bytes.NewReader(metrics), cpu, allocated)
	if err != nil {
		return serverUsage{}, err
	}
	values := map[string]float64{}
	for _, s := range samples {
		values[s.Name] = s.Value
	}
	if len(values) != 2 {
		return serverUsage{}, errors.New("the API server does not say what it has used")
	}
	return serverUsage{cpu: time.Duration(values[cpu] * float64(time.Second)), allocated: values[allocated]}, nil
}
