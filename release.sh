#!/usr/bin/env bash
# Makes the packages of a release below dist/: static binaries for six systems, a
# .deb and an .rpm for two processors, a zip for Windows, images for containers,
# a list of the modules inside (SBOM) and checksums. Needs Go, git and zip.
#
#   ./release.sh [VERSION]       VERSION is that of the tag, else 0.0.0 and the commit
set -euo pipefail
cd "$(dirname "$0")"

commit=$(git rev-parse --short=12 HEAD)
version=${1:-$(git describe --tags --exact-match 2>/dev/null || echo "0.0.0+$commit")}
version=${version#v}
nfpm=github.com/goreleaser/nfpm/v2/cmd/nfpm@latest
sbom=github.com/CycloneDX/cyclonedx-gomod/cmd/cyclonedx-gomod@latest
export CGO_ENABLED=0 SOURCE_DATE_EPOCH
SOURCE_DATE_EPOCH=$(git log -1 --format=%ct)

rm -rf dist
mkdir -p dist/work

for target in linux/amd64 linux/arm64 windows/amd64 windows/386 darwin/amd64 darwin/arm64; do
  os=${target%/*} arch=${target#*/} end=
  [ "$os" = windows ] && end=.exe
  GOOS=$os GOARCH=$arch go build -trimpath -buildvcs=true -ldflags "-s -w" -o "dist/dgate-$version-$os-$arch$end" ./dgate
  echo "built dgate-$version-$os-$arch$end"
done

host=$(go env GOHOSTOS)-$(go env GOHOSTARCH)
"dist/dgate-$version-$host" man | gzip -9n > dist/work/dgate.1.gz
for shell in bash zsh fish; do "dist/dgate-$version-$host" completion $shell > "dist/work/dgate.$shell"; done

for arch in amd64 arm64; do
  cp "dist/dgate-$version-linux-$arch" dist/work/dgate
  sed -e "s/@ARCH@/$arch/; s/@VERSION@/$version/" deploy/nfpm.yaml > dist/work/nfpm.yaml
  for kind in deb rpm; do go run "$nfpm" package -f dist/work/nfpm.yaml -p $kind -t dist/; done
  go run ./deploy/image "dist/dgate-$version-linux-$arch" "$arch" "$version" "dist/dgate-$version-linux-$arch.oci.tar"
  echo "built the image for $arch"
done

for arch in amd64 386; do
  folder="dist/work/dgate-$version-windows-$arch"
  mkdir -p "$folder"
  cp "dist/dgate-$version-windows-$arch.exe" "$folder/dgate.exe"
  cp deploy/windows/*.cmd dicom.ini "$folder/"
  sed 's/$/\r/' deploy/windows/README.txt > "$folder/README.txt"
  (cd dist/work && zip -qr "../dgate-$version-windows-$arch.zip" "dgate-$version-windows-$arch")
done

go run "$sbom" app -json -licenses -main dgate -output "dist/dgate-$version.sbom.json" .
git log --format='%h %s' > "dist/dgate-$version.changes.txt"
rm -rf dist/work
(cd dist && sha256sum -- * > SHA256SUMS)
ls -l dist
