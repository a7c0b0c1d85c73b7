#!/bin/sh
# Builds a command in the one way that everything that is shipped is built: "make build", the image and the Dockerfile.
#
#   VERSION=v1.2.3 [GOOS=linux GOARCH=arm64] build.sh PACKAGE OUTPUT
#
# The same sources give the same bits, wherever they lie: no paths, nothing of git but the version, no C, no symbols.
# For sh, because an image to build in may have no bash.
set -eu
cd "$(dirname "$0")/.."

CGO_ENABLED=0 go build -trimpath -buildvcs=false \
  -ldflags "-s -w -X github.com/vectara-job-operator/vectara-job-operator/internal/version.Version=${VERSION:?}" -o "$2" "$1"
