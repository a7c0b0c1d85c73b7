// SPDX-License-Identifier: Apache-2.0

package vectara

import (
	"context"
	"net/http"
)

// authenticator puts credentials on requests.
type authenticator interface {
	// credential gives what to send with the next request.
	credential(ctx context.Context) (string, error)
	// replacement gives what to send in place of a credential that got a 401, or "" if there is nothing else.
	replacement(ctx context.Context, refused string) (string, error)
	// apply puts a credential on a request.
	apply(header http.Header, credential string)
}

// apiKey is sent as it is, for ever.
type apiKey struct{ key string }

func (a *apiKey) credential(context.Context) (string, error) { return a.key, nil }

func (a *apiKey) replacement(context.Context, string) (string, error) { return "", nil }

func (a *apiKey) apply(header http.Header, key string) { header.Set("x-api-key", key) }

// bearer sends access tokens (RFC 6750, section 2.1).
type bearer struct{ tokens *tokenSource }

func (b *bearer) credential(ctx context.Context) (string, error) { return b.tokens.token(ctx) }

func (b *bearer) replacement(ctx context.Context, refused string) (string, error) {
	return b.tokens.replace(ctx, refused)
}

func (b *bearer) apply(header http.Header, token string) {
	header.Set("Authorization", "Bearer "+token)
}
