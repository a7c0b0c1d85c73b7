// SPDX-License-Identifier: Apache-2.0

package security

import (
	"context"
	"testing"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	authorizationv1 "k8s.io/api/authorization/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
	"github.com/vectara-job-operator/vectara-job-operator/test/harness"
)

// TestOperatorOfOneNamespace asks the API server what somebody with the operator's token may do where config/namespaced is
// applied, in which the manager of these tests works.
func TestOperatorOfOneNamespace(t *testing.T) {
	operator := operatorClient(t)
	const vectara = "jobs.vectara.io"
	tests := map[string]struct {
		verb, group, resource, subresource, namespace string
		want                                          bool
	}{
		"the Secrets of its namespace":      {"list", "", "secrets", "", watched, true},
		"the Secrets of another namespace":  {"list", "", "secrets", "", "default", false},
		"the Secrets of its own namespace":  {"list", "", "secrets", "", harness.OperatorNamespace, false},
		"the Secrets of all namespaces":     {"list", "", "secrets", "", "", false},
		"a Secret cannot be written":        {"update", "", "secrets", "", watched, false},
		"status in its namespace":           {"patch", vectara, "vectarajobs", "status", watched, true},
		"status in another namespace":       {"patch", vectara, "vectarajobs", "status", "default", false},
		"what a user wrote":                 {"update", vectara, "vectarajobs", "", watched, false},
		"a discovery is never created":      {"create", vectara, "vectarajobdiscoveries", "", watched, false},
		"a discovery is never deleted":      {"delete", vectara, "vectarajobdiscoveries", "", watched, false},
		"deleting is one object at a time":  {"deletecollection", vectara, "vectarajobs", "", watched, false},
		"pods":                              {"create", "", "pods", "", watched, false},
		"tokens of service accounts":        {"create", "", "serviceaccounts", "token", harness.OperatorNamespace, false},
		"roles":                             {"create", "rbac.authorization.k8s.io", "rolebindings", "", watched, false},
		"impersonation":                     {"impersonate", "", "users", "", "", false},
		"ConfigMaps, which hold the limits": {"update", "", "configmaps", "", harness.OperatorNamespace, false},
		"asking who a scraper is":           {"create", "authentication.k8s.io", "tokenreviews", "", "", true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			allowed := may(t, operator, authorizationv1.ResourceAttributes{
				Verb: tt.verb, Group: tt.group, Resource: tt.resource, Subresource: tt.subresource, Namespace: tt.namespace,
			})
			if allowed != tt.want {
				t.Errorf("allowed: %t, want %t", allowed, tt.want)
			}
		})
	}
}

// TestOperatorHasOneLease: whoever can write any Lease of a namespace can stop every operator in it.
func TestOperatorHasOneLease(t *testing.T) {
	operator := operatorClient(t)
	for _, tt := range []struct {
		verb, namespace, name string
		want                  bool
	}{
		{"get", harness.OperatorNamespace, harness.Lease, true},
		{"update", harness.OperatorNamespace, harness.Lease, true},
		{"create", harness.OperatorNamespace, "", true},
		{"get", harness.OperatorNamespace, "another", false},
		{"update", harness.OperatorNamespace, "another", false},
		{"list", harness.OperatorNamespace, "", false},
		{"delete", harness.OperatorNamespace, harness.Lease, false},
		{"update", "kube-node-lease", harness.Lease, false},
		{"create", watched, "", false},
	} {
		allowed := may(t, operator, authorizationv1.ResourceAttributes{
			Verb: tt.verb, Group: "coordination.k8s.io", Resource: "leases", Namespace: tt.namespace, Name: tt.name,
		})
		if allowed != tt.want {
			t.Errorf("%s %q in %s is allowed: %t, want %t", tt.verb, tt.name, tt.namespace, allowed, tt.want)
		}
	}
}

// operatorClient is a client of somebody with the operator's token.
func operatorClient(t *testing.T) *kubernetes.Clientset {
	t.Helper()
	kubeconfig, err := cluster.OperatorKubeconfig(t.Context())
	must(t, err)
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	must(t, err)
	operator, err := kubernetes.NewForConfig(config)
	must(t, err)
	return operator
}

