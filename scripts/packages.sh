#!/usr/bin/env bash
# Builds the agent for all systems, and of it the packages that belong to nobody
# yet, into bin/packages. VERSION and LDFLAGS are the Makefile's.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
version=${VERSION:-development}
out=bin/packages
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$out"
rm -f "$out"/eljefe-agent*

build() { GOOS=$1 GOARCH=$2 CGO_ENABLED=0 go build -trimpath -ldflags "${LDFLAGS:--s -w}" -o "$3" ./cmd/eljefe-agent; }

go build -o "$work/prepare" ./packaging/prepare
"$work/prepare" slot "$work/slot"
for arch in amd64 arm64; do
  build windows "$arch" "$work/agent.exe"
  name=eljefe-agent-${version#v}-$arch
  scripts/msi.sh "$work/agent.exe" "$arch" "$version" "$work/slot" "$out/$name.msi"
  "$work/prepare" windows "$work/agent.exe" "$out/$name.exe"
  build linux "$arch" "$work/agent"
  "$work/prepare" linux deb "$arch" "$version" "$work/agent" "$out"
  "$work/prepare" linux tar "$arch" "$version" "$work/agent" "$out"
done
ls -l "$out"
