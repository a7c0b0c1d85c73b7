// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"testing"

	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
)

func withVersion(version string) discoveryOption {
	return func(d *v1alpha1.VectaraJobDiscovery) { d.ResourceVersion = version }
}

func TestACopyIsComparedWithWhatWasWrittenLast(t *testing.T) {
	for _, test := range []struct {
		name string
		copy *v1alpha1.VectaraJobDiscovery
		want bool
	}{
		{"the version that was written", discovery(withVersion("100")), true},
		{"one version older", discovery(withVersion("99")), false},
		{"an older version with fewer digits", discovery(withVersion("9")), false},
		{"a newer version with more digits", discovery(withVersion("1000")), true},
		{"an older version of another object of that name", discovery(withVersion("9"), func(d *v1alpha1.VectaraJobDiscovery) { d.UID = "another" }), true},
		{"an older version of an object of another name", discovery(withVersion("9"), func(d *v1alpha1.VectaraJobDiscovery) { d.Name = "another" }), true},
		{"an older version of an object of another namespace", discovery(withVersion("9"), func(d *v1alpha1.VectaraJobDiscovery) { d.Namespace = "another" }), true},
		{"a version that cannot be compared keeps nobody from work", discovery(withVersion("x")), true},
	} {
		t.Run(test.name, func(t *testing.T) {
			var e expectations
			e.written(discovery(withVersion("50")), true)
			e.written(discovery(withVersion("100")), false)
			if got := e.reached(test.copy); got != test.want {
				t.Errorf("That the copy is new enough is %t, want %t", got, test.want)
			}
		})
	}
}

func TestWithoutAWriteEveryCopyIsNewEnough(t *testing.T) {
	var e expectations
	if !e.reached(discovery(withVersion("1"))) {
		t.Error("A copy is too old although nothing was written")
	}
	e.created(discovery(), nil, noon)
	if !e.reached(discovery(withVersion("1"))) {
		t.Error("A copy is too old although no status was written")
	}
	e.written(discovery(withVersion("100")), true)
	e.forget(client.ObjectKeyFromObject(discovery()))
	if !e.reached(discovery(withVersion("1"))) {
		t.Error("A copy is too old for a discovery that was forgotten")
	}
	e.forget(types.NamespacedName{Name: "never-written"})
}
