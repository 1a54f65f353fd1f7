#!/usr/bin/env bash
# Fetches the kernel of a Debian suite and a busybox for it, from DEBIAN_MIRROR.
#
#   scripts/vm/fetch.sh SUITE ARCHITECTURE DIR
#
# apt works in DIR, with lists and a configuration of its own: nothing is
# installed, and what the machine has is not touched. DIR/tree then holds what is
# in the packages, and DIR/kernel and DIR/busybox are in it. What is there from
# the last time is taken as it is: to get newer kernels, remove DIR.
set -euo pipefail

suite=$1 arch=$2 dir=$3
[[ -e $dir/busybox ]] && exit

mkdir -p "$dir"/apt/{etc/preferences.d,etc/apt.conf.d,lists/partial,cache/archives/partial} "$dir/packages" "$dir/tree"
dir=$(cd "$dir" && pwd)
: >"$dir/apt/status"
cat >"$dir/apt/sources.list" <<END
deb [arch=$arch signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $DEBIAN_MIRROR $suite main
END
# A mirror may stand still; who signed its lists is still looked at.
cat >"$dir/apt/conf" <<END
Acquire::Check-Valid-Until "false";
APT { Architecture "$arch"; Architectures { "$arch"; }; Sandbox::User "root"; };
Dir { Etc "$dir/apt/etc"; Etc::sourcelist "$dir/apt/sources.list"; Etc::sourceparts "/dev/null";
  State::lists "$dir/apt/lists"; State::status "$dir/apt/status"; Cache "$dir/apt/cache"; };
END
export APT_CONFIG=$dir/apt/conf
apt-get -q update

# depends PACKAGE PATTERN prints what a package depends on and is called so.
depends() { apt-cache depends "$1" | sed -n "s/^ *Depends: \($2\)\$/\1/p"; }

image=$(depends "linux-image-$arch" 'linux-image-[0-9].*')
[[ $image ]] || {
  echo "$suite has no kernel for $arch" >&2
  exit 1
}
# From Linux 7 on, the kernel and its modules are in packages of their own.
mapfile -t more < <(depends "$image" 'linux-\(binary\|modules\)-.*')
(cd "$dir/packages" && apt-get -q download busybox-static "$image" "${more[@]}")
for package in "$dir"/packages/*.deb; do dpkg-deb --extract "$package" "$dir/tree"; done

ln "$(find "$dir/tree" -name 'vmlinuz*' -type f)" "$dir/kernel"
[[ -e $dir/tree/lib ]] || ln -s usr/lib "$dir/tree/lib"
depmod -b "$dir/tree" "$(ls "$dir/tree/lib/modules")"
rm -r "$dir/packages" "$dir/apt"
busybox=$dir/tree/bin/busybox
[[ -e $busybox ]] || busybox=$dir/tree/usr/bin/busybox
ln "$busybox" "$dir/busybox"
