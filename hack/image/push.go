// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote"
)

// push pushes a layout to a registry, with the credentials that docker or podman login left, and returns the reference by digest
// that can be deployed and signed. SBOMs come last: a registry without the referrers API gets them under a tag that is made from
// what they refer to.
func push(ctx context.Context, folder, reference string) (string, error) {
	ref, err := name.ParseReference(reference)
	if err != nil {
		return "", fmt.Errorf("the reference to push to: %w", err)
	}
	index, referrers, err := readLayout(folder)
	if err != nil {
		return "", err
	}
	digest, err := index.Digest()
	if err != nil {
		return "", err
	}
	options := []remote.Option{remote.WithContext(ctx), remote.WithAuthFromKeychain(authn.DefaultKeychain)}
	if err := remote.WriteIndex(ref, index, options...); err != nil {
		return "", fmt.Errorf("pushing the image: %w", err)
	}
	for _, referrer := range referrers {
		own, err := referrer.Digest()
		if err != nil {
			return "", err
		}
		if err := remote.Write(ref.Context().Digest(own.String()), referrer, options...); err != nil {
			return "", fmt.Errorf("pushing the SBOM: %w", err)
		}
	}
	return ref.Context().Digest(digest.String()).String(), nil
}
