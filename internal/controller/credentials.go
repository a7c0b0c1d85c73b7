// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
	"github.com/vectara-job-operator/vectara-job-operator/internal/jobs"
	"github.com/vectara-job-operator/vectara-job-operator/internal/vectara"
)

// credentials reads the Secret that an object refers to.
func credentials(ctx context.Context, reader client.Reader, object *v1alpha1.VectaraJob) (jobs.Credentials, *trouble, error) {
	return credentialsIn(ctx, reader, object.Namespace, object.Spec.SecretRef.Name)
}

// credentialsIn reads a Secret. One that is not there or cannot be used is a trouble, not an error.
func credentialsIn(ctx context.Context, reader client.Reader, namespace, name string) (jobs.Credentials, *trouble, error) {
	var secret corev1.Secret
	err := reader.Get(ctx, types.NamespacedName{Namespace: namespace, Name: name}, &secret)
	// The cache holds Secrets of one type only. That the type is looked at again keeps the promise to every other
	// Secret even if the cache is set up wrongly.
	if apierrors.IsNotFound(err) || err == nil && secret.Type != v1alpha1.CredentialsSecretType {
		t := credentialsNotFound(namespace, name)
		return jobs.Credentials{}, &t, nil
	}
	if err != nil {
		return jobs.Credentials{}, nil, fmt.Errorf("reading Secret %q: %w", name, err)
	}
	parsed, err := parseCredentials(secret.Data)
	if err != nil {
		t := credentialsInvalid(name, err)
		return jobs.Credentials{}, &t, nil
	}
	return jobs.Credentials{Secret: jobs.Key{Namespace: namespace, Name: name}, Vectara: parsed}, nil, nil
}

// parseCredentials takes credentials out of the data of a Secret. White space around a value, such as the line end that
// a file brings along, is left out. No error holds a value.
func parseCredentials(data map[string][]byte) (vectara.Credentials, error) {
	value := func(key string) string { return string(bytes.TrimSpace(data[key])) }
	parsed := vectara.Credentials{
		APIKey:       value(v1alpha1.APIKeyKey),
		ClientID:     value(v1alpha1.ClientIDKey),
		ClientSecret: value(v1alpha1.ClientSecretKey),
	}
	switch hasKey, hasClient := parsed.APIKey != "", parsed.ClientID != "" || parsed.ClientSecret != ""; {
	case hasKey && hasClient:
		return vectara.Credentials{}, fmt.Errorf("it holds %s and also %s or %s: expected one or the other",
			v1alpha1.APIKeyKey, v1alpha1.ClientIDKey, v1alpha1.ClientSecretKey)
	case !hasKey && !hasClient:
		return vectara.Credentials{}, fmt.Errorf("expected the key %s, or the keys %s and %s",
			v1alpha1.APIKeyKey, v1alpha1.ClientIDKey, v1alpha1.ClientSecretKey)
	case hasClient && parsed.ClientID == "":
		return vectara.Credentials{}, errors.New(v1alpha1.ClientSecretKey + " is there, but " + v1alpha1.ClientIDKey + " is missing or empty")
	case hasClient && parsed.ClientSecret == "":
		return vectara.Credentials{}, errors.New(v1alpha1.ClientIDKey + " is there, but " + v1alpha1.ClientSecretKey + " is missing or empty")
	}
	var invalid *vectara.CredentialsError
	if err := parsed.Validate(); errors.As(err, &invalid) {
		return vectara.Credentials{}, errors.New(invalid.Problem)
	}
	return parsed, nil
}
