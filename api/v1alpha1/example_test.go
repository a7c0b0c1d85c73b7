// SPDX-License-Identifier: Apache-2.0

package v1alpha1_test

import (
	"encoding/json"
	"fmt"
	"os"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
	v1alpha1ac "github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1/applyconfiguration/api/v1alpha1"
)

// failed is a VectaraJob as a client gets it once its job has failed.
func failed() *v1alpha1.VectaraJob {
	ready := metav1.Condition{
		Type: v1alpha1.ConditionReady, Status: metav1.ConditionFalse, ObservedGeneration: 1,
		Reason: v1alpha1.ReasonJobFailed, Message: "The job failed. Out of quota.",
	}
	return &v1alpha1.VectaraJob{
		ObjectMeta: metav1.ObjectMeta{Namespace: "search", Name: "reindex-legal", Generation: 1},
		Spec:       v1alpha1.VectaraJobSpec{JobID: "job_3Kx9QpVn2mZr8YbLc5TdWe"},
		Status: v1alpha1.VectaraJobStatus{
			ObservedGeneration: 1, State: v1alpha1.JobStateFailed, Conditions: []metav1.Condition{ready},
		},
	}
}

func ExampleVectaraJob_Outcome() {
	job := failed()
	switch outcome := job.Outcome(); outcome {
	case v1alpha1.OutcomeCompleted:
		fmt.Println("the index is ready: go on")
	case v1alpha1.OutcomeFailed, v1alpha1.OutcomeAborted:
		fmt.Println("it will never be ready: start another job")
	case v1alpha1.OutcomeBlocked:
		fmt.Println("a person is needed: say so, and wait")
	default: // Open, and what a later version may add.
		fmt.Println("wait")
	}
	// Output: it will never be ready: start another job
}

// A changed spec makes conditions a thing of the past until the operator has acted on it. How a job ended stays.
func ExampleVectaraJob_IsObserved() {
	job := failed()
	fmt.Println("observed since spec was changed:", job.IsObserved())

	job.Generation++ // As the API server does when somebody changes spec.
	fmt.Println("observed since spec was changed:", job.IsObserved())
	fmt.Println("outcome:", job.Outcome())
	// Output:
	// observed since spec was changed: true
	// observed since spec was changed: false
	// outcome: Failed
}

func ExampleVectaraJob_GetConditions() {
	job := failed()
	if ready := meta.FindStatusCondition(job.GetConditions(), v1alpha1.ConditionReady); ready != nil {
		fmt.Printf("%s, %s: %s\n", ready.Status, ready.Reason, ready.Message)
	}
	// Output: False, JobFailed: The job failed. Out of quota.
}

func ExampleAddToScheme() {
	scheme := runtime.NewScheme()
	if err := v1alpha1.AddToScheme(scheme); err != nil {
		panic(err)
	}
	fmt.Println(scheme.Recognizes(v1alpha1.GroupVersion.WithKind(v1alpha1.VectaraJobKind)))
	// Output: true
}

// An apply configuration has those fields only that the caller cares for, so that server-side apply leaves the others to
// whoever else sets them. Here it is printed; with controller-runtime it is what client.Client's Apply takes.
func Example_serverSideApply() {
	job := v1alpha1ac.VectaraJob("reindex-legal", "search").
		WithLabels(map[string]string{"team": "search"}).
		WithSpec(v1alpha1ac.VectaraJobSpec().WithJobID("job_3Kx9QpVn2mZr8YbLc5TdWe"))
	encoder := json.NewEncoder(os.Stdout)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(job); err != nil {
		panic(err)
	}
	// Output:
	// {
	//   "kind": "VectaraJob",
	//   "apiVersion": "jobs.vectara.io/v1alpha1",
	//   "metadata": {
	//     "name": "reindex-legal",
	//     "namespace": "search",
	//     "labels": {
	//       "team": "search"
	//     }
	//   },
	//   "spec": {
	//     "jobID": "job_3Kx9QpVn2mZr8YbLc5TdWe"
	//   }
	// }
}
