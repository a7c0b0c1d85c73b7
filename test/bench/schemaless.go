// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"time"

	rbacv1 "k8s.io/api/rbac/v1"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/wait"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
	"github.com/vectara-job-operator/vectara-job-operator/test/harness"
)

// schemaless is the API group of the copy of the CRD.
const schemaless = "schemaless.vectara.io"

// clientPair is the two clients of suite for the copy.
type clientPair struct{ admin, bare client.Client }

// withoutSchema serves a copy of the CRD of VectaraJobs that admits everything, and lets the operator's identity write
// statuses of it.
func (s *suite) withoutSchema(ctx context.Context) (clientPair, error) {
	scheme := runtime.NewScheme()
	version := schema.GroupVersion{Group: schemaless, Version: v1alpha1.GroupVersion.Version}
	scheme.AddKnownTypes(version, &v1alpha1.VectaraJob{}, &v1alpha1.VectaraJobList{})
	metav1.AddToGroupVersion(scheme, version)
	for _, add := range []func(*runtime.Scheme) error{clientgoscheme.AddToScheme, apiextensionsv1.AddToScheme} {
		if err := add(scheme); err != nil {
			return clientPair{}, err
		}
	}
	var clients clientPair
	var err error
	if clients.admin, err = client.New(s.cluster.Config, client.Options{Scheme: scheme}); err != nil {
		return clientPair{}, err
	}
	var crd apiextensionsv1.CustomResourceDefinition
	if err := clients.admin.Get(ctx, client.ObjectKey{Name: "vectarajobs." + v1alpha1.GroupName}, &crd); err != nil {
		return clientPair{}, err
	}
	if err := createAll(ctx, clients.admin, copyWithoutSchema(&crd), statusWriterRole(), statusWriterBinding()); err != nil {
		return clientPair{}, err
	}
	if clients.bare, err = client.New(s.identity, client.Options{Scheme: scheme}); err != nil {
		return clientPair{}, err
	}
	return clients, awaitServed(ctx, clients.admin)
}

// copyWithoutSchema is a CRD with all but the schema of another, and what needs one.
func copyWithoutSchema(crd *apiextensionsv1.CustomResourceDefinition) *apiextensionsv1.CustomResourceDefinition {
	copied := &apiextensionsv1.CustomResourceDefinition{
		ObjectMeta: metav1.ObjectMeta{Name: crd.Spec.Names.Plural + "." + schemaless},
		Spec:       *crd.Spec.DeepCopy(),
	}
	copied.Spec.Group = schemaless
	copied.Spec.Names.ShortNames, copied.Spec.Names.Categories = nil, nil
	for i := range copied.Spec.Versions {
		copied.Spec.Versions[i].SelectableFields = nil
		copied.Spec.Versions[i].Schema = &apiextensionsv1.CustomResourceValidation{
			OpenAPIV3Schema: &apiextensionsv1.JSONSchemaProps{Type: "object", XPreserveUnknownFields: ptr.To(true)},
		}
	}
	return copied
}

func statusWriterRole() *rbacv1.ClusterRole {
	return &rbacv1.ClusterRole{
		ObjectMeta: metav1.ObjectMeta{Name: schemaless},
		Rules:      []rbacv1.PolicyRule{{APIGroups: []string{schemaless}, Resources: []string{"vectarajobs/status"}, Verbs: []string{"patch"}}},
	}
}

func statusWriterBinding() *rbacv1.ClusterRoleBinding {
	return &rbacv1.ClusterRoleBinding{
		ObjectMeta: metav1.ObjectMeta{Name: schemaless},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: schemaless},
		Subjects:   []rbacv1.Subject{{Kind: rbacv1.ServiceAccountKind, Namespace: harness.OperatorNamespace, Name: harness.ServiceAccount}},
	}
}

func createAll(ctx context.Context, admin client.Client, objects ...client.Object) error {
	for _, object := range objects {
		if err := admin.Create(ctx, object); err != nil {
			return err
		}
	}
	return nil
}

// awaitServed waits until the API server serves the copy.
func awaitServed(ctx context.Context, admin client.Client) error {
	return wait.PollUntilContextTimeout(ctx, 100*time.Millisecond, 30*time.Second, true, func(ctx context.Context) (bool, error) {
		return admin.List(ctx, &v1alpha1.VectaraJobList{}) == nil, ctx.Err()
	})
}
