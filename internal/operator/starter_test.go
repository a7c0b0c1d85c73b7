// SPDX-License-Identifier: Apache-2.0

package operator

import (
	"strings"
	"testing"

	"sigs.k8s.io/controller-runtime/pkg/cache"
)

// fakeInformer is an informer that is filled or not.
type fakeInformer struct {
	cache.Informer
	synced bool
}

func (f fakeInformer) HasSynced() bool { return f.synced }

func TestReadyMeansThatTheCachesAreFilled(t *testing.T) {
	for _, test := range []struct {
		name      string
		informers []cache.Informer
		want      string // in the error; none if empty
	}{
		{"before the CRD is served the manager is not ready", nil, "are the CRDs installed?"},
		{"while no cache is filled it is not ready", []cache.Informer{fakeInformer{}, fakeInformer{}}, "caches are not filled"},
		{"while one cache is not filled it is not ready", []cache.Informer{fakeInformer{synced: true}, fakeInformer{}}, "caches are not filled"},
		{"once all caches are filled it is ready", []cache.Informer{fakeInformer{synced: true}, fakeInformer{synced: true}}, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			var s starter
			if test.informers != nil {
				s.informers.Store(&test.informers)
			}
			err := s.ready(nil)
			if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
				t.Errorf("The error is %v, want %q", err, test.want)
			}
		})
	}
}

func TestAStandbyIsReadyToo(t *testing.T) {
	if (&starter{}).NeedLeaderElection() {
		t.Error("The caches are filled on the leader only")
	}
}
