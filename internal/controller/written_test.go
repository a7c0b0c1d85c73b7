// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"testing"

	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
)

func withVersion(version string) jobOption {
	return func(object *v1alpha1.VectaraJob) { object.ResourceVersion = version }
}

func TestACopyIsComparedWithWhatWasWrittenLast(t *testing.T) {
	for _, test := range []struct {
		name string
		copy *v1alpha1.VectaraJob
		want bool
	}{
		{"the version that was written", job(withVersion("100")), true},
		{"one version older", job(withVersion("99")), false},
		{"an older version with fewer digits", job(withVersion("9")), false},
		{"a newer version with more digits", job(withVersion("1000")), true},
		{"an older version of another object of that name", job(withVersion("9"), withUID("another")), true},
		{"an older version of an object of another name", job(withVersion("9"), func(object *v1alpha1.VectaraJob) { object.Name = "another" }), true},
		{"an older version of an object of another namespace", job(withVersion("9"), func(object *v1alpha1.VectaraJob) { object.Namespace = "another" }), true},
		{"a version that cannot be compared keeps nobody from work", job(withVersion("x")), true},
	} {
		t.Run(test.name, func(t *testing.T) {
			var w writtenVersions
			w.note(job(withVersion("50")))
			w.note(job(withVersion("100")))
			if got := w.reached(test.copy); got != test.want {
				t.Errorf("That the copy is new enough is %t, want %t", got, test.want)
			}
		})
	}
}

func TestWithoutAWriteEveryCopyIsNewEnough(t *testing.T) {
	var w writtenVersions
	if !w.reached(job(withVersion("1"))) {
		t.Error("A copy is too old although nothing was written")
	}
	w.note(job(withVersion("100")))
	w.forget(client.ObjectKeyFromObject(job()))
	if !w.reached(job(withVersion("1"))) {
		t.Error("A copy is too old for an object that was forgotten")
	}
	w.forget(types.NamespacedName{Name: "never-written"})
}
