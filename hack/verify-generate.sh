#!/usr/bin/env bash
# Generates everything anew in a copy of the tree and compares. The tree itself is not touched.
set -euo pipefail
cd "$(dirname "$0")/.."

copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT

mkdir "$copy/bin" "$copy/docs"
ln -s "$PWD/bin/tools" "$copy/bin/tools"
cp -Rp go.mod go.sum Makefile api internal charts config hack "$copy"
if [[ -d docs ]]; then
  cp -Rp docs "$copy"
fi

make -C "$copy" --silent generate docs-api docs-metrics >"$copy/log" || {
  cat "$copy/log"
  echo "generation failed: see above" >&2
  exit 1
}

stale() {
  echo "generated files are stale (above): run 'make $1' and commit what changes" >&2
  exit 1
}
diff -ruN api "$copy/api" || stale generate
diff -ruN charts "$copy/charts" || stale generate
diff -ruN config "$copy/config" || stale generate
diff -uN docs/api.md "$copy/docs/api.md" || stale docs
diff -uN docs/metrics.md "$copy/docs/metrics.md" || stale docs
