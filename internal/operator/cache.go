// SPDX-License-Identifier: Apache-2.0

package operator

import (
	corev1 "k8s.io/api/core/v1"
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
			&v1alpha1.VectaraJobDiscovery{}: {Label: o.selector, Transform: stripDiscovery},
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
