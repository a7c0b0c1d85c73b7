// SPDX-License-Identifier: Apache-2.0

package helm

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// absent is what a field that is not there is.
const absent = "absent"

// difference is one between what two ways of installation render, which has a reason. Values are regular expressions for JSON, or absent.
type difference struct {
	kind, path   string // "" is any kind; the path "" is the object as a whole
	config, ours string
	reason       string
}

const pinnedImage = "registry.example.com/vectara-job-operator@sha256:1f5e0d2c3b4a59687786958493a2b1c0d0e1f2a3b4c5d6e7f8091a2b3c4d5e6f"

const instance = `["app.kubernetes.io/instance"]`

// ofTheChart are all differences of the chart from config/default. With the release's name that the documentation uses, even names are
// the same.
var ofTheChart = []difference{
	{"", `metadata.labels["app.kubernetes.io/managed-by"]`, `"kustomize"`, `"Helm"`, "Helm looks for its own objects by it"},
	{"", `metadata.labels` + instance, absent, `"vectara-job-operator"`, "there may be several releases"},
	{"", `metadata.labels["app.kubernetes.io/version"]`, absent, `".+"`, "a release has a version"},
	{"", `metadata.labels["helm.sh/chart"]`, absent, `"vectara-job-operator-.+"`, "a convention of Helm's"},
	{"CustomResourceDefinition", `metadata.annotations["helm.sh/resource-policy"]`, absent, `"keep"`, "they outlive the release"},
	{"Deployment", `spec.replicas`, absent, `1`, "the chart has a value for it"},
	{"Deployment", `spec.selector.matchLabels` + instance, absent, `"vectara-job-operator"`, "several releases in one namespace"},
	{"Deployment", `spec.template.metadata.labels` + instance, absent, `"vectara-job-operator"`, "the same"},
	{"Deployment", `spec.template.spec.topologySpreadConstraints[0].labelSelector.matchLabels` + instance, absent, `"vectara-job-operator"`, "the same"},
	{"Service", `spec.selector` + instance, absent, `"vectara-job-operator"`, "the same"},
	{"Deployment", `spec.template.spec.containers[manager].image`, `"controller:latest"`, `"ghcr\.io/vectara-job-operator/vectara-job-operator:.+"`, "config has a placeholder"},
	{"Namespace", "", "present", absent, "Helm creates it, by --create-namespace"},
}

// TestEachWayOfInstallationRendersTheSame, but for the differences that are listed: one that is not fails, and so does one that is listed
// and not there.
func TestEachWayOfInstallationRendersTheSame(t *testing.T) {
	const arguments = `spec.template.spec.containers[manager].args[0]`
	metricsOff := []difference{
		{"Deployment", arguments, absent, `"--metrics-bind-address=0"`, "the chart has arguments, and a component can only add variables"},
		{"Deployment", `spec.template.spec.containers[manager].env[VECTARA_JOB_OPERATOR_METRICS_BIND_ADDRESS].value`, `"0"`, absent, "the same"},
		{"Deployment", `spec.template.spec.containers[manager].env[VECTARA_JOB_OPERATOR_METRICS_BIND_ADDRESS].name`, `".*"`, absent, "the same"},
		{"Deployment", `spec.template.spec.containers[manager].env`, `.*METRICS_BIND_ADDRESS MEMORY_LIMIT_MIB GOMEMLIMIT`, `MEMORY_LIMIT_MIB GOMEMLIMIT`, "the same"},
	}
	chart := func(values ...string) func(*testing.T) string {
		return func(t *testing.T) string {
			text, err := newHelm(t, versions[0]).render(t.Context(), chartFolder(t), values...)
			must(t, err)
			return text
		}
	}
	for name, tt := range map[string]struct {
		config    func(*testing.T) string
		ours      func(*testing.T) string
		permitted []difference
	}{
		"the chart": {
			config:    func(t *testing.T) string { return kustomize(t, "default") },
			ours:      chart(),
			permitted: ofTheChart,
		},
		"the chart, without metrics": {
			config: func(t *testing.T) string {
				return overlay(t, "resources: [config/default]\ncomponents: [config/no-metrics]\n")
			},
			ours:      chart("--set=metrics.enabled=false"),
			permitted: append(slices.DeleteFunc(slices.Clone(ofTheChart), func(d difference) bool { return d.kind == "Service" }), metricsOff...),
		},
		"install.yaml": {
			config: func(t *testing.T) string { return kustomize(t, "default") },
			ours:   installer,
			permitted: []difference{{
				"Deployment", `spec.template.spec.containers[manager].image`, `"controller:latest"`, regexp.QuoteMeta(`"` + pinnedImage + `"`), "config has a placeholder",
			}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			seen := map[string]bool{}
			for _, found := range differences(parse(t, tt.config(t)), parse(t, tt.ours(t))) {
				i := slices.IndexFunc(tt.permitted, found.isPermittedBy)
				if i < 0 {
					t.Errorf("config/default has in %s %s %s, and here it is %s", found.object, found.path, found.config, found.ours)
					continue
				}
				seen[tt.permitted[i].kind+tt.permitted[i].path] = true
			}
			for _, d := range tt.permitted {
				if !seen[d.kind+d.path] {
					t.Errorf("The difference in %s %s is there no more", d.kind, d.path)
				}
			}
		})
	}
}

