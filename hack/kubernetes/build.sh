#!/usr/bin/env bash
# Builds older versions of kube-apiserver into a folder, each once.
#
#   build.sh DIR
#
# DIR gets vX.Y/kube-apiserver for each folder vX.Y beside this script, whose go.mod pins the version. A second run returns at
# once, until the pins or this script change. What else a control plane needs is hack/controlplane's.
set -euo pipefail

say() { printf 'kubernetes: %s\n' "$*"; }

die() {
  printf 'kubernetes: %s\n' "$*" >&2
  exit 1
}

# pins prints a checksum of everything that decides what is built in the current folder.
pins() { cat go.mod go.sum ../build.sh | cksum; }

# link_flags prints the linker flags that strip a binary and set its version, as hack/controlplane/build.sh has them.
link_flags() {
  local version=$1 major minor package
  IFS=. read -r major minor _ <<<"${version#v}"
  printf -- '-s -w'
  for package in k8s.io/component-base/version k8s.io/client-go/pkg/version; do
    printf -- ' -X %s.gitVersion=%s -X %s.gitMajor=%s -X %s.gitMinor=%s' \
      "$package" "$version" "$package" "$major" "$package" "$minor"
  done
}

# build DIR builds the version of the current folder, and puts it into place when it is whole.
build() {
  local dir=$1 version start=$SECONDS
  [[ -x $dir/kube-apiserver && -f $dir/.pins && $(<"$dir/.pins") == "$(pins)" ]] && return
  version=$(go list -m -f '{{.Version}}' k8s.io/kubernetes)
  say "building kube-apiserver $version (once, 4 minutes on two cores)"
  mkdir -p "$dir"
  rm -f "$dir/.pins"
  go build -trimpath -buildvcs=false -ldflags "$(link_flags "$version")" -o "$dir/kube-apiserver.new" k8s.io/kubernetes/cmd/kube-apiserver
  mv -f "$dir/kube-apiserver.new" "$dir/kube-apiserver"
  pins >"$dir/.pins"
  say "kube-apiserver $version: done in $((SECONDS - start)) s"
}

[[ $# -eq 1 && $1 == /* ]] || die "usage: build.sh DIR, which must be absolute"
cd "$(dirname "${BASH_SOURCE[0]}")"
# For this machine, whatever the caller builds for.
export CGO_ENABLED=0 GOWORK=off GOOS= GOARCH=
for folder in v*/; do
  (cd "$folder" && build "$1/${folder%/}") || die "failed: ${folder%/}"
done
