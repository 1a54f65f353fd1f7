#!/usr/bin/env bash
# Builds the packages of the agent that belong to nobody yet into bin/packages, for
# all systems. VERSION and LDFLAGS are the Makefile's.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
version=${VERSION:-development}
agents=bin/agents
out=bin/packages
scripts/agents.sh
mkdir -p "$out"
rm -f "$out"/eljefe-agent*
for arch in amd64 arm64; do
  for format in exe msi; do
    [[ -e $agents/eljefe-agent-$arch.$format ]] || continue
    "$agents/prepare" windows "$agents/eljefe-agent-$arch.$format" "$out/eljefe-agent-${version#v}-$arch.$format"
  done
  for format in deb tar; do
    "$agents/prepare" linux "$format" "$arch" "$version" "$agents/eljefe-agent-linux-$arch" "$out"
  done
done
ls -l "$out"
