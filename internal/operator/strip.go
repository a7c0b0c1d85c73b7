// SPDX-License-Identifier: Apache-2.0

package operator

import (
	"bytes"
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
)

// The longest values that the operator accepts. Anything longer is kept so that it is still seen to be too long.
const (
	maxRequestedAt    = 256  // characters, in status.lastHandledReconcileAt
	maxSecretLength   = 4096 // bytes, without white space around them
	maxClientIDLength = 512  // bytes, without white space around them
)

// maxOtherKeys is how many names of other keys are kept of a Secret without credentials, for the message about it.
const maxOtherKeys = 8

// credentialsKeys are the keys of a Secret that are read, each with the longest value that is valid.
var credentialsKeys = map[string]int{
	v1alpha1.APIKeyKey:       maxSecretLength,
	v1alpha1.ClientIDKey:     maxClientIDLength,
	v1alpha1.ClientSecretKey: maxSecretLength,
}

// stripJob keeps what the controllers read, so that users cannot fill the operator's memory with the rest. Status is
// written as a patch, so that nothing is lost in the cluster.
func stripJob(object any) (any, error) {
	if job, ok := object.(*v1alpha1.VectaraJob); ok {
		return &v1alpha1.VectaraJob{TypeMeta: job.TypeMeta, ObjectMeta: stripMeta(&job.ObjectMeta), Spec: job.Spec, Status: job.Status}, nil
	}
	return object, nil
}

// stripDiscovery does the same for a VectaraJobDiscovery.
func stripDiscovery(object any) (any, error) {
	if discovery, ok := object.(*v1alpha1.VectaraJobDiscovery); ok {
		return &v1alpha1.VectaraJobDiscovery{
			TypeMeta: discovery.TypeMeta, ObjectMeta: stripMeta(&discovery.ObjectMeta), Spec: discovery.Spec, Status: discovery.Status,
		}, nil
	}
	return object, nil
}

// stripMeta leaves out labels, too: the API server applies the label selector.
func stripMeta(meta *metav1.ObjectMeta) metav1.ObjectMeta {
	kept := metav1.ObjectMeta{
		Namespace: meta.Namespace, Name: meta.Name, UID: meta.UID,
		ResourceVersion: meta.ResourceVersion, Generation: meta.Generation,
		CreationTimestamp: meta.CreationTimestamp, DeletionTimestamp: meta.DeletionTimestamp,
		OwnerReferences: stripOwners(meta),
	}
	if requestedAt, ok := meta.Annotations[v1alpha1.RequestedAtAnnotation]; ok {
		kept.Annotations = map[string]string{v1alpha1.RequestedAtAnnotation: cut(requestedAt, maxRequestedAt+1)}
	}
	return kept
}

// stripOwners keeps the VectaraJobDiscovery that controls an object. The API server does not bound the strings in an
// owner reference; those that are cut are too long to be of a discovery that exists.
func stripOwners(meta *metav1.ObjectMeta) []metav1.OwnerReference {
	owner := metav1.GetControllerOf(meta)
	if owner == nil || owner.Kind != v1alpha1.VectaraJobDiscoveryKind {
		return nil
	}
	const longest = validation.DNS1123SubdomainMaxLength + 1
	owner.APIVersion = cut(owner.APIVersion, longest)
	owner.Name = cut(owner.Name, longest)
	owner.UID = cut(owner.UID, longest)
	return []metav1.OwnerReference{*owner}
}

// cut returns at most the first characters of a string, without holding on to the memory of the rest.
func cut[S ~string](s S, characters int) S {
	for i := range string(s) {
		if characters == 0 {
			return S(strings.Clone(string(s[:i])))
		}
		characters--
	}
	return s
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
	for key, longest := range credentialsKeys {
		if value, ok := secret.Data[key]; ok {
			kept.Data[key] = stripCredential(value, longest)
		}
	}
	keepOtherNames(kept.Data, secret.Data)
	return kept, nil
}

// keepOtherNames adds the first names of other keys, without values, to what is kept of a Secret without credentials. So
// the message about it can say what the Secret has.
func keepOtherNames(kept, all map[string][]byte) {
	has := func(key string) bool { return len(kept[key]) > 0 }
	if has(v1alpha1.APIKeyKey) || has(v1alpha1.ClientIDKey) && has(v1alpha1.ClientSecretKey) {
		return
	}
	most := len(kept) + maxOtherKeys
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if _, ok := kept[name]; !ok && len(kept) < most {
			kept[strings.Clone(name)] = nil
		}
	}
}

// stripCredential leaves out white space around a value, as the reader of it does. A value that is too long becomes
// another that is: only cut, it could end in white space, and be valid without it.
func stripCredential(value []byte, longest int) []byte {
	value = bytes.TrimSpace(value)
	if len(value) > longest {
		return bytes.Repeat([]byte("x"), longest+1)
	}
	return bytes.Clone(value)
}
