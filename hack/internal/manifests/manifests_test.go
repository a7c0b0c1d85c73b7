// SPDX-License-Identifier: Apache-2.0

package manifests_test

import (
	"slices"
	"testing"

	"github.com/vectara-job-operator/vectara-job-operator/hack/internal/manifests"
)

const stream = `# a comment alone
---
apiVersion: v1
kind: Secret
metadata: {name: a, namespace: b}
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: c
`

func TestSplit(t *testing.T) {
	objects, err := manifests.Split([]byte(stream))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, o := range objects {
		got = append(got, o.Group()+" "+o.Metadata.Namespace+" "+o.String())
	}
	if want := []string{" b Secret/a", "apps  Deployment/c"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestSplitRefuses(t *testing.T) {
	for name, text := range map[string]string{
		"what is not YAML":            "a: [",
		"what is no mapping":          "just words",
		"a name that is not a string": "{apiVersion: v1, kind: Secret, metadata: {name: {}}}",
	} {
		t.Run(name, func(t *testing.T) {
			if objects, err := manifests.Split([]byte(text)); err == nil {
				t.Errorf("got %v, want an error", objects)
			}
		})
	}
}

func TestAnExcerptIsNoObject(t *testing.T) {
	objects, err := manifests.Split([]byte("spec: {suspend: true}"))
	if err != nil || len(objects) != 1 || objects[0].IsObject() {
		t.Errorf("got %v, %v; want one document that is no object", objects, err)
	}
}

func TestJoinIsSplitAgain(t *testing.T) {
	objects, err := manifests.Split([]byte(stream))
	if err != nil {
		t.Fatal(err)
	}
	again, err := manifests.Split(manifests.Join(objects))
	if err != nil || !slices.EqualFunc(objects, again, func(a, b manifests.Object) bool { return a.String() == b.String() }) {
		t.Errorf("got %v, %v; want %v", again, err, objects)
	}
}
