#!/usr/bin/env bash
# Says what these sources are:
#
#   source.sh version    the newest tag, and how far they are from it; without a tag, the commit
#   source.sh revision   the commit
#   source.sh time       when it was committed, in seconds since 1970, unless SOURCE_DATE_EPOCH says otherwise
#
# Git knows it. An archive that git wrote has it in archive.txt. For a bare copy, there is a value that claims nothing.
set -euo pipefail
cd "$(dirname "$0")/../.."

# archived KEY prints what git put into the archive, and nothing if this is none.
archived() {
  local value
  value=$(sed -n "s/^$1=//p" hack/source/archive.txt)
  [[ $value == '$Format'* ]] || printf '%s' "$value"
}

# An archive may lie in somebody else's repository, which knows nothing of it: so ask git only if the repository is this folder.
repository() { [[ -e .git ]]; }

case ${1:-} in
version)
  if ! repository || ! version=$(git describe --tags --always --dirty 2>/dev/null); then
    version=$(archived version)
    [[ -n $version ]] || version=$(archived commit)
  fi
  echo "${version:-v0.0.0-dev}"
  ;;
revision)
  if ! repository || ! revision=$(git rev-parse --verify HEAD 2>/dev/null); then
    revision=$(archived revision)
  fi
  echo "${revision:-unknown}"
  ;;
time)
  time=${SOURCE_DATE_EPOCH:-}
  if [[ -z $time ]] && { ! repository || ! time=$(git log -1 --format=%ct 2>/dev/null); }; then
    time=$(archived time)
  fi
  echo "${time:-0}"
  ;;
*)
  echo "usage: source.sh version|revision|time" >&2
  exit 2
  ;;
esac
