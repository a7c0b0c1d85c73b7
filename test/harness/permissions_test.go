// SPDX-License-Identifier: Apache-2.0

package harness

import (
	"slices"
	"strings"
	"testing"

	auditv1 "k8s.io/apiserver/pkg/apis/audit/v1"
)

const rbacManifests = `
kind: ClusterRole
metadata: {name: manager}
rules:
- {apiGroups: [""], resources: [secrets], verbs: [list]}
- {apiGroups: [jobs.vectara.io], resources: [vectarajobs/status], verbs: [patch]}
---
kind: ClusterRoleBinding
metadata: {name: manager}
roleRef: {kind: ClusterRole, name: manager}
subjects: [{kind: ServiceAccount, namespace: vectara-job-operator-system, name: vectara-job-operator-controller-manager}]
---
kind: ClusterRole
metadata: {name: unbound}
rules: [{apiGroups: [""], resources: [pods], verbs: [list]}]
---
kind: RoleBinding
metadata: {name: others, namespace: search}
roleRef: {kind: ClusterRole, name: unbound}
subjects: [{kind: ServiceAccount, namespace: search, name: vectara-job-operator-controller-manager}]
---
kind: Role
metadata: {name: election, namespace: vectara-job-operator-system}
rules: [{apiGroups: [coordination.k8s.io], resources: [leases], resourceNames: [lease], verbs: [get]}]
---
kind: RoleBinding
metadata: {name: election, namespace: vectara-job-operator-system}
roleRef: {kind: Role, name: election}
subjects: [{kind: ServiceAccount, namespace: vectara-job-operator-system, name: vectara-job-operator-controller-manager}]
`

func TestGrantedIsWhatIsBoundToTheOperator(t *testing.T) {
	granted, err := Granted(rbacManifests)
	if err != nil {
		t.Fatal(err)
	}
	want := []Permission{
		{Group: "", Resource: "secrets", Verb: "list"},
		{Group: "jobs.vectara.io", Resource: "vectarajobs/status", Verb: "patch"},
		{Namespace: OperatorNamespace, Group: "coordination.k8s.io", Resource: "leases", Name: "lease", Verb: "get"},
	}
	if !slices.Equal(granted, want) {
		t.Errorf("got %v, want %v", granted, want)
	}
	if _, err := Granted(strings.Replace(rbacManifests, "metadata: {name: manager}\nrules", "metadata: {name: renamed}\nrules", 1)); err == nil {
		t.Error("a binding whose role is missing is taken for one that grants nothing")
	}
}

func TestComparePermissions(t *testing.T) {
	granted, err := Granted(rbacManifests)
	if err != nil {
		t.Fatal(err)
	}
	request := func(verb, namespace, group, resource, subresource string) auditv1.Event {
		return auditv1.Event{Verb: verb, ObjectRef: &auditv1.ObjectReference{
			Namespace: namespace, APIGroup: group, Resource: resource, Subresource: subresource,
		}}
	}
	listSecrets := request("list", "", "", "secrets", "")
	patchStatus := request("patch", "search", "jobs.vectara.io", "vectarajobs", "status")
	named := func(event auditv1.Event, name string) auditv1.Event {
		event.ObjectRef.Name = name
		return event
	}
	getLease := named(request("get", OperatorNamespace, "coordination.k8s.io", "leases", ""), "lease")
	tests := map[string]struct {
		requests []auditv1.Event
		want     []string
	}{
		"what was granted was used": {requests: []auditv1.Event{listSecrets, patchStatus, getLease, {Verb: "get", RequestURI: "/apis"}}},
		"a verb was never used": {
			requests: []auditv1.Event{listSecrets, getLease},
			want:     []string{"granted, but never used: patch vectarajobs/status.jobs.vectara.io in all namespaces"},
		},
		"a list of one namespace needs no permission for all": {
			requests: []auditv1.Event{request("list", "search", "", "secrets", ""), patchStatus, getLease},
			want:     []string{"granted, but never used: list secrets in all namespaces"},
		},
		"a write in the operator's namespace needs no permission for all": {
			requests: []auditv1.Event{listSecrets, request("patch", OperatorNamespace, "jobs.vectara.io", "vectarajobs", "status"), getLease},
			want:     []string{"granted, but never used: patch vectarajobs/status.jobs.vectara.io in all namespaces"},
		},
		"a subresource is another resource": {
			requests: []auditv1.Event{listSecrets, patchStatus, getLease, request("patch", "search", "jobs.vectara.io", "vectarajobs", "")},
			want:     []string{"used, but not granted: patch vectarajobs.jobs.vectara.io in search"},
		},
		"a Role holds in its namespace only": {
			requests: []auditv1.Event{listSecrets, patchStatus, getLease, named(request("get", "search", "coordination.k8s.io", "leases", ""), "lease")},
			want:     []string{"used, but not granted: get leases.coordination.k8s.io named lease in search"},
		},
		"a rule with a name holds for that name only": {
			requests: []auditv1.Event{listSecrets, patchStatus, named(request("get", OperatorNamespace, "coordination.k8s.io", "leases", ""), "another")},
			want: []string{
				"granted, but never used: get leases.coordination.k8s.io named lease in vectara-job-operator-system",
				"used, but not granted: get leases.coordination.k8s.io named another in vectara-job-operator-system",
			},
		},
		"a rule without a name holds for all": {requests: []auditv1.Event{listSecrets, named(request("patch", "search", "jobs.vectara.io", "vectarajobs", "status"), "a"), getLease}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			var got []string
			for _, problem := range ComparePermissions(granted, tt.requests) {
				got = append(got, problem.Error())
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}
