#!/usr/bin/env bash
# Deletes what config/ installed, from the cluster of the current kubeconfig, and says first what that is. It asks nothing, so that it
# never waits for an answer: DRY_RUN=1 says what it would delete, and ends.
#
#   remove.sh undeploy KUSTOMIZE    the operator, and with CRDS=delete the CRDs
#   remove.sh uninstall KUSTOMIZE   the CRDs
#
# KUBECTL is the command to use, which may have arguments. The operator's namespace stays in any case: others may have put something
# into it, such as the limits of config/policy, without which no VectaraJob can be created.
set -euo pipefail
cd "$(dirname "$0")/.."
target=$1 kustomize=$2
read -ra kubectl <<<"${KUBECTL:-kubectl}"
namespace=vectara-job-operator-system

fail() {
  echo "$target: $1" >&2
  exit 2
}
say() { echo "$target: $1"; }

case $target in
undeploy) operator=yes crds=${CRDS:-keep} ;;
uninstall) operator='' crds=delete ;;
*) fail "expected undeploy or uninstall" ;;
esac
[[ $crds == keep || $crds == delete ]] || fail "CRDS: expected keep or delete, got $crds"

copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
cp -R config "$copy"
"$kustomize" build "$copy/config/crd" >"$copy/crds.yaml"
(cd "$copy/config/manager" && "$kustomize" edit remove resource namespace.yaml)
(cd "$copy/config/default" && "$kustomize" edit remove resource ../crd && "$kustomize" build . >"$copy/operator.yaml")

# there FILE prints the names of those objects of a file that are in the cluster.
there() { "${kubectl[@]}" get --ignore-not-found --output=name -f "$1"; }

# with_objects prints names of CRDs, one a line, with how many objects each has.
with_objects() {
  local crd count
  while read -r crd; do
    count=$("${kubectl[@]}" get "${crd#*/}" --all-namespaces --output=name | wc -l)
    echo "  $crd, with $((count)) object$([[ $count -eq 1 ]] || echo s)"
  done
}

server=$("${kubectl[@]}" config view --minify --output='jsonpath={.clusters[0].cluster.server}')
installed=$(there "$copy/crds.yaml")
running='' kept=''
if [[ -n $operator ]]; then
  running=$(there "$copy/operator.yaml")
  kept=$("${kubectl[@]}" get namespace "$namespace" --ignore-not-found --output=name)
fi

say "in the cluster at $server, this is deleted:"
if [[ -n $running ]]; then
  sed 's/^/  /' <<<"$running"
fi
if [[ $crds == delete && -n $installed ]]; then
  with_objects <<<"$installed"
elif [[ -z $running ]]; then
  echo "  nothing: it is not there"
fi
if [[ -n $kept ]]; then
  say "this stays:"
  echo "  $kept, with whatever else is in it"
fi
if [[ $crds == keep && -n $installed ]]; then
  say "this stays, unless CRDS=delete:"
  with_objects <<<"$installed"
fi
if [[ -n ${DRY_RUN:-} ]]; then
  say "DRY_RUN is set: nothing was deleted"
  exit
fi

# The operator goes first: it would miss the CRDs.
if [[ -n $running ]]; then
  "${kubectl[@]}" delete --ignore-not-found -f "$copy/operator.yaml"
fi
if [[ $crds == delete && -n $installed ]]; then
  "${kubectl[@]}" delete --ignore-not-found -f "$copy/crds.yaml"
fi
