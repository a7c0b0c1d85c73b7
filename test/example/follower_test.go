// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/events"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
)

// asItIs is a replica that nothing happens to.
var asItIs interceptor.Funcs

func TestTwoReplicasActOnce(t *testing.T) {
	s := newScene(t)
	s.job(jobID, "queued")
	s.startExample(asItIs)
	s.startExample(asItIs)
	parent := s.createParent("legal")
	s.awaitTold("legal", v1alpha1.OutcomeOpen)

	s.vectara.SetState(jobID, "started", "")
	await(s, &v1alpha1.VectaraJobList{}, "the job is seen to run", func(job *v1alpha1.VectaraJob) bool {
		return job.Status.State == v1alpha1.JobStateStarted
	})
	s.vectara.SetState(jobID, "completed", "")
	s.awaitTold("legal", v1alpha1.OutcomeCompleted)

	job := await(s, &v1alpha1.VectaraJobList{}, "there is a VectaraJob", func(*v1alpha1.VectaraJob) bool { return true })
	action := await(s, &batchv1.JobList{}, "there is a batch Job", func(*batchv1.Job) bool { return true })
	if !metav1.IsControlledBy(job, parent) || !metav1.IsControlledBy(action, parent) {
		t.Errorf("the owners of the VectaraJob are %v, and those of the batch Job %v: want the parent",
			job.OwnerReferences, action.OwnerReferences)
	}
	s.wantActions(nameFor(parent))
}

func TestRestartInTheMiddle(t *testing.T) {
	s := newScene(t)
	s.job(jobID, "started")
	stop := s.startExample(asItIs)
	parent := s.createParent("legal")
	s.awaitTold("legal", v1alpha1.OutcomeOpen)

	stop()
	s.vectara.SetState(jobID, "completed", "")
	s.awaitOutcome(v1alpha1.OutcomeCompleted)
	stop = s.startExample(asItIs)
	s.awaitTold("legal", v1alpha1.OutcomeCompleted)

	stop()
	s.startExample(asItIs)
	s.createParent("another")
	s.awaitTold("another", v1alpha1.OutcomeCompleted) // The new replica has seen everything.
	if got := s.actionsTaken(); len(got) != 2 || got[0] != nameFor(parent) {
		t.Errorf("the actions taken are %q, want one for each of two parents", got)
	}
}

// TestCrashAfterTheAction ends a replica between its action and the record of it: whoever comes next cannot know of it.
func TestCrashAfterTheAction(t *testing.T) {
	s := newScene(t)
	s.job(jobID, "completed")
	acted := make(chan struct{})
	stop := s.startExample(interceptor.Funcs{
		Create: func(ctx context.Context, inner client.WithWatch, object client.Object, options ...client.CreateOption) error {
			if err := inner.Create(ctx, object, options...); err != nil {
				return err
			}
			close(acted)
			<-ctx.Done()
			return ctx.Err()
		},
	})
	parent := s.createParent("legal")
	<-acted
	stop()
	var found corev1.ConfigMap
	s.must(admin.Get(t.Context(), client.ObjectKeyFromObject(parent), &found))
	if isDone(&found) {
		t.Fatal("the parent was told of the end: the crash came too late")
	}

	s.startExample(asItIs)
	s.awaitTold("legal", v1alpha1.OutcomeCompleted)
	s.wantActions(nameFor(parent))
}

// TestAnswersThatAreLost has the API server carry out what it is asked, and the replica not learn of it.
func TestAnswersThatAreLost(t *testing.T) {
	s := newScene(t)
	s.job(jobID, "completed")
	var lost atomic.Int32
	s.startExample(interceptor.Funcs{
		Create: func(ctx context.Context, inner client.WithWatch, object client.Object, options ...client.CreateOption) error {
			err := inner.Create(ctx, object, options...)
			if lost.Add(1) < 4 {
				return errors.New("the connection is lost")
			}
			return err
		},
	})
	parent := s.createParent("legal")
	s.awaitTold("legal", v1alpha1.OutcomeCompleted)
	if got := lost.Load(); got != 4 {
		t.Errorf("the action was asked for %d times, want 4", got)
	}
	s.wantActions(nameFor(parent))
}

