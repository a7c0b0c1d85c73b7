#!/usr/bin/env bash
# Builds the manager for each platform, says what it was built of, and packs all of it.
#
#   VERSION=v1.2.3 image.sh CYCLONEDX OUTPUT REFERENCE
set -euo pipefail
cd "$(dirname "$0")/../.."
cyclonedx=$1 output=$2 reference=$3

arguments=()
for platform in linux/amd64 linux/arm64; do
  folder=$output/$platform
  mkdir -p "$folder"
  GOOS=${platform%/*} GOARCH=${platform#*/} hack/build.sh ./cmd "$folder/manager"
  hack/sbom.sh "$cyclonedx" "$folder/manager" "$VERSION" "$folder/manager.cdx.json"
  arguments+=("--manager=$platform=$folder/manager,$folder/manager.cdx.json")
done

(cd hack/image && CGO_ENABLED=0 go build -trimpath -buildvcs=false -o "$output/image" .)
"$output/image" pack --output="$output" --reference="$reference" --version="$VERSION" \
  --revision="$(hack/source/source.sh revision)" --created="$(hack/source/source.sh time)" "${arguments[@]}"
