// SPDX-License-Identifier: Apache-2.0

package operator

import (
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
)

// cacheOptions say what the manager keeps a copy of, and watches: VectaraJobs and VectaraJobDiscoveries that the selector
// matches, and Secrets that were made for it. No other Secret ever leaves the API server.
func cacheOptions(o Options) cache.Options {
	options := cache.Options{
		ByObject: map[client.Object]cache.ByObject{
			&v1alpha1.VectaraJob{}:          {Label: o.selector, Transform: stripJob},
			&v1alpha1.VectaraJobDiscovery{}: {Label: o.selector, Transform: cache.TransformStripManagedFields()},
			&corev1.Secret{}: {
				Field:     fields.OneTermEqualSelector("type", v1alpha1.CredentialsSecretType),
				Transform: stripSecret,
			},
		},
	}
	if len(o.namespaces) > 0 {
		options.DefaultNamespaces = map[string]cache.Config{}
		for _, namespace := range o.namespaces {
			options.DefaultNamespaces[namespace] = cache.Config{}
		}
	}
	return options
}

// stripJob leaves out what nobody here reads: at ten thousand objects it would be most of the memory. Status is written
// as a patch, so that nothing is lost in the cluster.
func stripJob(object any) (any, error) {
	if job, ok := object.(*v1alpha1.VectaraJob); ok {
		job.ManagedFields = nil
		delete(job.Annotations, corev1.LastAppliedConfigAnnotation)
	}
	return object, nil
}

// stripSecret keeps the keys that hold credentials, and what names the Secret.
func stripSecret(object any) (any, error) {
	secret, ok := object.(*corev1.Secret)
	if !ok {
		return object, nil
	}
	kept := &corev1.Secret{
		TypeMeta: secret.TypeMeta,
		ObjectMeta: metav1.ObjectMeta{
			Namespace: secret.Namespace, Name: secret.Name, UID: secret.UID, ResourceVersion: secret.ResourceVersion,
		},
		Type: secret.Type,
		Data: map[string][]byte{},
	}
	for _, key := range []string{v1alpha1.APIKeyKey, v1alpha1.ClientIDKey, v1alpha1.ClientSecretKey} {
		if value, ok := secret.Data[key]; ok {
			kept.Data[key] = value
		}
	}
	return kept, nil
}