// TestStaleCache has many workers reconcile what was true long ago.
func TestStaleCache(t *testing.T) {
	s := newScene(t)
	s.job(jobID, "completed")
	parent := s.createParent("legal")
	stop := s.startExample(asItIs)
	s.awaitTold("legal", v1alpha1.OutcomeCompleted)
	stop()
	job := s.awaitOutcome(v1alpha1.OutcomeCompleted)

	rights, err := client.NewWithWatch(asFollower(), client.Options{Scheme: scheme})
	s.must(err)
	stale := &Follower{Recorder: events.NewFakeRecorder(100), Client: interceptor.NewClient(rights, interceptor.Funcs{
		Get: func(_ context.Context, _ client.WithWatch, _ client.ObjectKey, object client.Object, _ ...client.GetOption) error {
			job.DeepCopyInto(object.(*v1alpha1.VectaraJob))
			return nil
		},
	})}
	s.must(admin.Delete(t.Context(), job.DeepCopy())) // The cache has not heard of that.
	var workers sync.WaitGroup
	for range 20 {
		workers.Go(func() {
			if _, err := stale.Reconcile(context.Background(), parent.DeepCopy()); err != nil {
				t.Errorf("reconciling: %v", err)
			}
		})
	}
	workers.Wait()
	s.wantActions(nameFor(parent))
}

func TestVectaraJobThatIsDeletedIsMadeAnew(t *testing.T) {
	s := newScene(t)
	s.job(jobID, "started")
	s.startExample(asItIs)
	parent := s.createParent("legal")
	s.awaitTold("legal", v1alpha1.OutcomeOpen)
	first := s.awaitOutcome(v1alpha1.OutcomeOpen)
	s.must(admin.Delete(t.Context(), first.DeepCopy()))
	await(s, &v1alpha1.VectaraJobList{}, "there is another VectaraJob", func(job *v1alpha1.VectaraJob) bool {
		return job.UID != first.UID
	})
	s.vectara.SetState(jobID, "completed", "")
	completed := s.awaitTold("legal", v1alpha1.OutcomeCompleted)

	// After the end it is not missed: it may have a TTL.
	s.must(admin.DeleteAllOf(t.Context(), &v1alpha1.VectaraJob{}, client.InNamespace(s.namespace)))
	metav1.SetMetaDataAnnotation(&completed.ObjectMeta, "example.com/touched", "yes")
	s.must(admin.Update(t.Context(), completed))
	s.createParent("another")
	s.awaitTold("another", v1alpha1.OutcomeCompleted)
	if got := s.actionsTaken(); len(got) != 2 || got[0] != nameFor(parent) {
		t.Errorf("the actions taken are %q, want one for each of two parents", got)
	}
}

func TestAnotherJobOrAnotherParentIsAnotherAction(t *testing.T) {
	s := newScene(t)
	s.job(jobID, "completed")
	s.job("job_second", "completed")
	s.startExample(asItIs)
	first := s.createParent("legal")
	changed := s.awaitTold("legal", v1alpha1.OutcomeCompleted)
	changed.Annotations[jobIDAnnotation] = "job_second"
	s.must(admin.Update(t.Context(), changed))
	second := s.awaitTold("legal", v1alpha1.OutcomeCompleted)

	// A parent of the same name, made from a copy that has the old outcome in it.
	s.must(admin.Delete(t.Context(), second.DeepCopy()))
	third := &corev1.ConfigMap{
		ObjectMeta: metav1.ObjectMeta{Namespace: s.namespace, Name: "legal", Annotations: second.Annotations},
		Data:       second.Data,
	}
	s.must(admin.Create(t.Context(), third))
	await(s, &corev1.ConfigMapList{}, "the new parent is told", func(parent *corev1.ConfigMap) bool {
		return parent.UID == third.UID && isDone(parent)
	})
	s.wantActions(nameFor(first), nameFor(second), nameFor(third))
}

