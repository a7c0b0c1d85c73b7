#!/usr/bin/env bash
# Builds the pinned control plane into a folder, once.
#
#   build.sh DIR [NAME...]
#
# DIR gets etcd, kube-apiserver, kubectl and kube-controller-manager, or those of them that are named, built from the Go modules
# that go.mod pins. What is there is not built again, until the pins or this script change.
# If KUBEBUILDER_ASSETS is set, nothing is built: that folder is checked instead.
set -euo pipefail

# What can be built: file name, package, and about how many seconds it takes on two cores if nothing is compiled yet.
readonly binaries=(
  "etcd go.etcd.io/etcd/server/v3 20"
  "kube-apiserver k8s.io/kubernetes/cmd/kube-apiserver 250"
  "kubectl k8s.io/kubernetes/cmd/kubectl 30"
  "kube-controller-manager k8s.io/kubernetes/cmd/kube-controller-manager 110"
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

# outdated DIR succeeds if what DIR holds, if anything, was built of other pins.
outdated() { [[ ! -f $1/.pins || $(<"$1/.pins") != "$(pins)" ]]; }

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

# missing DIR NAME... prints the entries of those that DIR lacks.
missing() {
  local dir=$1 entry
  shift
  for entry in "${binaries[@]}"; do
    if [[ " $* " == *" ${entry%% *} "* && ! -x $dir/${entry%% *} ]]; then
      printf '%s\n' "$entry"
    fi
  done
}

# build DIR ENTRY... puts each binary in place only when it is whole.
build() {
  local dir=$1 flags entry name package estimate number=0 seconds=0 start=$SECONDS
  shift
  for entry in "$@"; do
    seconds=$((seconds + ${entry##* }))
  done
  say "building from source, once, into $dir: $(printf '%s\n' "$@" | cut -d' ' -f1 | paste -sd, | sed 's/,/, /g')."
  say "If nothing is compiled yet, this takes about $(((seconds + 59) / 60)) minutes on two cores."
  partial=$(mktemp -d "$dir/.partial.XXXXXX")
  with_ticker "  0/$# download the modules" go mod download
  flags=$(link_flags)
  for entry in "$@"; do
    read -r name package estimate <<<"$entry"
    number=$((number + 1))
    with_ticker "  $number/$# $name (about $estimate s)" \
      go build -trimpath -buildvcs=false -ldflags "$flags" -o "$partial/$name" "$package"
    mv -f "$partial/$name" "$dir/$name"
  done
  say "ready after $((SECONDS - start)) s."
}

main() {
  [[ $# -ge 1 ]] || die "usage: build.sh DIR [NAME...]"
  if [[ -n ${KUBEBUILDER_ASSETS:-} ]]; then
    check_own_binaries "$KUBEBUILDER_ASSETS"
    return
  fi
  local dir=$1 entries=()
  [[ $dir == /* ]] || die "DIR must be absolute, not '$dir'"
  shift
  [[ $# -gt 0 ]] || set -- etcd kube-apiserver kubectl kube-controller-manager
  cd "$(dirname "${BASH_SOURCE[0]}")"
  mkdir -p "$dir"
  if outdated "$dir"; then
    (cd "$dir" && rm -f etcd kube-apiserver kubectl kube-controller-manager)
    pins >"$dir/.pins"
  fi
  mapfile -t entries < <(missing "$dir" "$@")
  [[ ${#entries[@]} -gt 0 ]] || return 0
  # For this machine, whatever the caller builds for.
  export CGO_ENABLED=0 GOWORK=off GOOS= GOARCH=
  partial=""
  trap 'stop_ticker; [[ -z $partial ]] || rm -rf "$partial"' EXIT
  trap 'exit 130' INT TERM
  build "$dir" "${entries[@]}"
}

main "$@"
