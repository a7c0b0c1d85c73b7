// SPDX-License-Identifier: Apache-2.0

package helm

import (
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"
)

// TestOptionsAndOverlaysAgree compares what the chart renders with an option with what is in config/ for the same, but for what always
// differs, which TestEachWayOfInstallationRendersTheSame lists.
func TestOptionsAndOverlaysAgree(t *testing.T) {
	tests := map[string]struct {
		folders []string // below config/
		values  string   // of --set
		kinds   []string
		grants  bool // whether to compare what is granted, too
	}{
		"in one namespace": {
			folders: []string{"namespaced"},
			values:  "watch.namespaces={search}",
			kinds:   []string{"CustomResourceDefinition", "Deployment", "Service", "ServiceAccount"},
			grants:  true,
		},
		"network policies":    {folders: []string{"network-policy"}, values: "networkPolicy.enabled=true", kinds: []string{"NetworkPolicy"}},
		"scraping and alerts": {folders: []string{"prometheus"}, values: "serviceMonitor.enabled=true,alerts.enabled=true", kinds: []string{"ServiceMonitor", "PrometheusRule"}},
		"a dashboard":         {folders: []string{"grafana"}, values: "dashboard.enabled=true", kinds: []string{"ConfigMap"}},
		"limits for tenants":  {folders: []string{"policy"}, values: "admissionPolicy.enabled=true,admissionPolicy.limits.discoveryNamespaces={search}", kinds: []string{"ConfigMap", "ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding"}},
		"who may scrape":      {folders: []string{"default", "prometheus"}, values: "serviceMonitor.enabled=true", grants: true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text, err := newHelm(t, versions[0]).render(t.Context(), chartFolder(t), "--set="+tt.values)
			must(t, err)
			chart := parse(t, text)
			config := map[string]*unstructured.Unstructured{}
			for _, folder := range tt.folders {
				maps.Copy(config, parse(t, kustomize(t, folder)))
			}
			for _, kind := range tt.kinds {
				compareKind(t, kind, config, chart)
			}
			if tt.grants {
				// The chart has a Lease of its own for each release.
				compareGrants(t, grants(t, config), withoutHash(grants(t, chart)))
				compareGrants(t, aggregated(config), aggregated(chart))
			}
		})
	}
}

// kustomize renders a folder of config/, or another one.
func kustomize(t *testing.T, folder string) string {
	t.Helper()
	path := folder
	if !filepath.IsAbs(folder) {
		path = filepath.Join(repository(t), "config", folder)
	}
	out, err := exec.CommandContext(t.Context(), filepath.Join(os.Getenv("KUBEBUILDER_ASSETS"), "kubectl"), "kustomize", path).Output()
	must(t, err)
	return string(out)
}

func compareKind(t *testing.T, kind string, config, chart map[string]*unstructured.Unstructured) {
	t.Helper()
	of := func(objects map[string]*unstructured.Unstructured) map[string]string {
		texts := map[string]string{}
		for key, object := range objects {
			if object.GetKind() == kind {
				texts[key] = asYAML(t, object)
			}
		}
		return texts
	}
	want, got := of(config), of(chart)
	if len(want) == 0 {
		t.Errorf("config has no %s", kind)
	}
	for key := range want {
		if got[key] == "" {
			t.Errorf("The chart has no %s", key)
		} else if got[key] != want[key] {
			t.Errorf("%s differs between config and the chart: %s", key, firstDifference(want[key], got[key]))
		}
	}
	for key := range got {
		if want[key] == "" {
			t.Errorf("config has no %s", key)
		}
	}
}

// asYAML is an object as YAML, without what has to differ.
func asYAML(t *testing.T, object *unstructured.Unstructured) string {
	t.Helper()
	object = object.DeepCopy()
	object.SetLabels(nil)
	object.SetAnnotations(nil)
	content := object.Object
	// By the label of its release, the chart tells apart several of them.
	for _, path := range []string{"spec.selector", "spec.selector.matchLabels", "spec.podSelector.matchLabels", "spec.template.metadata.labels"} {
		if labels, ok, _ := unstructured.NestedMap(content, strings.Split(path, ".")...); ok {
			delete(labels, "app.kubernetes.io/instance")
			delete(labels, "app.kubernetes.io/managed-by")
			must(t, unstructured.SetNestedMap(content, labels, strings.Split(path, ".")...))
		}
	}
	switch object.GetKind() {
	case "Deployment":
		unstructured.RemoveNestedField(content, "spec", "replicas")
		pod, _, err := unstructured.NestedMap(content, "spec", "template", "spec")
		must(t, err)
		spread := pod["topologySpreadConstraints"].([]any)[0].(map[string]any)
		unstructured.RemoveNestedField(spread, "labelSelector", "matchLabels", "app.kubernetes.io/instance")
		container := pod["containers"].([]any)[0].(map[string]any)
		delete(container, "image")
		// The chart names the Lease of those who do not watch everything; otherwise the manager does.
		if arguments, ok := container["args"].([]any); ok {
			container["args"] = slices.DeleteFunc(arguments, func(a any) bool { return strings.HasPrefix(fmt.Sprint(a), "--leader-election-id=") })
		}
		must(t, unstructured.SetNestedMap(content, pod, "spec", "template", "spec"))
	case "ConfigMap":
		data, _, err := unstructured.NestedStringMap(content, "data")
		must(t, err)
		for key, text := range data {
			data[key] = strings.TrimSpace(text)
		}
		must(t, unstructured.SetNestedStringMap(content, data, "data"))
	case "NetworkPolicy":
		// The chart has a list of ports in one rule, and config a rule for each: they let through the same.
		mergeRulesOfPorts(content)
	}
	text, err := yaml.Marshal(content)
	must(t, err)
	return string(text)
}

