#!/usr/bin/env bash
# Builds the agent for all systems into bin/agents, and what clients are made from
# into internal/installer/carried/dist, which goes into the server program. VERSION
# and LDFLAGS are the Makefile's.
#
# Nothing is done while what it is all made of is the same, and of what has to be
# done only what has changed: a second build takes no time.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
version=${VERSION:-development}
out=bin/agents
dist=internal/installer/carried/dist
architectures=(amd64 arm64)

msi=yes
command -v wixl >/dev/null && command -v msibuild >/dev/null || msi=no

# made_of prints a digest of all that decides what is built.
made_of() {
  {
    printf '%s\n' "$version" "${LDFLAGS:--s -w}" "$msi" "$(go env GOVERSION GOFLAGS)"
    find cmd/eljefe-agent internal packaging go.mod go.sum scripts/agents.sh scripts/msi.sh -type f \
      ! -name '*_test.go' ! -path '*/dist/*' ! -path '*/testdata/*' -print0 | sort -z | xargs -0 sha256sum
  } | sha256sum
}

digest=$(made_of)
[[ $(cat "$out/made-of" 2>/dev/null) != "$digest" || ! -e $dist/manifest.json ]] || exit 0

echo "Building the agents that the server carries" >&2
mkdir -p "$out"
rm -f "$out/made-of"

build() { GOOS=$1 GOARCH=$2 CGO_ENABLED=0 go build -trimpath -ldflags "${LDFLAGS:--s -w}" -o "$3" ./cmd/eljefe-agent; }

go build -o "$out/prepare" ./packaging/prepare
"$out/prepare" slot "$out/slot"
for arch in "${architectures[@]}"; do
  build linux "$arch" "$out/eljefe-agent-linux-$arch"
  program=$out/eljefe-agent-$arch.exe package=$out/eljefe-agent-$arch.msi
  build windows "$arch" "$program"
  [[ $msi == yes ]] || {
    rm -f "$package" "$package.of"
    continue
  }
  of=$(cat "$program" packaging/msi/* scripts/msi.sh | sha256sum)
  [[ -e $package && $(cat "$package.of" 2>/dev/null) == "$of" ]] || {
    scripts/msi.sh "$program" "$arch" "$version" "$out/slot" "$package"
    echo "$of" >"$package.of"
  }
done
"$out/prepare" carry "$version" "$out" "$dist"
[[ $msi == yes ]] || echo "MSI packages are not built: they take wixl and msibuild; install what Debian calls wixl and msitools" >&2
echo "$digest" >"$out/made-of"
