// SPDX-License-Identifier: Apache-2.0

package harness

import (
	"context"
	"errors"
	"strings"

	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	auditv1 "k8s.io/apiserver/pkg/apis/audit/v1"
	"k8s.io/client-go/kubernetes"
)

// Lease is the name of the Lease that the manager has by default, and the only one that config/ lets the operator have.
const Lease = "vectara-job-operator.jobs.vectara.io"

// leaseRole is the prefix of the names of roles for other Leases.
const leaseRole = "lease-of-a-test-"

// GrantLease lets the operator have another Lease, by a role of its own as whoever names a Lease must. It is for tests that run
// several managers in one namespace, each with a Lease of its own.
func (c *ControlPlane) GrantLease(ctx context.Context, lease string) error {
	clients, err := kubernetes.NewForConfig(c.Config)
	if err != nil {
		return err
	}
	meta := metav1.ObjectMeta{Namespace: OperatorNamespace, Name: leaseRole + lease}
	role := &rbacv1.Role{ObjectMeta: meta, Rules: []rbacv1.PolicyRule{{
		APIGroups: []string{"coordination.k8s.io"}, Resources: []string{"leases"}, ResourceNames: []string{lease}, Verbs: []string{"get", "update"},
	}}}
	binding := &rbacv1.RoleBinding{
		ObjectMeta: meta,
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "Role", Name: meta.Name},
		Subjects:   []rbacv1.Subject{{Kind: rbacv1.ServiceAccountKind, Namespace: OperatorNamespace, Name: ServiceAccount}},
	}
	_, err = clients.RbacV1().Roles(OperatorNamespace).Create(ctx, role, metav1.CreateOptions{})
	_, bindErr := clients.RbacV1().RoleBindings(OperatorNamespace).Create(ctx, binding, metav1.CreateOptions{})
	return errors.Join(unlessThere(err), unlessThere(bindErr))
}

func unlessThere(err error) error {
	if apierrors.IsAlreadyExists(err) {
		return nil
	}
	return err
}

// grantNamedLeases grants what flags of the manager name.
func (c *ControlPlane) grantNamedLeases(ctx context.Context, flags []string) error {
	for _, flag := range flags {
		if lease, ok := strings.CutPrefix(flag, "--leader-election-id="); ok && lease != Lease {
			if err := c.GrantLease(ctx, lease); err != nil {
				return err
			}
		}
	}
	return nil
}

// ByConfig reports whether a request is one that config/ has to allow: all are but those for a Lease that GrantLease grants.
func ByConfig(event auditv1.Event) bool {
	ref := event.ObjectRef
	return ref == nil || ref.Resource != "leases" || ref.Name == "" || ref.Name == Lease
}
