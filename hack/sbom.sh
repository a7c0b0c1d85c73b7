#!/usr/bin/env bash
# Writes what a binary was built of, in CycloneDX: the modules with versions and hashes that the Go linker put into it. The same
# binary gives the same file. Fails if a module is missing.
set -euo pipefail
cyclonedx=$1 binary=$2 version=$3 output=$4

"$cyclonedx" bin -json -std -noserial -notimestamp -version "$version" -output "$output" "$binary" 2>/dev/null ||
  { echo "sbom: $cyclonedx failed on $binary" >&2; exit 1; }

modules=0
while read -r name release; do
  grep -qF "\"purl\": \"pkg:golang/$name@$release" "$output" ||
    { echo "sbom: $output lacks $name $release" >&2; exit 1; }
  modules=$((modules + 1))
done < <(go version -m "$binary" | awk '$1 == "dep" {print $2, $3}')
echo "sbom: $output names $modules modules"
