#!/usr/bin/env bash
# Loads an image's archive into the first container engine that answers: docker, podman, or containerd for Kubernetes (ctr).
#
#   load.sh FOLDER    where "make image" put the archives
set -euo pipefail
archive=$1/manager-linux-$(go env GOHOSTARCH).tar
[[ -f $archive ]] || { echo "image-load: there is no $archive: run 'make image'" >&2; exit 1; }

if docker version >/dev/null 2>&1; then
  echo "image-load: docker"
  docker load --input "$archive"
elif podman version >/dev/null 2>&1; then
  echo "image-load: podman"
  podman load --input "$archive"
elif ctr version >/dev/null 2>&1; then
  echo "image-load: containerd, in the namespace that Kubernetes uses"
  ctr --namespace k8s.io images import "$archive"
else
  echo "image-load: no container engine answers: neither 'docker version', 'podman version' nor 'ctr version' succeeds." >&2
  echo "image-load: for a cluster, push the image instead: make image-push REF=registry.example.com/name:tag" >&2
  exit 1
fi
