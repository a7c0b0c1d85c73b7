// SPDX-License-Identifier: Apache-2.0

package kubectl

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
)

// world is a cluster that is played, and somebody at a terminal or with a script.
type world struct {
	t        *testing.T
	client   client.WithWatch
	funcs    interceptor.Funcs
	terminal fakeTerminal
	out      syncBuffer
	errOut   syncBuffer
}

// syncBuffer may be read while it is written.
type syncBuffer struct {
	mu     sync.Mutex
	buffer bytes.Buffer
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buffer.Write(p)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buffer.String()
}

// fakeTerminal is what somebody types, if anybody does.
type fakeTerminal struct {
	columns int    // 0 if standard output is no terminal
	typed   string // without echo; empty if standard input is no terminal
}

func (f fakeTerminal) Width(io.Writer) (int, bool) { return f.columns, f.columns > 0 }
func (f fakeTerminal) IsTerminal(io.Reader) bool   { return f.typed != "" }
func (f fakeTerminal) ReadSecret(_ context.Context, _ io.Reader, prompt func()) ([]byte, error) {
	prompt()
	return []byte(f.typed), nil
}

func newWorld(t *testing.T, objects ...client.Object) *world {
	t.Helper()
	w := &world{t: t}
	number := 0
	// What a real API server fills in and the fake one does not.
	w.funcs.Create = func(ctx context.Context, c client.WithWatch, object client.Object, options ...client.CreateOption) error {
		number++
		object.SetUID(types.UID(fmt.Sprint("uid-", number)))
		object.SetCreationTimestamp(metav1.Now())
		return c.Create(ctx, object, options...)
	}
	base := fake.NewClientBuilder().WithScheme(scheme).WithObjects(objects...).
		WithIndex(&v1alpha1.VectaraJob{}, metav1.ObjectNameField, func(object client.Object) []string { return []string{object.GetName()} }).
		WithIndex(&corev1.Event{}, involvedUID, func(object client.Object) []string {
			return []string{string(object.(*corev1.Event).InvolvedObject.UID)}
		}).
		WithIndex(&corev1.Secret{}, "type", func(object client.Object) []string { return []string{string(object.(*corev1.Secret).Type)} }).
		Build()
	w.client = &interceptedClient{world: w, WithWatch: base}
	return w
}

// interceptedClient goes by the functions that the world has now.
type interceptedClient struct {
	client.WithWatch
	world *world
}

func (c *interceptedClient) now() client.WithWatch {
	return interceptor.NewClient(c.WithWatch, c.world.funcs)
}

func (c *interceptedClient) Create(ctx context.Context, object client.Object, options ...client.CreateOption) error {
	return c.now().Create(ctx, object, options...)
}

func (c *interceptedClient) Get(ctx context.Context, key client.ObjectKey, object client.Object, options ...client.GetOption) error {
	return c.now().Get(ctx, key, object, options...)
}

func (c *interceptedClient) List(ctx context.Context, list client.ObjectList, options ...client.ListOption) error {
	return c.now().List(ctx, list, options...)
}

func (c *interceptedClient) Update(ctx context.Context, object client.Object, options ...client.UpdateOption) error {
	return c.now().Update(ctx, object, options...)
}

func (c *interceptedClient) Watch(ctx context.Context, list client.ObjectList, options ...client.ListOption) (watch.Interface, error) {
	return c.now().Watch(ctx, list, options...)
}

// run runs a command in the namespace "search" with standard input from a text, and returns its exit code.
func (w *world) run(ctx context.Context, input string, arguments ...string) int {
	env := Environment{
		Streams:  genericiooptions.IOStreams{In: strings.NewReader(input), Out: &w.out, ErrOut: &w.errOut},
		Clock:    clock.RealClock{},
		Terminal: w.terminal,
		Connect:  func(genericclioptions.RESTClientGetter) (client.WithWatch, error) { return w.client, nil },
	}
	if len(arguments) == 0 {
		return Main(ctx, env, arguments)
	}
	// What the machine has of a kubeconfig is of no concern. The command comes first, and what is to be completed last.
	flags := []string{"--kubeconfig=" + os.DevNull, "--namespace=search"}
	return Main(ctx, env, slices.Concat(arguments[:1], flags, arguments[1:]))
}

// expect runs a command and checks its exit code, and that some texts stand in its output.
func (w *world) expect(input string, arguments []string, code int, texts ...string) {
	w.t.Helper()
	if got := w.run(w.t.Context(), input, arguments...); got != code {
		w.t.Errorf("exit code %d, want %d", got, code)
	}
	w.shows(texts...)
}

// shows checks what was written so far.
func (w *world) shows(texts ...string) {
	w.t.Helper()
	all := w.out.String() + w.errOut.String()
	for _, text := range texts {
		if !strings.Contains(all, text) {
			w.t.Errorf("the output lacks %q:\n%s", text, all)
		}
	}
}

// update changes a VectaraJob as the operator does, and lets everybody take note.
func (w *world) update(name string, change func(*v1alpha1.VectaraJob)) {
	w.t.Helper()
	job := &v1alpha1.VectaraJob{}
	if err := w.client.Get(w.t.Context(), client.ObjectKey{Namespace: "search", Name: name}, job); err != nil {
		w.t.Fatal(err)
	}
	change(job)
	if err := w.client.Update(w.t.Context(), job); err != nil {
		w.t.Fatal(err)
	}
	synctest.Wait()
}

// vectaraJob is a VectaraJob without any status.
func vectaraJob(name string, changes ...func(*v1alpha1.VectaraJob)) *v1alpha1.VectaraJob {
	job := &v1alpha1.VectaraJob{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: "search", Name: name, UID: types.UID("uid-of-" + name), Generation: 1, CreationTimestamp: metav1.Now(),
		},
		Spec:   v1alpha1.VectaraJobSpec{JobID: "job_of-" + name, SecretRef: v1alpha1.SecretReference{Name: "vectara-credentials"}},
		Status: v1alpha1.VectaraJobStatus{ObservedGeneration: -1},
	}
	for _, change := range changes {
		change(job)
	}
	return job
}

// inState is a state that was polled just now.
func inState(state v1alpha1.JobState, comment string) func(*v1alpha1.VectaraJob) {
	return func(job *v1alpha1.VectaraJob) {
		now := metav1.Now()
		job.Status.ObservedGeneration, job.Status.State, job.Status.Comment = job.Generation, state, comment
		job.Status.LastTransitionTime = &now
		job.Status.Conditions = []metav1.Condition{{
			Type: v1alpha1.ConditionSynced, Status: metav1.ConditionTrue, Reason: v1alpha1.ReasonSynced, LastTransitionTime: now,
		}}
	}
}

// blockedBy has a person be needed.
func blockedBy(reason string) func(*v1alpha1.VectaraJob) {
	return func(job *v1alpha1.VectaraJob) {
		job.Status.ObservedGeneration = job.Generation
		job.Status.Conditions = nil
		for kind, status := range map[string]metav1.ConditionStatus{
			v1alpha1.ConditionSynced: metav1.ConditionFalse, v1alpha1.ConditionStalled: metav1.ConditionTrue,
		} {
			job.Status.Conditions = append(job.Status.Conditions, metav1.Condition{
				Type: kind, Status: status, Reason: reason, Message: "Not like this.",
				ObservedGeneration: job.Generation, LastTransitionTime: metav1.Now(),
			})
		}
	}
}

// inBubble runs a test in which only the test makes time pass.
func inBubble(t *testing.T, name string, test func(t *testing.T)) {
	t.Helper()
	t.Run(name, func(t *testing.T) { synctest.Test(t, test) })
}
