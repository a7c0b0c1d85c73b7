// SPDX-License-Identifier: Apache-2.0

package helm

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"github.com/vectara-job-operator/vectara-job-operator/test/harness"
)

// release is the name under which the documentation installs the chart: names are those of config/default then.
const release = "vectara-job-operator"

// versions are the major versions of Helm that the chart is for.
var versions = []string{"4", "3"}

// helm is the command of one major version.
type helm struct {
	binary, home, kubeconfig string
}

// newHelm finds the command that "make test" builds. It has a home of its own, so that nothing of the user's is used.
func newHelm(t *testing.T, version string) *helm {
	t.Helper()
	binary := filepath.Join(repository(t), "bin", "tools", "helm"+version)
	if _, err := os.Stat(binary); err != nil {
		t.Fatalf("There is no Helm: run 'make helm' (%v)", err)
	}
	return &helm{binary: binary, home: t.TempDir()}
}

// run runs helm and returns what it printed. An error holds what it complained about.
func (h *helm) run(ctx context.Context, arguments ...string) (string, error) {
	command := exec.CommandContext(ctx, h.binary, arguments...)
	command.Env = []string{"HOME=" + h.home, "PATH=" + os.Getenv("PATH"), "KUBECONFIG=" + h.kubeconfig}
	var out, complaint bytes.Buffer
	command.Stdout, command.Stderr = &out, &complaint
	if err := command.Run(); err != nil {
		return out.String(), fmt.Errorf("helm %s: %w: %s%s", strings.Join(arguments, " "), err, complaint.String(), out.String())
	}
	return out.String(), nil
}

// render returns what the chart would create, with arguments such as --set=a=b.
func (h *helm) render(ctx context.Context, chart string, arguments ...string) (string, error) {
	return h.run(ctx, append([]string{"template", release, chart, "--namespace=" + harness.OperatorNamespace}, arguments...)...)
}

func repository(t *testing.T) string {
	t.Helper()
	top, err := harness.Repository()
	must(t, err)
	return top
}

func chartFolder(t *testing.T) string {
	t.Helper()
	return filepath.Join(repository(t), "charts", "vectara-job-operator")
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, elements ...string) []byte {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(elements...))
	must(t, err)
	return content
}

// parse returns the objects of a stream of manifests by kind, namespace and name.
func parse(t *testing.T, stream string) map[string]*unstructured.Unstructured {
	t.Helper()
	objects := map[string]*unstructured.Unstructured{}
	for document := range strings.SplitSeq("\n"+stream, "\n---") {
		var content map[string]any
		must(t, yaml.Unmarshal([]byte(document), &content))
		if len(content) == 0 {
			continue
		}
		object := &unstructured.Unstructured{Object: content}
		key := strings.TrimSuffix(object.GetKind()+" "+object.GetNamespace()+"/"+object.GetName(), "/")
		if objects[key] != nil {
			t.Fatalf("%s is there twice", key)
		}
		objects[key] = object
	}
	return objects
}

// TestBothVersionsRenderTheSame lets all other tests of what is rendered run with one version.
func TestBothVersionsRenderTheSame(t *testing.T) {
	for _, values := range options(t) {
		t.Run(values, func(t *testing.T) {
			t.Parallel()
			var rendered []map[string]*unstructured.Unstructured
			for _, version := range versions {
				text, err := newHelm(t, version).render(t.Context(), chartFolder(t), "--values="+values)
				must(t, err)
				rendered = append(rendered, parse(t, text))
			}
			if !reflect.DeepEqual(rendered[0], rendered[1]) {
				t.Errorf("Helm %s renders\n%s\nHelm %s renders\n%s", versions[0], objectsAsYAML(t, rendered[0]), versions[1], objectsAsYAML(t, rendered[1]))
			}
		})
	}
}

func TestLint(t *testing.T) {
	for _, version := range versions {
		t.Run("Helm "+version, func(t *testing.T) {
			t.Parallel()
			if _, err := newHelm(t, version).run(t.Context(), "lint", "--strict", chartFolder(t)); err != nil {
				t.Error(err)
			}
		})
	}
}
