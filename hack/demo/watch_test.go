// SPDX-License-Identifier: Apache-2.0

package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
)

func TestAStoryIsOpenUntilKubectlShowsItsEnd(t *testing.T) {
	d := &demo{jobs: stories}
	reasons := map[string]string{}
	for _, job := range stories {
		reasons[job.name] = job.reason
	}
	if open := d.open(reasons); len(open) > 0 {
		t.Fatalf("all have ended, yet open are %v", open)
	}
	reasons["fails"] = v1alpha1.ReasonJobStarted
	if open := d.open(reasons); len(open) != 1 || open[0].name != "fails" {
		t.Errorf("fails is open, got %v", open)
	}
	const want = `fails: want JobFailed, kubectl shows "JobStarted"`
	if err := d.unfinished(reasons); !strings.Contains(err.Error(), want) {
		t.Errorf("the error does not say %s: %v", want, err)
	}
}

func TestKubectlWaitsForWhatCompletes(t *testing.T) {
	d := &demo{jobs: stories}
	if got, want := d.completing(), []string{"vectarajob/completes", "vectarajob/retries"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestTheKubeconfigIsShownWithoutItsFolder(t *testing.T) {
	got := managerLine([]string{"--kubeconfig=/some/where/operator.kubeconfig", "--endpoint=http://127.0.0.1:1"})
	want := []string{"bin/manager", "--kubeconfig=operator.kubeconfig", "--endpoint=http://127.0.0.1:1"}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