// found is a difference that is there.
type found struct{ object, kind, path, config, ours string }

func (f found) isPermittedBy(d difference) bool {
	matches := func(pattern, value string) bool {
		return regexp.MustCompile("^(?:" + pattern + ")$").MatchString(value)
	}
	return (d.kind == "" || d.kind == f.kind) && d.path == f.path && matches(d.config, f.config) && matches(d.ours, f.ours)
}

func differences(config, ours map[string]*unstructured.Unstructured) []found {
	keys := maps.Clone(config)
	maps.Copy(keys, ours)
	var all []found
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		kind := keys[key].GetKind()
		switch {
		case ours[key] == nil:
			all = append(all, found{key, kind, "", "present", absent})
		case config[key] == nil:
			all = append(all, found{key, kind, "", absent, "present"})
		default:
			before, after := map[string]string{}, map[string]string{}
			flatten("", config[key].Object, before)
			flatten("", ours[key].Object, after)
			paths := maps.Clone(before)
			maps.Copy(paths, after)
			for _, path := range slices.Sorted(maps.Keys(paths)) {
				if before[path] != after[path] {
					all = append(all, found{key, kind, path, orAbsent(before[path]), orAbsent(after[path])})
				}
			}
		}
	}
	return all
}

func orAbsent(value string) string {
	if value == "" {
		return absent
	}
	return value
}

// flatten writes each field that is no map or list into fields, by its path. Items of a list are told apart by their names, if they have
// any; in which order they come is a field of its own then.
func flatten(path string, value any, fields map[string]string) {
	switch value := value.(type) {
	case map[string]any:
		for key, below := range value {
			next := strings.TrimPrefix(path+"."+key, ".")
			if strings.ContainsAny(key, "./") {
				next = fmt.Sprintf("%s[%q]", path, key)
			}
			flatten(next, below, fields)
		}
		if len(value) == 0 {
			fields[path] = "{}"
		}
	case []any:
		var names []string
		for i, item := range value {
			name := fmt.Sprint(i)
			if object, ok := item.(map[string]any); ok && object["name"] != nil {
				name = fmt.Sprint(object["name"])
				names = append(names, name)
			}
			flatten(fmt.Sprintf("%s[%s]", path, name), item, fields)
		}
		if len(value) == 0 {
			fields[path] = "[]"
		} else if names != nil {
			fields[path] = strings.Join(names, " ")
		}
	default:
		text, err := json.Marshal(value)
		if err != nil {
			panic(err) // It comes from YAML.
		}
		fields[path] = string(text)
	}
}

