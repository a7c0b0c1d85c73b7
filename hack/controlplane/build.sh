#!/usr/bin/env bash
# Builds the pinned control plane into a folder, once.
#
#   build.sh DIR
#
# DIR gets etcd, kube-apiserver, kube-controller-manager and kubectl, built from the Go modules that go.mod pins.
# A second run returns at once, until the pins or this script change.
# If KUBEBUILDER_ASSETS is set, nothing is built: that folder is checked instead.
set -euo pipefail

# What is built: file name and package, the quick one first.
readonly binaries=(
  "etcd go.etcd.io/etcd/server/v3"
  "kube-apiserver k8s.io/kubernetes/cmd/kube-apiserver"
  "kube-controller-manager k8s.io/kubernetes/cmd/kube-controller-manager"
  "kubectl k8s.io/kubernetes/cmd/kubectl"
)

say() { printf 'controlplane: %s\n' "$*"; }

die() {
  printf 'controlplane: %s\n' "$*" >&2
  exit 1
}

# check_own_binaries DIR fails unless DIR, the user's own choice, holds what the tests need.
check_own_binaries() {
  local dir=$1 name
  [[ $dir == /* ]] || die "KUBEBUILDER_ASSETS must be an absolute path, not '$dir': tests run in many folders."
  for name in etcd kube-apiserver kubectl; do
    [[ -x $dir/$name ]] || die "KUBEBUILDER_ASSETS is set to '$dir', but there is no executable '$name' in it. Unset it to have the pinned one built."
  done
  if [[ ! -x $dir/kube-controller-manager ]]; then
    say "no kube-controller-manager in KUBEBUILDER_ASSETS ('$dir'): whatever needs namespace deletion or garbage collection cannot run with it."
  fi
}

# pins prints a checksum of everything that decides what is built.
pins() { cat go.mod go.sum build.sh | cksum; }

# up_to_date DIR succeeds if DIR holds all binaries of the present pins.
up_to_date() {
  local dir=$1 entry
  [[ -f $dir/.pins && $(<"$dir/.pins") == "$(pins)" ]] || return 1
  for entry in "${binaries[@]}"; do
    [[ -x $dir/${entry%% *} ]] || return 1
  done
}

# link_flags prints the linker flags that strip a binary and set its version.
# All binaries get the same flags, and so share compiled packages.
link_flags() {
  local version major minor package
  version=$(go list -m -f '{{.Version}}' k8s.io/kubernetes)
  IFS=. read -r major minor _ <<<"${version#v}"
  printf -- '-s -w'
  for package in k8s.io/component-base/version k8s.io/client-go/pkg/version; do
    printf -- ' -X %s.gitVersion=%s -X %s.gitMajor=%s -X %s.gitMinor=%s' \
      "$package" "$version" "$package" "$major" "$package" "$minor"
  done
}

# tick LABEL START shows the elapsed time until it is killed: in place on a terminal, else twice a minute.
tick() {
  local label=$1 start=$2 every=30 format='%s … %d s\n'
  if [[ -t 1 ]]; then
    every=1 format='\r%s … %d s'
  fi
  while sleep "$every"; do
    # shellcheck disable=SC2059 # the format is one of the two above
    printf "$format" "$label" $((SECONDS - start))
  done
}

ticker=""

stop_ticker() {
  [[ -n $ticker ]] || return 0
  kill "$ticker" 2>/dev/null || true
  wait "$ticker" 2>/dev/null || true
  ticker=""
}

# with_ticker LABEL COMMAND... runs a long command and shows that it is alive.
with_ticker() {
  local label=$1 start=$SECONDS end='\n'
  shift
  [[ -t 1 ]] && end='\r'
  printf "%s …$end" "$label"
  tick "$label" "$start" &
  ticker=$!
  "$@" || die "failed: $label"
  stop_ticker
  [[ -t 1 ]] && printf '\r\033[K'
  printf '%s: done in %d s\n' "$label" $((SECONDS - start))
}

# build_all DIR puts each binary in place only when it is whole, and the record of the pins last.
build_all() {
  local dir=$1 flags entry name number=0 start=$SECONDS
  say "building etcd and Kubernetes from source into $dir."
  say "This happens once and takes 5 to 8 minutes on two cores; it is repeated only when the pinned versions change."
  mkdir -p "$dir"
  rm -f "$dir/.pins"
  partial=$(mktemp -d "$dir/.partial.XXXXXX")
  with_ticker "  0/${#binaries[@]} download the modules" go mod download
  flags=$(link_flags)
  for entry in "${binaries[@]}"; do
    name=${entry%% *}
    number=$((number + 1))
    with_ticker "  $number/${#binaries[@]} $name" \
      go build -trimpath -buildvcs=false -ldflags "$flags" -o "$partial/$name" "${entry#* }"
    mv -f "$partial/$name" "$dir/$name"
  done
  pins >"$partial/.pins"
  mv -f "$partial/.pins" "$dir/.pins"
  say "ready after $((SECONDS - start)) s."
}

main() {
  [[ $# -eq 1 ]] || die "usage: build.sh DIR"
  if [[ -n ${KUBEBUILDER_ASSETS:-} ]]; then
    check_own_binaries "$KUBEBUILDER_ASSETS"
    return
  fi
  [[ $1 == /* ]] || die "DIR must be absolute, not '$1'"
  cd "$(dirname "${BASH_SOURCE[0]}")"
  up_to_date "$1" && return
  # For this machine, whatever the caller builds for.
  export CGO_ENABLED=0 GOWORK=off GOOS= GOARCH=
  partial=""
  trap 'stop_ticker; [[ -z $partial ]] || rm -rf "$partial"' EXIT
  trap 'exit 130' INT TERM
  build_all "$1"
}

main "$@"
