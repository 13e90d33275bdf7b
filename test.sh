#!/usr/bin/env bash
# Runs all tests: installs the Debian packages that serve as foreign peers and
# judges where they are missing, then vets, builds for three systems, and tests
# with the race detector. The regression cases are part of the tests of package
# regress. Needs Go, and root where packages are missing.
set -euo pipefail
cd "$(dirname "$0")"

# package: a program or file that tells whether it is there
peers=(
  gcc:gcc
  dcmtk:storescu
  sqlite3:sqlite3
  orthanc:/usr/sbin/Orthanc
  postgresql:/usr/lib/postgresql
  mariadb-server:mariadbd
  lua5.1:lua5.1
  python3-pydicom:/usr/lib/python3/dist-packages/pydicom
  python3-numpy:/usr/lib/python3/dist-packages/numpy
  python3-gdcm:/usr/lib/python3/dist-packages/gdcm.py
  libgdcm-tools:gdcmconv
  libopenjp2-tools:opj_compress
  p7zip-full:7za
  zip:zip
  chromium:chromium
  nodejs:node
  npm:npm
)
missing=()
for peer in "${peers[@]}"; do
  there=${peer#*:}
  if [ ! -e "$there" ] && ! PATH="$PATH:/usr/sbin" command -v "$there" >/dev/null; then
    missing+=("${peer%%:*}")
  fi
done
if [ ${#missing[@]} -gt 0 ]; then
  echo "installing: ${missing[*]}"
  # The packages' own services are not wanted: tests start theirs on loopback.
  printf '#!/bin/sh\nexit 101\n' > /usr/sbin/policy-rc.d && chmod +x /usr/sbin/policy-rc.d
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq
  apt-get install -y -qq --no-install-recommends "${missing[@]}" > /dev/null
  rm -f /usr/sbin/policy-rc.d
fi

# A test whose peer is missing nevertheless fails instead of being skipped.
export CI="${CI:-1}"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

go vet ./...
for system in linux windows darwin; do
  CGO_ENABLED=0 GOOS=$system go build -o /dev/null ./dgate
  CGO_ENABLED=0 GOOS=$system go build ./...
  echo "builds for $system"
done
for system in linux windows; do
  CGO_ENABLED=0 GOOS=$system GOARCH=386 go build -o /dev/null ./dgate
  echo "builds for $system with 32 bits"
done

# One binary serves all tests of the whole program; it counts what it runs.
CGO_ENABLED=0 go build -cover -coverpkg=conquest/... -o "$work/dgate" ./dgate
mkdir "$work/cover"
export DGATE="$work/dgate" GOCOVERDIR="$work/cover"

CGO_ENABLED=1 go test -race -cover -timeout 40m ./...

echo
echo "statements run by the program under test, by package:"
go tool covdata percent -i "$work/cover"