// overlay renders a kustomization next to config/.
func overlay(t *testing.T, text string) string {
	t.Helper()
	folder := t.TempDir()
	must(t, os.CopyFS(filepath.Join(folder, "config"), os.DirFS(filepath.Join(repository(t), "config"))))
	must(t, os.WriteFile(filepath.Join(folder, "kustomization.yaml"), []byte(text), 0o600))
	return kustomize(t, folder)
}

// installer is what "make build-installer" writes.
func installer(t *testing.T) string {
	t.Helper()
	output := filepath.Join(t.TempDir(), "install.yaml")
	command := exec.CommandContext(t.Context(), "go", "run", "./hack/installer", "--version=v1.2.3", "--pinned="+pinnedImage,
		"--kustomize="+filepath.Join(repository(t), "bin", "tools", "kustomize"), "--output="+output)
	command.Dir = repository(t)
	if out, err := command.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return string(read(t, output))
}

// TestWithoutMetricsNothingIsGrantedForThem adds config/no-metrics to each kustomization with an operator.
func TestWithoutMetricsNothingIsGrantedForThem(t *testing.T) {
	for _, folder := range []string{"default", "namespaced", "shard"} {
		text := overlay(t, "resources: [config/"+folder+"]\ncomponents: [config/no-metrics]\n")
		objects := parse(t, text)
		for key, object := range objects {
			if object.GetKind() == "Service" || strings.Contains(object.GetName(), "metrics") {
				t.Errorf("config/%s still has %s", folder, key)
			}
		}
		granted := grants(t, objects)
		if len(granted) == 0 || slices.ContainsFunc(granted, func(line string) bool { return strings.Contains(line, "reviews") }) {
			t.Errorf("config/%s grants %q", folder, granted)
		}
		container := deploymentOf(t, text).Spec.Template.Spec.Containers[0]
		if off := (corev1.EnvVar{Name: "VECTARA_JOB_OPERATOR_METRICS_BIND_ADDRESS", Value: "0"}); !slices.Contains(container.Env, off) {
			t.Errorf("In config/%s, the manager has the variables %v", folder, container.Env)
		}
	}
}

// TestRoleNamesTheLeaseOfTheManager: a manager that may not have the Lease that it asks for never works.
func TestRoleNamesTheLeaseOfTheManager(t *testing.T) {
	const byDefault = "vectara-job-operator.jobs.vectara.io"
	rendered := map[string]string{}
	for _, folder := range []string{"default", "namespaced", "shard"} {
		rendered["config/"+folder] = kustomize(t, folder)
	}
	h := newHelm(t, versions[0])
	for _, values := range append(options(t), filepath.Join(chartFolder(t), "values.yaml")) {
		text, err := h.render(t.Context(), chartFolder(t), "--values="+values)
		must(t, err)
		rendered["the chart with "+filepath.Base(values)] = text
	}
	for name, text := range rendered {
		want, named, watchesAll := byDefault, false, true
		for _, argument := range deploymentOf(t, text).Spec.Template.Spec.Containers[0].Args {
			if id, ok := strings.CutPrefix(argument, "--leader-election-id="); ok {
				want, named = id, true
			}
			watchesAll = watchesAll && !strings.HasPrefix(argument, "--watch-")
		}
		if !watchesAll && !named {
			t.Errorf("%s: the manager makes up a name for its Lease, which no role can have", name)
		}
		var got []string
		for _, object := range parse(t, text) {
			if object.GetKind() == "Role" && strings.HasSuffix(object.GetName(), "leader-election-role") {
				got = rulesOf(object)
			}
		}
		for _, verb := range []string{"get", "update"} {
			if rule := fmt.Sprintf("%s coordination.k8s.io/leases named %q", verb, []string{want}); !slices.Contains(got, rule) {
				t.Errorf("%s: the role grants %q, want %s", name, got, rule)
			}
		}
	}
}
