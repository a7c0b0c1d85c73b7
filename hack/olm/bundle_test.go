// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/operator-framework/api/pkg/manifests"
	olm "github.com/operator-framework/api/pkg/operators/v1alpha1"
	"github.com/operator-framework/api/pkg/validation"
	validator "github.com/operator-framework/api/pkg/validation/interfaces"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"
)

const image = "registry.example.com/vectara-job-operator@sha256:0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a"

// bundle is what "make bundle" writes.
var bundle struct {
	folder string
	*manifests.Bundle
}

func TestMain(m *testing.M) {
	if err := build(); err != nil {
		fmt.Fprintln(os.Stderr, "make bundle:", err)
		os.Exit(1)
	}
	os.Exit(m.Run())
}

func build() error {
	top, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		return err
	}
	command := exec.Command("make", "bundle", "VERSION=v1.2.3", "IMG="+image)
	command.Dir = top
	// The make that runs this test has its own ideas of what is to be made, and how.
	command.Env = slices.DeleteFunc(os.Environ(), func(variable string) bool {
		return strings.HasPrefix(variable, "MAKEFLAGS=") || strings.HasPrefix(variable, "MAKELEVEL=") || strings.HasPrefix(variable, "MFLAGS=")
	})
	if output, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("%w\n%s", err, output)
	}
	bundle.folder = filepath.Join(top, "dist", "bundle")
	bundle.Bundle, err = manifests.GetBundleFromDir(bundle.folder)
	return err
}

// validators are all of operator-framework's but two: one is for an older format, and one pulls the image with docker.
var validators = validator.Validators{
	validation.ClusterServiceVersionValidator,
	validation.CustomResourceDefinitionValidator,
	validation.BundleValidator,
	validation.OperatorHubV2Validator,
	validation.StandardCategoriesValidator,
	validation.StandardCapabilitiesValidator,
	validation.ObjectValidator,
	validation.OperatorGroupValidator,
	validation.CommunityOperatorValidator,
	validation.AlphaDeprecatedAPIsValidator,
	validation.GoodPracticesValidator,
}

// TestLibraryAcceptsTheBundle has operator-framework's own library check it, without an error or a warning.
func TestLibraryAcceptsTheBundle(t *testing.T) {
	results := validators.Validate(bundle.ObjectsToValidate()...)
	if len(results) < len(validators) {
		t.Errorf("there are %d results of %d validators", len(results), len(validators))
	}
	for _, result := range results {
		for _, err := range result.Errors {
			t.Errorf("%s: %v", result.Name, err)
		}
		for _, warning := range result.Warnings {
			t.Errorf("%s: warning: %v", result.Name, warning)
		}
	}
}

func TestBundleIsOfTheVersionAndTheImage(t *testing.T) {
	csv := bundle.CSV
	if csv.Name != "vectara-job-operator.v1.2.3" || csv.Spec.Version.String() != "1.2.3" {
		t.Errorf("it is %s of version %s", csv.Name, csv.Spec.Version)
	}
	container := deployment(t).Spec.Template.Spec.Containers[0]
	if container.Image != image || csv.Annotations["containerImage"] != image {
		t.Errorf("the image is %s, and in the annotation %s", container.Image, csv.Annotations["containerImage"])
	}
	if bundle.Package != packageName || bundle.DefaultChannel != channel || !slices.Equal(bundle.Channels, []string{channel}) {
		t.Errorf("it belongs to the package %s, the channels %s", bundle.Package, bundle.Channels)
	}
	// What OpenShift's SCC restricted-v2 refuses.
	if context := deployment(t).Spec.Template.Spec.SecurityContext; context.RunAsUser != nil || context.RunAsGroup != nil {
		t.Error("it asks for a fixed user")
	}
}

func deployment(t *testing.T) olm.StrategyDeploymentSpec {
	t.Helper()
	all := bundle.CSV.Spec.InstallStrategy.StrategySpec.DeploymentSpecs
	if len(all) != 1 {
		t.Fatalf("there are %d Deployments", len(all))
	}
	return all[0]
}

// crds are those of config/crd, as a check of the bundle reads them: without the types that the bundle is made with.
func crds(t *testing.T) []unstructured.Unstructured {
	t.Helper()
	names, err := filepath.Glob(filepath.Join("..", "..", "config", "crd", "bases", "*.yaml"))
	if err != nil || len(names) == 0 {
		t.Fatalf("there are no CRDs: %v", err)
	}
	var all []unstructured.Unstructured
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		var crd unstructured.Unstructured
		if err := yaml.Unmarshal(text, &crd.Object); err != nil {
			t.Fatal(err)
		}
		all = append(all, crd)
	}
	return all
}