// may asks the API server whether the client may do something.
func may(t *testing.T, client *kubernetes.Clientset, what authorizationv1.ResourceAttributes) bool {
	t.Helper()
	review, err := client.AuthorizationV1().SelfSubjectAccessReviews().Create(t.Context(), &authorizationv1.SelfSubjectAccessReview{
		Spec: authorizationv1.SelfSubjectAccessReviewSpec{ResourceAttributes: &what},
	}, metav1.CreateOptions{})
	must(t, err)
	return review.Status.Allowed
}

// TestTenantMayNot is what a person with the built-in role "edit" in one namespace cannot do, and cannot have the operator do.
func TestTenantMayNot(t *testing.T) {
	job := &v1alpha1.VectaraJob{
		ObjectMeta: metav1.ObjectMeta{Namespace: watched, Name: "of-the-tenant"}, Spec: v1alpha1.VectaraJobSpec{JobID: "job_tenant"},
	}
	// The role gets the rules for our kinds some time after it was installed.
	await(t, "a tenant may create a VectaraJob", func(ctx context.Context) error { return tenant.Create(ctx, job) })
	t.Cleanup(func() { must(t, client.IgnoreNotFound(tenant.Delete(context.Background(), job))) })
	discovery := &v1alpha1.VectaraJobDiscovery{ObjectMeta: metav1.ObjectMeta{Namespace: watched, Name: "of-the-tenant"}}
	discovery.Spec.Suspend = ptr.To(true)
	must(t, tenant.Create(t.Context(), discovery))
	t.Cleanup(func() { must(t, client.IgnoreNotFound(tenant.Delete(context.Background(), discovery))) })

	forged := client.RawPatch(types.MergePatchType, []byte(`{"status": {"state": "completed"}}`))
	limits := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: harness.OperatorNamespace, Name: "vectara-job-limits"}}
	tests := map[string]func(context.Context) error{
		"forge the status of a job":       func(ctx context.Context) error { return tenant.Status().Patch(ctx, job, forged) },
		"forge the status of a discovery": func(ctx context.Context) error { return tenant.Status().Patch(ctx, discovery, forged) },
		"create a VectaraJob elsewhere": func(ctx context.Context) error {
			elsewhere := job.DeepCopy()
			elsewhere.Namespace, elsewhere.ResourceVersion = "default", ""
			return tenant.Create(ctx, elsewhere)
		},
		"see the jobs of others": func(ctx context.Context) error {
			return tenant.List(ctx, &v1alpha1.VectaraJobList{}, client.InNamespace("default"))
		},
		"set limits of their own": func(ctx context.Context) error { return tenant.Create(ctx, limits) },
		"remove a policy": func(ctx context.Context) error {
			return tenant.DeleteAllOf(ctx, &admissionregistrationv1.ValidatingAdmissionPolicyBinding{})
		},
		"raise a quota": func(ctx context.Context) error {
			return tenant.Create(ctx, &corev1.ResourceQuota{ObjectMeta: metav1.ObjectMeta{Namespace: watched, Name: "mine"}})
		},
		"read metrics": func(ctx context.Context) error {
			review := &authorizationv1.SelfSubjectAccessReview{Spec: authorizationv1.SelfSubjectAccessReviewSpec{
				NonResourceAttributes: &authorizationv1.NonResourceAttributes{Path: "/metrics", Verb: "get"},
			}}
			if err := tenant.Create(ctx, review); err != nil || review.Status.Allowed {
				return err
			}
			return apierrors.NewForbidden(schema.GroupResource{}, "/metrics", nil)
		},
	}
	for name, try := range tests {
		t.Run(name, func(t *testing.T) {
			if err := try(t.Context()); !apierrors.IsForbidden(err) {
				t.Errorf("got %v, want that it is forbidden", err)
			}
		})
	}
	// Status that comes with a new object is dropped.
	mine := job.DeepCopy()
	mine.Name, mine.ResourceVersion, mine.Status.State = "born-completed", "", v1alpha1.JobStateCompleted
	must(t, tenant.Create(t.Context(), mine, client.DryRunAll))
	if mine.Status.State != "" || mine.Status.ObservedGeneration != -1 {
		t.Errorf("a new object kept the status that its author gave it: %+v", mine.Status)
	}
}
