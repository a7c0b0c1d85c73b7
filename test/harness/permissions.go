// SPDX-License-Identifier: Apache-2.0

package harness

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/yaml"
	auditv1 "k8s.io/apiserver/pkg/apis/audit/v1"
)

// Permission is what one verb of one rule grants. An empty namespace means all of them, and so does an empty name.
type Permission struct {
	Namespace, Group, Resource, Name, Verb string
}

func (p Permission) String() string {
	where := "in all namespaces"
	if p.Namespace != "" {
		where = "in " + p.Namespace
	}
	what := strings.TrimSuffix(p.Verb+" "+p.Resource+"."+p.Group, ".")
	if p.Name != "" {
		what += " named " + p.Name
	}
	return what + " " + where
}

// Granted returns what a stream of manifests grants the operator's service account, sorted.
func Granted(manifests string) ([]Permission, error) {
	rules := map[string][]rbacv1.PolicyRule{} // by kind, namespace and name of the role
	var bindings []rbacv1.RoleBinding
	decoder := yaml.NewYAMLOrJSONDecoder(strings.NewReader(manifests), 4096)
	for {
		var object unstructured.Unstructured
		if err := decoder.Decode(&object); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, fmt.Errorf("reading manifests: %w", err)
		}
		switch object.GetKind() {
		case "Role", "ClusterRole":
			var role rbacv1.Role // A ClusterRole has the same fields, and one that the operator's have not.
			if err := runtime.DefaultUnstructuredConverter.FromUnstructured(object.Object, &role); err != nil {
				return nil, err
			}
			rules[roleKey(role.Kind, role.Namespace, role.Name)] = role.Rules
		case "RoleBinding", "ClusterRoleBinding":
			var binding rbacv1.RoleBinding
			if err := runtime.DefaultUnstructuredConverter.FromUnstructured(object.Object, &binding); err != nil {
				return nil, err
			}
			if slices.ContainsFunc(binding.Subjects, isOperator) {
				bindings = append(bindings, binding)
			}
		}
	}
	var granted []Permission
	for _, binding := range bindings {
		bound, ok := rules[roleKey(binding.RoleRef.Kind, binding.Namespace, binding.RoleRef.Name)]
		if !ok {
			return nil, fmt.Errorf("%s %s names a role that is not in the manifests: %s", binding.Kind, binding.Name, binding.RoleRef.Name)
		}
		for _, rule := range bound {
			granted = append(granted, permissions(rule, binding.Namespace)...)
		}
	}
	slices.SortFunc(granted, comparePermissions)
	return slices.Compact(granted), nil
}

func roleKey(kind, namespace, name string) string {
	if kind == "ClusterRole" {
		namespace = ""
	}
	return kind + "/" + namespace + "/" + name
}

func isOperator(subject rbacv1.Subject) bool {
	return subject.Kind == rbacv1.ServiceAccountKind && subject.Namespace == OperatorNamespace && subject.Name == ServiceAccount
}

func permissions(rule rbacv1.PolicyRule, namespace string) []Permission {
	names := rule.ResourceNames
	if len(names) == 0 {
		names = []string{""}
	}
	var all []Permission
	for _, group := range rule.APIGroups {
		for _, resource := range rule.Resources {
			for _, name := range names {
				for _, verb := range rule.Verbs {
					all = append(all, Permission{Namespace: namespace, Group: group, Resource: resource, Name: name, Verb: verb})
				}
			}
		}
	}
	return all
}

// ComparePermissions returns one error for each permission that was granted and never used as far as it reaches, and for each
// request that nothing granted allows. Requests for paths that are no resource, such as /apis, are everybody's.
func ComparePermissions(granted []Permission, requests []auditv1.Event) []error {
	used := map[Permission]bool{}
	foreign := map[Permission]bool{}
	for _, request := range requests {
		if request.ObjectRef == nil || request.ObjectRef.Resource == "" {
			continue
		}
		asked := askedFor(request)
		covered := false
		for _, permission := range granted {
			if permission.covers(asked) {
				covered = true
				used[permission] = used[permission] || permission.needed(asked)
			}
		}
		if !covered {
			foreign[asked] = true
		}
	}
	var problems []error
	for _, permission := range granted {
		if !used[permission] {
			problems = append(problems, fmt.Errorf("granted, but never used: %s", permission))
		}
	}
	for asked := range foreign {
		problems = append(problems, fmt.Errorf("used, but not granted: %s", asked))
	}
	slices.SortFunc(problems, func(a, b error) int { return cmp.Compare(a.Error(), b.Error()) })
	return problems
}

func askedFor(request auditv1.Event) Permission {
	ref := request.ObjectRef
	resource := ref.Resource
	if ref.Subresource != "" {
		resource += "/" + ref.Subresource
	}
	return Permission{Namespace: ref.Namespace, Group: ref.APIGroup, Resource: resource, Name: ref.Name, Verb: request.Verb}
}

// covers reports whether a permission allows what was asked. Wildcards in rules are not known here: the operator has none.
func (p Permission) covers(asked Permission) bool {
	return p.Group == asked.Group && p.Resource == asked.Resource && p.Verb == asked.Verb &&
		(p.Namespace == "" || p.Namespace == asked.Namespace) && (p.Name == "" || p.Name == asked.Name)
}

// needed reports whether a narrower permission would not have sufficed. Who may list in all namespaces must have asked for all
// of them at once; a write in all namespaces is needed for one in a namespace other than the operator's own.
func (p Permission) needed(asked Permission) bool {
	switch {
	case p.Namespace != "":
		return true
	case p.Verb == "list" || p.Verb == "watch":
		return asked.Namespace == ""
	default:
		return asked.Namespace != OperatorNamespace
	}
}

func comparePermissions(a, b Permission) int {
	return cmp.Or(cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.Group, b.Group), cmp.Compare(a.Resource, b.Resource),
		cmp.Compare(a.Name, b.Name), cmp.Compare(a.Verb, b.Verb))
}
