// SPDX-License-Identifier: Apache-2.0

package kubectl

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	utilruntime "k8s.io/apimachinery/pkg/util/runtime"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
	"github.com/vectara-job-operator/vectara-job-operator/internal/version"
)

// scheme holds the kinds that the plugin has to do with.
var scheme = newScheme()

func newScheme() *runtime.Scheme {
	s := runtime.NewScheme()
	utilruntime.Must(corev1.AddToScheme(s))
	utilruntime.Must(v1alpha1.AddToScheme(s))
	return s
}

// connect implements Environment.Connect.
func connect(getter genericclioptions.RESTClientGetter) (client.WithWatch, error) {
	config, err := getter.ToRESTConfig()
	if err != nil {
		return nil, err
	}
	config.UserAgent = userAgent()
	return client.NewWithWatch(config, client.Options{Scheme: scheme, Mapper: mapper()})
}

// mapper knows where the few kinds are that are needed, so that no command has to discover them first.
func mapper() meta.RESTMapper {
	m := meta.NewDefaultRESTMapper([]schema.GroupVersion{v1alpha1.GroupVersion, corev1.SchemeGroupVersion})
	m.Add(v1alpha1.GroupVersion.WithKind(v1alpha1.VectaraJobKind), meta.RESTScopeNamespace)
	m.Add(v1alpha1.GroupVersion.WithKind(v1alpha1.VectaraJobDiscoveryKind), meta.RESTScopeNamespace)
	m.Add(corev1.SchemeGroupVersion.WithKind("Secret"), meta.RESTScopeNamespace)
	m.Add(corev1.SchemeGroupVersion.WithKind("Event"), meta.RESTScopeNamespace)
	m.Add(corev1.SchemeGroupVersion.WithKind("Namespace"), meta.RESTScopeRoot)
	return m
}

func userAgent() string { return "kubectl-vectara/" + version.Version }