func TestBundleHasTheCRDs(t *testing.T) {
	for _, crd := range crds(t) {
		text, err := os.ReadFile(filepath.Join(bundle.folder, "manifests", fileName(crd)))
		if err != nil {
			t.Error(err)
			continue
		}
		var got unstructured.Unstructured
		if err := yaml.Unmarshal(text, &got.Object); err != nil {
			t.Fatal(err)
		}
		if fmt.Sprint(got.Object["spec"]) != fmt.Sprint(crd.Object["spec"]) {
			t.Errorf("%s is not that of config/crd", crd.GetName())
		}
	}
}

func TestEachFieldIsDescribed(t *testing.T) {
	for _, crd := range crds(t) {
		index := slices.IndexFunc(bundle.CSV.Spec.CustomResourceDefinitions.Owned, func(d olm.CRDDescription) bool { return d.Name == crd.GetName() })
		if index < 0 {
			t.Errorf("%s is not owned", crd.GetName())
			continue
		}
		described := bundle.CSV.Spec.CustomResourceDefinitions.Owned[index]
		got := map[string]string{}
		for _, d := range described.SpecDescriptors {
			got["spec."+d.Path] = d.DisplayName + d.Description
		}
		for _, d := range described.StatusDescriptors {
			got["status."+d.Path] = d.DisplayName + d.Description
		}
		want := paths(schema(t, crd), "")
		if len(want) < 10 {
			t.Errorf("%s has only the fields %v", crd.GetName(), want)
		}
		for _, path := range want {
			if len(got[path]) < 10 {
				t.Errorf("%s: %s is described as %q", crd.GetName(), path, got[path])
			}
			delete(got, path)
		}
		if len(got) > 0 {
			t.Errorf("%s: described, but not there: %v", crd.GetName(), sortedKeys(got))
		}
	}
}

// schema is that of spec and status.
func schema(t *testing.T, crd unstructured.Unstructured) map[string]any {
	t.Helper()
	versions, _, err := unstructured.NestedSlice(crd.Object, "spec", "versions")
	if err != nil || len(versions) != 1 {
		t.Fatalf("there are %d versions (%v)", len(versions), err)
	}
	version, _ := versions[0].(map[string]any)
	properties, _, err := unstructured.NestedMap(version, "schema", "openAPIV3Schema", "properties")
	if err != nil {
		t.Fatal(err)
	}
	return map[string]any{"spec": properties["spec"], "status": properties["status"]}
}

func paths(properties map[string]any, prefix string) []string {
	var all []string
	for name, property := range properties {
		if prefix != "" {
			all = append(all, prefix+name)
		}
		object, _ := property.(map[string]any)
		if below, ok := object["properties"].(map[string]any); ok {
			all = append(all, paths(below, prefix+name+".")...)
		}
	}
	return all
}

// rendered is what Kustomize makes of config/default, in which OLM's part is another.
func rendered(t *testing.T) *objects {
	t.Helper()
	command := exec.Command(filepath.Join("..", "..", "bin", "tools", "kustomize"), "build", filepath.Join("..", "..", "config", "default"))
	output, err := command.Output()
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		t.Fatalf("%v: %s", err, exit.Stderr)
	} else if err != nil {
		t.Fatal(err)
	}
	o, err := readObjects(strings.NewReader(string(output)))
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func TestDeploymentIsThatOfKustomize(t *testing.T) {
	want, got := rendered(t).deployment.Spec.Template.Spec, deployment(t).Spec.Template.Spec
	if got.ServiceAccountName != want.ServiceAccountName {
		t.Errorf("the service account is %s, want %s", got.ServiceAccountName, want.ServiceAccountName)
	}
	w, g := want.Containers[0], got.Containers[0]
	g.Image, g.Env = w.Image, slices.Clone(g.Env[:len(w.Env)])
	if left, right := toJSON(t, w), toJSON(t, g); left != right {
		t.Errorf("but for image and environment, the container is\n%s\nwant\n%s", right, left)
	}
}

func toJSON(t *testing.T, value any) string {
	t.Helper()
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// rules are what OLM grants the operator.
func rules(permissions []olm.StrategyDeploymentPermissions) []rbacv1.PolicyRule {
	var all []rbacv1.PolicyRule
	for _, p := range permissions {
		all = append(all, p.Rules...)
	}
	return all
}