// mergeRulesOfPorts makes one rule of those egress rules that have TCP ports and nothing else.
func mergeRulesOfPorts(content map[string]any) {
	rules, found, _ := unstructured.NestedSlice(content, "spec", "egress")
	if !found {
		return
	}
	var ports []any
	for _, rule := range rules {
		if fields, ok := rule.(map[string]any); ok && len(fields) == 1 {
			more, _ := fields["ports"].([]any)
			ports = append(ports, more...)
		}
	}
	_ = unstructured.SetNestedSlice(content, []any{map[string]any{"ports": ports}}, "spec", "egress")
}

// grants are what is granted to whom: one line for each verb of each rule of each role that is bound to a subject. How rules are
// divided among roles does not matter.
func grants(t *testing.T, objects map[string]*unstructured.Unstructured) []string {
	t.Helper()
	var lines []string
	for _, binding := range objects {
		if kind := binding.GetKind(); kind != "RoleBinding" && kind != "ClusterRoleBinding" {
			continue
		}
		kind, _, _ := unstructured.NestedString(binding.Object, "roleRef", "kind")
		name, _, _ := unstructured.NestedString(binding.Object, "roleRef", "name")
		key := kind + " /" + name
		if kind == "Role" {
			key = kind + " " + binding.GetNamespace() + "/" + name
		}
		rules := rulesOf(objects[key])
		if len(rules) == 0 {
			t.Fatalf("%s is bound, but not there", key)
		}
		subjects, _, _ := unstructured.NestedSlice(binding.Object, "subjects")
		for _, subject := range subjects {
			for _, rule := range rules {
				where := "everywhere"
				if binding.GetNamespace() != "" {
					where = "in " + binding.GetNamespace()
				}
				who := subject.(map[string]any)
				lines = append(lines, fmt.Sprintf("%s/%s may %s %s", who["namespace"], who["name"], rule, where))
			}
		}
	}
	slices.Sort(lines)
	return slices.Compact(lines)
}

// aggregated are the rules of roles that are part of a built-in one.
func aggregated(objects map[string]*unstructured.Unstructured) []string {
	var lines []string
	for _, object := range objects {
		for label := range object.GetLabels() {
			if strings.HasPrefix(label, "rbac.authorization.k8s.io/aggregate-to-") {
				for _, rule := range rulesOf(object) {
					lines = append(lines, label+": "+rule)
				}
			}
		}
	}
	slices.Sort(lines)
	return lines
}

func rulesOf(role *unstructured.Unstructured) []string {
	if role == nil {
		return nil
	}
	var lines []string
	rules, _, _ := unstructured.NestedSlice(role.Object, "rules")
	for _, rule := range rules {
		fields, _ := rule.(map[string]any)
		texts := func(key string) []string {
			texts, _, _ := unstructured.NestedStringSlice(fields, key)
			return texts
		}
		for _, verb := range texts("verbs") {
			for _, url := range texts("nonResourceURLs") {
				lines = append(lines, verb+" "+url)
			}
			for _, group := range texts("apiGroups") {
				for _, resource := range texts("resources") {
					line := verb + " " + strings.TrimPrefix(group+"/"+resource, "/")
					if names := texts("resourceNames"); len(names) > 0 {
						line += fmt.Sprintf(" named %q", names)
					}
					lines = append(lines, line)
				}
			}
		}
	}
	return lines
}

var hash = regexp.MustCompile(`(named \["vectara-job-operator\.jobs\.vectara\.io)-[0-9a-f]{10}`)

// withoutHash gives the Lease of a release the name of that in config/.
func withoutHash(grants []string) []string {
	for i := range grants {
		grants[i] = hash.ReplaceAllString(grants[i], "$1")
	}
	return grants
}

func compareGrants(t *testing.T, want, got []string) {
	t.Helper()
	if len(want) == 0 {
		t.Error("config grants nothing")
	}
	if !reflect.DeepEqual(want, got) {
		t.Errorf("What config and the chart grant differs: %s", firstDifference(strings.Join(want, "\n"), strings.Join(got, "\n")))
	}
}
