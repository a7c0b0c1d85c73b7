// SPDX-License-Identifier: Apache-2.0

package security

import (
	"errors"
	"io"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vectara-job-operator/vectara-job-operator/test/harness"
)

// TestPodsAreAdmittedAsRestricted has the API server admit the pods of the shipped Deployments into the shipped namespace, which
// has the Pod Security Standard "restricted" enforced. The changes show that it is.
func TestPodsAreAdmittedAsRestricted(t *testing.T) {
	changes := map[string]func(*corev1.PodSpec){
		"runAsNonRoot":             func(spec *corev1.PodSpec) { spec.SecurityContext.RunAsNonRoot = nil },
		"runAsUser=0":              func(spec *corev1.PodSpec) { spec.SecurityContext.RunAsUser = ptr.To[int64](0) },
		"seccompProfile":           func(spec *corev1.PodSpec) { spec.SecurityContext.SeccompProfile = nil },
		"allowPrivilegeEscalation": func(spec *corev1.PodSpec) { spec.Containers[0].SecurityContext.AllowPrivilegeEscalation = nil },
		"unrestricted capabilities": func(spec *corev1.PodSpec) {
			spec.Containers[0].SecurityContext.Capabilities = nil
		},
		"host namespaces": func(spec *corev1.PodSpec) { spec.HostNetwork = true },
	}
	for _, folder := range []string{"config/default", "config/namespaced"} {
		t.Run(folder, func(t *testing.T) {
			template := deployment(t, folder).Spec.Template
			if err := createPod(t, template, nil); err != nil {
				t.Errorf("the pod is refused: %v", err)
			}
			for violation, change := range changes {
				err := createPod(t, template, change)
				if !apierrors.IsForbidden(err) || !strings.Contains(err.Error(), `violates PodSecurity "restricted:latest": `) ||
					!strings.Contains(err.Error(), violation) {
					t.Errorf("a pod that violates %s: %v", violation, err)
				}
			}
		})
	}
}

// TestContainerHasNothingToWriteTo holds what "restricted" does not ask for.
func TestContainerHasNothingToWriteTo(t *testing.T) {
	for _, folder := range []string{"config/default", "config/namespaced"} {
		spec := deployment(t, folder).Spec.Template.Spec
		if len(spec.Volumes) > 0 || len(spec.Containers) != 1 || len(spec.InitContainers) > 0 {
			t.Errorf("%s: the pod has more than one container without volumes", folder)
		}
		if context := spec.Containers[0].SecurityContext; !ptr.Deref(context.ReadOnlyRootFilesystem, false) {
			t.Errorf("%s: the root file system can be written to", folder)
		}
	}
}

// createPod creates a pod of a template in the operator's namespace, on trial.
func createPod(t *testing.T, template corev1.PodTemplateSpec, change func(*corev1.PodSpec)) error {
	t.Helper()
	pod := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Namespace: harness.OperatorNamespace, GenerateName: "manager-", Labels: template.Labels},
		Spec:       *template.Spec.DeepCopy(),
	}
	if change != nil {
		change(&pod.Spec)
	}
	return admin.Create(t.Context(), pod, client.DryRunAll)
}

// deployment is the Deployment of a kustomization.
func deployment(t *testing.T, folder string) *appsv1.Deployment {
	t.Helper()
	found := objects[appsv1.Deployment](t, folder, "Deployment")
	if len(found) != 1 {
		t.Fatalf("%s has %d Deployments", folder, len(found))
	}
	return &found[0]
}

// objects are the objects of a kind in a kustomization.
func objects[T any](t *testing.T, folder, kind string) []T {
	t.Helper()
	var found []T
	decoder := yaml.NewYAMLOrJSONDecoder(strings.NewReader(kustomize(t, folder)), 4096)
	for {
		var object unstructured.Unstructured
		err := decoder.Decode(&object)
		if errors.Is(err, io.EOF) {
			return found
		}
		must(t, err)
		if object.GetKind() == kind {
			var typed T
			must(t, runtime.DefaultUnstructuredConverter.FromUnstructured(object.Object, &typed))
			found = append(found, typed)
		}
	}
}
