// SPDX-License-Identifier: Apache-2.0

package kubectl

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"maps"
	"strings"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/util/retry"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
	"github.com/vectara-job-operator/vectara-job-operator/internal/vectara"
)

// findSecret gets the Secret that is to hold the credentials, or nil if there is none. One that must not be written is an
// error.
func findSecret(ctx context.Context, c client.Client, namespace, name string) (*corev1.Secret, error) {
	secret := &corev1.Secret{}
	err := c.Get(ctx, client.ObjectKey{Namespace: namespace, Name: name}, secret)
	switch {
	case apierrors.IsNotFound(err):
		return nil, nil
	case err != nil:
		return nil, err
	case secret.Type != v1alpha1.CredentialsSecretType:
		return nil, fmt.Errorf("the Secret %q in the namespace %q is of type %s, which cannot be changed: expected %s. "+
			"Choose another --name, or delete it", name, namespace, secret.Type, v1alpha1.CredentialsSecretType)
	case secret.Immutable != nil && *secret.Immutable:
		return nil, fmt.Errorf("the Secret %q in the namespace %q is immutable: choose another --name, or delete it", name, namespace)
	}
	return secret, nil
}

// storeSecret writes the credentials into the Secret, and says what was done. Keys that are not of credentials are kept.
func storeSecret(ctx context.Context, c client.Client, namespace, name string, credentials vectara.Credentials) (*corev1.Secret, string, error) {
	var stored *corev1.Secret
	var operation string
	mayHaveChanged := func(err error) bool { return apierrors.IsConflict(err) || apierrors.IsAlreadyExists(err) }
	err := retry.OnError(retry.DefaultRetry, mayHaveChanged, func() error {
		existing, err := findSecret(ctx, c, namespace, name)
		if err != nil {
			return err
		}
		if existing == nil {
			stored, operation = &corev1.Secret{
				ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name},
				Type:       v1alpha1.CredentialsSecretType,
				Data:       keys(credentials),
			}, "created"
			return c.Create(ctx, stored)
		}
		stored, operation = existing, "configured"
		stored.Data = replaced(existing.Data, keys(credentials))
		return c.Update(ctx, stored)
	})
	return stored, operation, err
}

// replaced has the new credentials in place of whatever credentials there were.
func replaced(data, credentials map[string][]byte) map[string][]byte {
	all := map[string][]byte{}
	maps.Copy(all, data)
	for _, key := range []string{v1alpha1.APIKeyKey, v1alpha1.ClientIDKey, v1alpha1.ClientSecretKey} {
		delete(all, key)
	}
	maps.Copy(all, credentials)
	return all
}

// withoutData is the Secret as it may be printed. kubectl apply leaves a copy of the data in an annotation.
func withoutData(secret *corev1.Secret) *corev1.Secret {
	secret = secret.DeepCopy()
	secret.Data, secret.StringData = nil, nil
	delete(secret.Annotations, corev1.LastAppliedConfigAnnotation)
	return secret
}

// withoutSecrets is an error in whose text the credentials do not stand, plain or encoded, whoever put them there.
func withoutSecrets(err error, credentials vectara.Credentials) error {
	text := err.Error()
	for _, secret := range []string{credentials.APIKey, credentials.ClientSecret} {
		if secret == "" {
			continue
		}
		for _, form := range []string{secret, base64.StdEncoding.EncodeToString([]byte(secret))} {
			text = strings.ReplaceAll(text, form, "[redacted]")
		}
	}
	if text == err.Error() {
		return err
	}
	return errors.New(text)
}
