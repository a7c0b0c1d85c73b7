// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"testing"

	batchv1 "k8s.io/api/batch/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
)

// attempts has every creation of a batch Job reported, with what the API server said.
func attempts() (interceptor.Funcs, <-chan error) {
	made := make(chan error, 100)
	return interceptor.Funcs{
		Create: func(ctx context.Context, inner client.WithWatch, object client.Object, options ...client.CreateOption) error {
			err := inner.Create(ctx, object, options...)
			if _, ok := object.(*batchv1.Job); ok {
				made <- err
			}
			return err
		},
	}, made
}

func (s *scene) awaitAttempt(made <-chan error) error {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), patience)
	defer cancel()
	select {
	case err := <-made:
		return err
	case <-ctx.Done():
		s.t.Fatal("nobody tried to act")
		return nil
	}
}

func (s *scene) createJob(name, id string) *v1alpha1.VectaraJob {
	s.t.Helper()
	job := &v1alpha1.VectaraJob{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: s.namespace, Name: name, Annotations: map[string]string{imageAnnotation: "registry.example.com/smoke-test:1"},
		},
		Spec: v1alpha1.VectaraJobSpec{JobID: id},
	}
	s.must(admin.Create(s.t.Context(), job))
	return job
}

func TestARecreatedVectaraJobRepeatsNothing(t *testing.T) {
	s := newScene(t)
	s.job(jobID, "completed")
	funcs, made := attempts()
	s.startController(setUpStarter, funcs)
	job := s.createJob("legal", jobID)
	s.must(s.awaitAttempt(made))

	s.must(admin.Delete(t.Context(), job))
	s.createJob("legal", jobID)
	if err := s.awaitAttempt(made); !apierrors.IsAlreadyExists(err) {
		t.Errorf("the action was taken again for a VectaraJob that was made anew: %v", err)
	}
	s.createJob("legal-under-another-name", jobID)
	if err := s.awaitAttempt(made); !apierrors.IsAlreadyExists(err) {
		t.Errorf("the action was taken again for another VectaraJob of the same job: %v", err)
	}
	s.wantActions(nameOfAction(jobID))
}

func TestTwoStartersActOnceOnWhatADiscoveryMade(t *testing.T) {
	s := newScene(t)
	s.job(jobID, "started")
	s.startController(setUpStarter, asItIs)
	funcs, made := attempts()
	s.startController(setUpStarter, funcs)
	discovery := &v1alpha1.VectaraJobDiscovery{ObjectMeta: metav1.ObjectMeta{Namespace: s.namespace, Name: "all"}}
	discovery.Spec.Template.Metadata.Annotations = map[string]v1alpha1.AnnotationValue{imageAnnotation: "registry.example.com/smoke-test:1"}
	s.must(admin.Create(t.Context(), discovery))
	await(s, &v1alpha1.VectaraJobList{}, "the job is seen to run", func(job *v1alpha1.VectaraJob) bool {
		return job.Status.State == v1alpha1.JobStateStarted
	})
	s.vectara.SetState(jobID, "completed", "")
	if err := client.IgnoreAlreadyExists(s.awaitAttempt(made)); err != nil {
		t.Errorf("acting failed: %v", err)
	}
	s.awaitOutcome(v1alpha1.OutcomeCompleted)
	s.wantActions(nameOfAction(jobID))
}

func TestNothingIsStartedForAJobThatFailed(t *testing.T) {
	s := newScene(t)
	s.job(jobID, "failed")
	s.job("job_second", "completed")
	funcs, made := attempts()
	s.createJob("failed", jobID)
	s.awaitOutcome(v1alpha1.OutcomeFailed)
	s.startController(setUpStarter, funcs)
	s.createJob("completed", "job_second")
	s.must(s.awaitAttempt(made))
	s.wantActions(nameOfAction("job_second"))
}
