// SPDX-License-Identifier: Apache-2.0

package main

import (
	"slices"
	"testing"
	"testing/fstest"

	"github.com/vectara-job-operator/vectara-job-operator/hack/internal/manifests"
)

func file(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }

func TestKustomizations(t *testing.T) {
	got, err := kustomizations(fstest.MapFS{
		"config/default/kustomization.yaml":       file("resources: [../crd]"),
		"config/crd/kustomization.yaml":           file("kind: Kustomization"),
		"config/components/x/kustomization.yaml":  file("kind: Component"),
		"config/rbac/role.yaml":                   file("kind: Role"),
		"elsewhere/kustomization.yaml":            file("kind: Kustomization"),
		"config/samples/nested/kustomization.yml": file("kind: Kustomization"),
	})
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"config/crd", "config/default"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestDocumentation(t *testing.T) {
	const object = "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\n"
	tests := map[string]struct {
		page    string
		want    int
		wantErr bool
	}{
		"a block with an object is checked":      {page: "```yaml\n" + object + "```\n", want: 1},
		"an excerpt is not":                      {page: "```yaml\nspec: {}\n```\n"},
		"a block of another language is not":     {page: "```json\n{}\n```\n"},
		"a block that is not meant is not":       {page: "<!-- not applied -->\n```yaml\n" + object + "```\n"},
		"an object beside an excerpt is wrong":   {page: "```yaml\n" + object + "---\nspec: {}\n```\n", wantErr: true},
		"a block that does not parse is wrong":   {page: "```yaml\na: [\n```\n", wantErr: true},
		"every block of every page is checked":   {page: "```yaml\n" + object + "```\n\n```yml\n" + object + "```\n", want: 2},
		"a page without any block has no faults": {page: "# Title\n"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			bundles, err := documentation(fstest.MapFS{"docs/page.md": file(tt.page)})
			if (err != nil) != tt.wantErr || len(bundles) != tt.want {
				t.Errorf("got %v and error %v, want %d and error: %t", bundles, err, tt.want, tt.wantErr)
			}
		})
	}
}

func TestForeignKindsAreNamedAndLeftOut(t *testing.T) {
	b, err := newBundle("config/prometheus", []byte(`
apiVersion: monitoring.coreos.com/v1
kind: ServiceMonitor
metadata: {name: metrics}
---
apiVersion: v1
kind: Service
metadata: {name: metrics}
`))
	if err != nil {
		t.Fatal(err)
	}
	if len(b.objects) != 1 || b.objects[0].Kind != "Service" || !slices.Equal(b.skipped, []string{"ServiceMonitor/metrics"}) {
		t.Errorf("got %+v, want the Service, without the ServiceMonitor", b)
	}
}

func TestSecretsAreRefused(t *testing.T) {
	for kind, want := range map[string]bool{"Secret": false, "ConfigMap": true} {
		b, err := newBundle("config/samples", []byte("apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: a}\n---\napiVersion: v1\nkind: "+kind+"\nmetadata: {name: b}\n"))
		if err != nil {
			t.Fatal(err)
		}
		if err := b.hasNoSecret(); (err == nil) != want {
			t.Errorf("with a %s: %v", kind, err)
		}
	}
}

func TestNamespaces(t *testing.T) {
	b, err := newBundle("x", []byte(`
apiVersion: v1
kind: Service
metadata: {name: a, namespace: defined}
---
apiVersion: v1
kind: Namespace
metadata: {name: defined, labels: {x: y}}
---
apiVersion: v1
kind: Secret
metadata: {name: b, namespace: mentioned}
---
apiVersion: v1
kind: Secret
metadata: {name: c}
`))
	if err != nil {
		t.Fatal(err)
	}
	objects, err := manifests.Split(manifests.Join(namespaces([]bundle{b})))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, o := range objects {
		got = append(got, o.String())
	}
	if want := []string{"Namespace/defined", "Namespace/mentioned"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
