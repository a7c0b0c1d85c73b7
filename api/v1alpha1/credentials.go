// SPDX-License-Identifier: Apache-2.0

package v1alpha1

// Credentials for the Vectara API live in a Secret of CredentialsSecretType, which holds either the key APIKeyKey, or
// the keys ClientIDKey and ClientSecretKey.
const (
	// CredentialsSecretType is the type of every Secret that the operator reads. Giving a Secret this type is how its
	// owner agrees to that; no other Secret is ever read.
	CredentialsSecretType = "jobs.vectara.io/credentials"

	// DefaultCredentialsSecretName is the name of the Secret when spec.secretRef is absent.
	DefaultCredentialsSecretName = "vectara-credentials"

	// APIKeyKey is the key of the Secret under which a Vectara API key stands.
	APIKeyKey = "api-key"

	// ClientIDKey is the key of the Secret under which the ID of an OAuth 2.0 client stands.
	ClientIDKey = "client-id"

	// ClientSecretKey is the key of the Secret under which the secret of an OAuth 2.0 client stands.
	ClientSecretKey = "client-secret"
)

// RequestedAtAnnotation requests a poll of the job now. Every new value of it is one request; status echoes the
// value in lastHandledReconcileAt once Vectara was asked. The present time makes a good value.
const RequestedAtAnnotation = GroupName + "/requestedAt"
