// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/yaml"
)

// objects are the rendered manifests, by what becomes of them.
type objects struct {
	crds       []apiextensionsv1.CustomResourceDefinition
	deployment *appsv1.Deployment
	// What is bound to the operator. OLM makes roles and bindings of these itself.
	permissions, clusterPermissions []rbacv1.PolicyRule
	// What goes into the bundle as it is, the CRDs among them.
	others []unstructured.Unstructured
}

func readObjects(manifests io.Reader) (*objects, error) {
	var all []unstructured.Unstructured
	decoder := yaml.NewYAMLOrJSONDecoder(manifests, 4096)
	for {
		var object unstructured.Unstructured
		err := decoder.Decode(&object)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("read the manifests: %w", err)
		}
		if len(object.Object) > 0 {
			all = append(all, object)
		}
	}
	return sortObjects(all)
}

func sortObjects(all []unstructured.Unstructured) (*objects, error) {
	o := &objects{}
	roles := map[string][]rbacv1.PolicyRule{}
	var bindings []rbacv1.RoleBinding
	for _, object := range all {
		switch kind := object.GetKind(); kind {
		case "CustomResourceDefinition":
			var crd apiextensionsv1.CustomResourceDefinition
			if err := convert(object, &crd); err != nil {
				return nil, err
			}
			o.crds = append(o.crds, crd)
			o.others = append(o.others, object)
		case "Deployment":
			if o.deployment != nil {
				return nil, errors.New("there are two Deployments")
			}
			o.deployment = &appsv1.Deployment{}
			if err := convert(object, o.deployment); err != nil {
				return nil, err
			}
		case "Role", "ClusterRole":
			var role rbacv1.Role // A ClusterRole has the same fields, and one that ours have not.
			if err := convert(object, &role); err != nil {
				return nil, err
			}
			roles[kind+"/"+role.Name] = role.Rules
		case "RoleBinding", "ClusterRoleBinding":
			var binding rbacv1.RoleBinding
			if err := convert(object, &binding); err != nil {
				return nil, err
			}
			bindings = append(bindings, binding)
		case "Namespace", "ServiceAccount": // OLM has its own.
		case "Service":
			o.others = append(o.others, withoutNamespace(object))
		default:
			return nil, fmt.Errorf("what is to become of %s %s?", kind, object.GetName())
		}
	}
	if o.deployment == nil || len(o.crds) == 0 {
		return nil, errors.New("there is no Deployment or no CustomResourceDefinition")
	}
	bound, err := o.grant(roles, bindings)
	if err != nil {
		return nil, err
	}
	for _, object := range all {
		// Roles for users are bound to nobody.
		if object.GetKind() == "ClusterRole" && !slices.Contains(bound, object.GetName()) {
			o.others = append(o.others, object)
		}
	}
	return o, nil
}

// grant collects what the operator is granted, and returns the names of the roles. With an OperatorGroup that names namespaces, OLM
// grants what is under permissions in these only; else, everywhere. What has no namespace is under clusterPermissions.
func (o *objects) grant(roles map[string][]rbacv1.PolicyRule, bindings []rbacv1.RoleBinding) ([]string, error) {
	var bound []string
	for _, binding := range bindings {
		if len(binding.Subjects) != 1 || binding.Subjects[0].Name != o.deployment.Spec.Template.Spec.ServiceAccountName {
			return nil, fmt.Errorf("%s %s is about somebody else", binding.Kind, binding.Name)
		}
		rules, found := roles[binding.RoleRef.Kind+"/"+binding.RoleRef.Name]
		if !found {
			return nil, fmt.Errorf("%s %s names a role that is not there", binding.Kind, binding.Name)
		}
		for _, rule := range rules {
			if ofCluster(rule) {
				o.clusterPermissions = append(o.clusterPermissions, rule)
			} else {
				o.permissions = append(o.permissions, rule)
			}
		}
		bound = append(bound, binding.RoleRef.Name)
	}
	return bound, nil
}

// ofCluster reports whether a rule is about what has no namespace: reviews of tokens and of access.
func ofCluster(rule rbacv1.PolicyRule) bool {
	return slices.ContainsFunc(rule.APIGroups, func(group string) bool {
		return group == "authentication.k8s.io" || group == "authorization.k8s.io"
	})
}

func withoutNamespace(object unstructured.Unstructured) unstructured.Unstructured {
	unstructured.RemoveNestedField(object.Object, "metadata", "namespace")
	return object
}

func convert(object unstructured.Unstructured, into any) error {
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(object.Object, into); err != nil {
		return fmt.Errorf("%s %s: %w", object.GetKind(), object.GetName(), err)
	}
	return nil
}

func fileName(object unstructured.Unstructured) string {
	return object.GetName() + "." + strings.ToLower(object.GetKind()) + ".yaml"
}

func dockerfile() []byte {
	var text bytes.Buffer
	text.WriteString("FROM scratch\n")
	annotations := bundleAnnotations()
	for _, key := range sortedKeys(annotations) {
		fmt.Fprintf(&text, "LABEL %s=%s\n", key, annotations[key])
	}
	text.WriteString("COPY manifests /manifests/\nCOPY metadata /metadata/\n")
	return text.Bytes()
}