func TestJobsThatDoNotCompleteLeadToNoAction(t *testing.T) {
	for state, outcome := range map[string]v1alpha1.Outcome{
		"failed": v1alpha1.OutcomeFailed, "aborted": v1alpha1.OutcomeAborted,
	} {
		t.Run(state, func(t *testing.T) {
			s := newScene(t)
			s.job(jobID, state)
			s.vectara.SetState(jobID, state, "out of quota")
			s.startExample(asItIs)
			s.createParent("legal")
			s.awaitTold("legal", outcome)
			await(s, &eventsv1.EventList{}, "an event says why", func(event *eventsv1.Event) bool {
				return event.Regarding.Name == "legal" && event.Type == corev1.EventTypeWarning &&
					strings.Contains(event.Note, "out of quota")
			})
			s.wantActions()
		})
	}
}

func TestBlockedJobIsWaitedFor(t *testing.T) {
	s := newScene(t)
	s.job(jobID, "completed")
	s.secret("not-the-key")
	s.startExample(asItIs)
	parent := s.createParent("legal")
	s.awaitTold("legal", v1alpha1.OutcomeBlocked)
	await(s, &eventsv1.EventList{}, "an event says why", func(event *eventsv1.Event) bool {
		return event.Regarding.Name == "legal" && event.Reason == v1alpha1.ReasonUnauthorized
	})
	s.secret(apiKey)
	s.awaitTold("legal", v1alpha1.OutcomeCompleted)
	s.wantActions(nameFor(parent))
}

// TestAppliedFieldsAreSharedWithPeople shows what server-side apply is for.
func TestAppliedFieldsAreSharedWithPeople(t *testing.T) {
	s := newScene(t)
	s.job(jobID, "started")
	stop := s.startExample(asItIs)
	parent := s.createParent("legal")
	s.awaitTold("legal", v1alpha1.OutcomeOpen)
	stop()
	_, err := cluster.Kubectl(t.Context(), "patch", "--namespace", s.namespace, "vj", nameFor(parent), "--type=merge",
		`--patch={"spec":{"pollInterval":"1s"}}`)
	s.must(err)

	rights, err := client.New(asFollower(), client.Options{Scheme: scheme})
	s.must(err)
	s.must(rights.Apply(t.Context(), wanted(parent), fieldOwner))
	job := s.awaitOutcome(v1alpha1.OutcomeOpen)
	if job.Spec.JobID != jobID || job.Spec.PollInterval == nil || job.Spec.PollInterval.Duration != time.Second ||
		job.Spec.SecretRef.Name != v1alpha1.DefaultCredentialsSecretName {
		t.Errorf("the specification is %+v: want what was applied, what a person set, and the default", job.Spec)
	}

	// An apply for a job of another ID is refused: the ID cannot be changed.
	other := parent.DeepCopy()
	other.Annotations[jobIDAnnotation] = "job_second"
	if err := rights.Apply(t.Context(), wanted(other).WithName(nameFor(parent)), fieldOwner); err == nil ||
		!strings.Contains(err.Error(), "jobID cannot be changed") {
		t.Errorf("applying another job ID: %v, want a refusal", err)
	}
}

func TestForeignVectaraJobIsLeftAlone(t *testing.T) {
	s := newScene(t)
	s.job(jobID, "completed")
	parent := s.createParent("legal")
	foreign := &v1alpha1.VectaraJob{
		ObjectMeta: metav1.ObjectMeta{Namespace: s.namespace, Name: nameFor(parent)},
		Spec:       v1alpha1.VectaraJobSpec{JobID: jobID},
	}
	s.must(admin.Create(t.Context(), foreign))
	s.awaitOutcome(v1alpha1.OutcomeCompleted)
	rights, err := client.New(asFollower(), client.Options{Scheme: scheme})
	s.must(err)
	f := &Follower{Client: rights, Recorder: events.NewFakeRecorder(1)}
	if _, err := f.Reconcile(t.Context(), parent); err == nil || !strings.Contains(err.Error(), "belongs to somebody else") {
		t.Errorf("reconciling: %v, want a complaint", err)
	}
	s.wantActions()
}
