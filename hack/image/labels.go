// SPDX-License-Identifier: Apache-2.0

package main

import "time"

const (
	repository  = "https://github.com/vectara-job-operator/vectara-job-operator"
	description = "A Kubernetes operator that mirrors background jobs of the Vectara REST API as custom resources"
)

// labels say what an image is, in the words of the OCI image specification.
func labels(version, revision string, created time.Time) map[string]string {
	texts := map[string]string{
		"title":         "vectara-job-operator",
		"description":   description,
		"url":           repository,
		"source":        repository,
		"documentation": repository + "/blob/main/README.md",
		"vendor":        "vectara-job-operator",
		"licenses":      "Apache-2.0",
		"version":       version,
		"revision":      revision,
		"created":       created.Format(time.RFC3339),
	}
	all := make(map[string]string, len(texts))
	for name, text := range texts {
		all["org.opencontainers.image."+name] = text
	}
	return all
}
