#!/usr/bin/env bash
# Builds both binaries in two folders that have nothing in common but the sources, and compares them bit for bit: one is a bare
# copy, the other a git repository with a history of its own, deeper in the file system. With COLD=1, no package comes from the
# build cache of the other, which takes minutes.
set -euo pipefail
cd "$(dirname "$0")/.."

folder=$(mktemp -d)
trap 'chmod -R u+w "$folder"; rm -rf "$folder"' EXIT
first=$folder/a second=$folder/deeper/and/of/another/name

for copy in "$first" "$second"; do
  mkdir -p "$copy/hack"
  cp -Rp Makefile go.mod go.sum api cmd internal "$copy"
  cp -Rp hack/build.sh hack/source "$copy/hack"
done
(
  cd "$second"
  git init --quiet
  git add --all
  git -c user.name=somebody -c user.email=somebody@example.com -c commit.gpgsign=false commit --quiet --message=else
)

# What users may have set is not to hide what the Makefile leaves out.
export GOFLAGS=-mod=readonly
build() {
  make -C "$1" --silent build kubectl-plugin VERSION=v0.0.0-reproducible
}
build "$first"
[[ -z ${COLD:-} ]] || export GOCACHE=$folder/cache
build "$second"

for binary in manager kubectl-vectara; do
  digest() { sha256sum "$1/bin/$binary" | cut -d' ' -f1; }
  if [[ $(digest "$first") != $(digest "$second") ]]; then
    diff <(go version -m "$first/bin/$binary") <(go version -m "$second/bin/$binary") >&2 || true
    echo "bin/$binary depends on where it is built: $(digest "$first") and $(digest "$second")" >&2
    exit 1
  fi
  echo "bin/$binary: $(digest "$first") twice"
done
