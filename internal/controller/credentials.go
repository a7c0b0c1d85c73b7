// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
	"github.com/vectara-job-operator/vectara-job-operator/internal/plaintext"
	"github.com/vectara-job-operator/vectara-job-operator/internal/vectara"
)

// namedKeys is how many keys of a Secret a message names.
const namedKeys = 5

// credentials reads the credentials in a Secret. That it is not there or cannot be used is a fault, not an error.
func credentials(ctx context.Context, reader client.Reader, namespace, name string) (vectara.Credentials, *fault, error) {
	var secret corev1.Secret
	err := reader.Get(ctx, types.NamespacedName{Namespace: namespace, Name: name}, &secret)
	// The cache holds Secrets of one type only. Checking the type again keeps the promise to every other Secret even if the
	// cache is set up wrongly.
	if apierrors.IsNotFound(err) || err == nil && secret.Type != v1alpha1.CredentialsSecretType {
		return vectara.Credentials{}, credentialsNotFound(namespace, name), nil
	}
	if err != nil {
		return vectara.Credentials{}, nil, fmt.Errorf("reading Secret %q: %w", name, err)
	}
	parsed, err := parseCredentials(secret.Data)
	if err != nil {
		return vectara.Credentials{}, credentialsInvalid(name, err), nil
	}
	return parsed, nil, nil
}

// keysOf names the keys of a Secret for a message, never values. Of keys that are not read, the cache has the names only.
func keysOf(data map[string][]byte) string {
	var keys []string
	for _, key := range slices.Sorted(maps.Keys(data)) {
		switch {
		case len(keys) == namedKeys:
			return strings.Join(keys, ", ") + ", " + plaintext.Ellipsis
		case slices.Contains([]string{v1alpha1.APIKeyKey, v1alpha1.ClientIDKey, v1alpha1.ClientSecretKey}, key) && len(bytes.TrimSpace(data[key])) == 0:
			key += " (empty)"
		}
		keys = append(keys, key)
	}
	if len(keys) == 0 {
		return "no keys"
	}
	return strings.Join(keys, ", ")
}

// parseCredentials takes credentials out of the data of a Secret. White space around a value, such as the line end of a
// file, is trimmed. No error contains a value.
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
		return vectara.Credentials{}, fmt.Errorf("expected the key %s, or the keys %s and %s; it has: %s",
			v1alpha1.APIKeyKey, v1alpha1.ClientIDKey, v1alpha1.ClientSecretKey, keysOf(data))
	case hasClient && parsed.ClientID == "":
		return vectara.Credentials{}, fmt.Errorf("%s is there, but %s is missing or empty; it has: %s",
			v1alpha1.ClientSecretKey, v1alpha1.ClientIDKey, keysOf(data))
	case hasClient && parsed.ClientSecret == "":
		return vectara.Credentials{}, fmt.Errorf("%s is there, but %s is missing or empty; it has: %s",
			v1alpha1.ClientIDKey, v1alpha1.ClientSecretKey, keysOf(data))
	}
	var invalid *vectara.CredentialsError
	if err := parsed.Validate(); errors.As(err, &invalid) {
		return vectara.Credentials{}, errors.New(invalid.Problem)
	}
	return parsed, nil
}
