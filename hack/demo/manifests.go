// SPDX-License-Identifier: Apache-2.0

package main

import (
	_ "embed"
	"fmt"
	"strings"

	"sigs.k8s.io/yaml"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
	"github.com/vectara-job-operator/vectara-job-operator/hack/internal/manifests"
)

const (
	manifestsFile = "hack/demo/manifests.yaml"
	namespace     = "search"
)

//go:embed manifests.yaml
var manifestsYAML []byte

// shownJob is a VectaraJob of the demo.
type shownJob struct {
	name  string
	jobID string
	// reason is the reason of the condition Ready that is the end of the story.
	reason string
	// remark says in a few words what becomes of the job.
	remark string
}

// ends reports whether the job itself ends, and is not merely out of sight.
func (j shownJob) ends() bool {
	switch j.reason {
	case v1alpha1.ReasonJobCompleted, v1alpha1.ReasonJobFailed, v1alpha1.ReasonJobAborted:
		return true
	default:
		return false
	}
}

// stories are the jobs of the demo, in the order of manifests.yaml, but for their IDs.
var stories = []shownJob{
	{name: "completes", reason: v1alpha1.ReasonJobCompleted, remark: "ends well"},
	{name: "fails", reason: v1alpha1.ReasonJobFailed, remark: "ends badly"},
	{name: "retries", reason: v1alpha1.ReasonJobCompleted, remark: "ends well at the second attempt"},
	{name: "forbidden", reason: v1alpha1.ReasonPermissionDenied, remark: "may not be seen; polled again in 5 min"},
	{name: "missing", reason: v1alpha1.ReasonJobNotFound, remark: "is not there; may yet come"},
}

// shownJobs are the stories with the IDs that manifests.yaml gives them.
func shownJobs() ([]shownJob, error) {
	ids := map[string]string{}
	err := eachVectaraJob(func(object v1alpha1.VectaraJob, _ []byte) { ids[object.Name] = object.Spec.JobID })
	if err != nil {
		return nil, err
	}
	var shown []shownJob
	for _, job := range stories {
		if job.jobID = ids[job.name]; job.jobID == "" {
			return nil, fmt.Errorf("%s has no VectaraJob of the name %s", manifestsFile, job.name)
		}
		shown = append(shown, job)
	}
	return shown, nil
}

// sampleManifest is the manifest of a VectaraJob as it stands in manifests.yaml.
func sampleManifest(name string) (string, error) {
	var sample string
	err := eachVectaraJob(func(object v1alpha1.VectaraJob, document []byte) {
		if object.Name == name {
			sample = strings.TrimSpace(string(document))
		}
	})
	return sample, err
}

func eachVectaraJob(visit func(object v1alpha1.VectaraJob, document []byte)) error {
	objects, err := manifests.Split(manifestsYAML)
	if err != nil {
		return fmt.Errorf("reading %s: %w", manifestsFile, err)
	}
	for _, o := range objects {
		if o.Kind != "VectaraJob" {
			continue
		}
		var object v1alpha1.VectaraJob
		if err := yaml.UnmarshalStrict(o.YAML, &object); err != nil {
			return fmt.Errorf("reading %s: %s: %w", manifestsFile, o, err)
		}
		visit(object, o.YAML)
	}
	return nil
}
