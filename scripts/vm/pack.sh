#!/usr/bin/env bash
# Packs what a machine begins with: an initramfs of busybox, the modules of its
# kernel that it needs, the agent, and the guest's half of the checks.
#
#   scripts/vm/pack.sh FETCHED AGENT SETTINGS OUTPUT
#
# FETCHED is what fetch.sh made, SETTINGS a file of shell variables for the guest.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

fetched=$1 agent=$2 settings=$3 output=$4

# The disk and its file system are for machines with a whole system; the network,
# the USB controller and what is plugged into it are for all.
modules=(virtio_pci virtio_net virtio_blk ext4 xhci_pci usbhid hid_generic usb_storage sd_mod vfat nls_ascii nls_cp437 nls_iso8859_1 nls_utf8)

tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
mkdir -p "$tree"/{bin,dev,proc,sys,run,tmp,root,mnt,etc,vm/modules}
install -m 755 "$fetched/busybox" "$tree/bin/busybox"
install -m 755 guest/init "$tree/init"
install -m 755 "$agent" "$tree/vm/eljefe-agent"
install -m 644 guest/*.sh guest/checks.service "$settings" "$tree/vm/"
echo 'root:x:0:0:root:/root:/bin/sh' >"$tree/etc/passwd"

# Modules are loaded in the order of the file, each after those that it needs.
version=$(ls "$fetched/tree/lib/modules")
for module in "${modules[@]}"; do
  modprobe -d "$fetched/tree" -S "$version" --show-depends "$module" 2>/dev/null || true # built in, or not there
done | sed -n 's/^insmod \([^ ]*\).*/\1/p' | awk '!seen[$0]++' | while read -r file; do
  name=$(basename "${file%.xz}")
  if [[ $file == *.xz ]]; then xz -dc "$file" >"$tree/vm/modules/$name"; else cp "$file" "$tree/vm/modules/$name"; fi
  echo "$name" >>"$tree/vm/modules/order"
done
(cd "$tree" && find . | cpio --quiet -o -H newc) | gzip -1 >"$output"
