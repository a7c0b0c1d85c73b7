// SPDX-License-Identifier: Apache-2.0

package helm

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"
)

// options are the files with values, one for each option of the chart.
func options(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("testdata/options/*.yaml")
	must(t, err)
	if len(files) == 0 {
		t.Fatal("There are no options")
	}
	return files
}

// TestGolden compares what an option changes, against the defaults, with testdata/golden; and all of the defaults themselves.
// "make golden" refreshes the files.
func TestGolden(t *testing.T) {
	h := newHelm(t, versions[0])
	render := func(t *testing.T, arguments ...string) map[string]*unstructured.Unstructured {
		t.Helper()
		text, err := h.render(t.Context(), chartFolder(t), arguments...)
		must(t, err)
		objects := parse(t, text)
		for _, object := range objects {
			shorten(object)
		}
		return objects
	}
	standard := render(t)
	compareGolden(t, "default", objectsAsYAML(t, standard))
	for _, values := range options(t) {
		name := strings.TrimSuffix(filepath.Base(values), ".yaml")
		t.Run(name, func(t *testing.T) {
			changed := render(t, "--values="+values)
			var gone strings.Builder
			for _, key := range slices.Sorted(maps.Keys(standard)) {
				switch {
				case changed[key] == nil:
					fmt.Fprintf(&gone, "# no %s\n", key)
				case reflect.DeepEqual(standard[key], changed[key]):
					delete(changed, key)
				}
			}
			if gone.Len() == 0 && len(changed) == 0 {
				t.Fatal("The option changes nothing")
			}
			compareGolden(t, name, gone.String()+objectsAsYAML(t, changed))
		})
	}
}

// shorten leaves out what the chart copies from config/, which other tests compare.
func shorten(object *unstructured.Unstructured) {
	const elsewhere = "as in config"
	switch object.GetKind() {
	case "CustomResourceDefinition", "PrometheusRule", "ValidatingAdmissionPolicy":
		object.Object["spec"] = elsewhere
	case "ConfigMap":
		if data, ok := object.Object["data"].(map[string]any); ok && data["vectara-job-operator.json"] != nil {
			data["vectara-job-operator.json"] = elsewhere
		}
	}
}

func objectsAsYAML(t *testing.T, objects map[string]*unstructured.Unstructured) string {
	t.Helper()
	var text strings.Builder
	for _, key := range slices.Sorted(maps.Keys(objects)) {
		document, err := yaml.Marshal(objects[key].Object)
		must(t, err)
		text.WriteString("---\n")
		text.Write(document)
	}
	return text.String()
}

func compareGolden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", "golden", name+".yaml")
	if os.Getenv("UPDATE_GOLDEN") != "" {
		must(t, os.MkdirAll(filepath.Dir(file), 0o750))
		must(t, os.WriteFile(file, []byte(got), 0o600))
		return
	}
	want := string(read(t, file))
	if got == want {
		return
	}
	t.Errorf("What is rendered is not %s: see what \"make golden\" changes. The first difference:\n%s", file, firstDifference(want, got))
}

func firstDifference(want, got string) string {
	w, g := strings.Split(want, "\n"), strings.Split(got, "\n")
	i := 0
	for i < len(w) && i < len(g) && w[i] == g[i] {
		i++
	}
	at := func(lines []string) string { return strings.Join(lines[min(i, len(lines)):min(i+5, len(lines))], "\n") }
	return fmt.Sprintf("line %d, want\n%s\ngot\n%s", i+1, at(w), at(g))
}

// TestEveryValueHasAnOption finds values that no golden file is about.
func TestEveryValueHasAnOption(t *testing.T) {
	set := map[string]bool{}
	for _, file := range options(t) {
		for _, path := range leaves("", parseValues(t, file)) {
			set[path] = true
		}
	}
	for _, path := range leaves("", parseValues(t, chartFolder(t), "values.yaml")) {
		if !slices.ContainsFunc(slices.Collect(maps.Keys(set)), func(s string) bool { return s == path || strings.HasPrefix(s, path+".") }) {
			t.Errorf("No file in testdata/options sets %s", path)
		}
	}
}

func parseValues(t *testing.T, elements ...string) map[string]any {
	t.Helper()
	var values map[string]any
	must(t, yaml.Unmarshal(read(t, elements...), &values))
	return values
}

// leaves are the paths of all values that are no maps, and of empty maps.
func leaves(above string, values map[string]any) []string {
	var paths []string
	for key, value := range values {
		path := strings.TrimPrefix(above+"."+key, ".")
		if below, ok := value.(map[string]any); ok && len(below) > 0 {
			paths = append(paths, leaves(path, below)...)
		} else {
			paths = append(paths, path)
		}
	}
	return paths
}
