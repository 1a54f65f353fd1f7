#!/usr/bin/env bash
# Makes the disk of a machine with a whole Debian and systemd, from DEBIAN_MIRROR.
#
#   scripts/vm/image.sh SUITE ARCHITECTURE OUTPUT
#
# What is there from the last time is taken as it is. Machines do not write on it.
set -euo pipefail

suite=$1 arch=$2 output=$3
[[ -e $output ]] && exit

tree=$(mktemp -d -p "$(dirname "$output")")
trap 'rm -rf "$tree" "$output.new"' EXIT
mmdebstrap --quiet --variant=minbase --architectures="$arch" --include=systemd,systemd-sysv,udev,dbus,ca-certificates \
  "$suite" "$tree/root" "$DEBIAN_MIRROR"
truncate -s 2G "$output.new"
mke2fs -q -t ext4 -d "$tree/root" "$output.new"
mv "$output.new" "$output"
