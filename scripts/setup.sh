#!/usr/bin/env bash
# Makes sure that what El Jefe is built, run or tested with is here.
#
#   scripts/setup.sh build|run|test|vm
#
# It says nothing when nothing is missing. As root on Debian and its kin it
# installs what is; anybody else is told what to run. What the build can do
# without, it does without where it cannot be had. The UI's packages are
# installed when package-lock.json has changed.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

go_min=1.26
node_min=20.19
postgres_min=15

packages=()  # Debian packages to install
elsewhere=() # what Debian's packages cannot provide, and where it is
wished=()    # Debian packages without which less is built

# at_least VERSION MINIMUM
at_least() { [[ $(printf '%s\n%s\n' "$2" "$1" | sort -V | head -n 1) == "$2" ]]; }

# offered PACKAGE prints the version that apt would install, without epoch.
offered() {
  command -v apt-cache >/dev/null || return 0
  apt-cache policy "$1" 2>/dev/null | sed -n 's/^ *Candidate: *\([0-9]*:\)\{0,1\}\([0-9].*\)$/\2/p'
}

# want_version NAME FOUND MINIMUM PACKAGE URL asks for a package if it is new
# enough, and for a person's help if it is not.
want_version() {
  local name=$1 found=$2 minimum=$3 package=$4 url=$5 candidate
  [[ -n $found ]] && at_least "$found" "$minimum" && return
  candidate=$(offered "$package")
  if [[ -n $candidate ]] && at_least "${candidate%%[~+-]*}" "$minimum"; then
    packages+=("$package")
  else
    elsewhere+=("$name $minimum or later (found: ${found:-none}): $url")
  fi
}

# want COMMAND PACKAGE
want() { command -v "$1" >/dev/null || packages+=("$2"); }

# wish COMMAND PACKAGE
wish() { command -v "$1" >/dev/null || [[ -z $(offered "$2") ]] || wished+=("$2"); }

# machines asks for what virtual machines are made of, and judged with.
machines() {
  want qemu-system-x86_64 qemu-system-x86
  want qemu-system-aarch64 qemu-system-arm
  want mmdebstrap mmdebstrap
  want modprobe kmod
  want mkfs.vfat dosfstools
  want mke2fs e2fsprogs
  want cpio cpio
  want jq jq
  want curl curl
  want openssl openssl
}

# postgres_server tells whether there is a server that `eljefe serve` would use.
postgres_server() {
  local program dir version
  for program in "$(command -v postgres || true)" /usr/lib/postgresql/*/bin/postgres /usr/pgsql-*/bin/postgres \
    /opt/homebrew/opt/postgresql@*/bin/postgres /usr/local/opt/postgresql@*/bin/postgres bin/pg/bin/postgres; do
    [[ -x $program ]] || continue
    dir=$(dirname "$(readlink -f "$program")")
    [[ -x $dir/initdb ]] || continue
    version=$("$program" --version 2>/dev/null | sed -n 's/.*(PostgreSQL) \([0-9]*\).*/\1/p')
    [[ -n $version ]] && at_least "$version" "$postgres_min" && return
  done
  return 1
}

fonts() { command -v fc-list >/dev/null && [[ -n $(fc-list 2>/dev/null | head -n 1) ]]; }

browser() {
  local name
  for name in chromium chromium-browser google-chrome google-chrome-stable; do
    command -v "$name" >/dev/null && return
  done
  return 1
}

look() {
  packages=() elsewhere=() wished=()
  local version=
  # Asked inside the module, go answers with the toolchain it would switch to.
  command -v go >/dev/null && version=$(go env GOVERSION 2>/dev/null | sed 's/^go//; s/[- ].*//' || true)
  want_version Go "$version" "$go_min" golang-go https://go.dev/dl/
  if [[ $1 == vm ]]; then
    postgres_server || packages+=(postgresql)
    machines
    return
  fi
  version=
  command -v node >/dev/null && version=$(node --version | sed 's/^v//')
  want_version Node.js "$version" "$node_min" nodejs https://nodejs.org/
  # Debian's npm would bring Debian's Node.js; that of nodejs.org has its own.
  ((${#elsewhere[@]} > 0)) || want npm npm
  # Without them the server carries no MSI packages.
  [[ $1 == test ]] || {
    wish wixl wixl
    wish msibuild msitools
  }
  [[ $1 == build ]] && return
  postgres_server || packages+=(postgresql)
  [[ $1 == run ]] && return
  browser || packages+=(chromium)
  fonts || packages+=(fontconfig fonts-dejavu-core)
  want gcc gcc # the race detector
  # Clients: the MSI package is built, and signatures are looked at.
  want osslsigncode osslsigncode
  want wixl wixl
  want msibuild msitools
  command -v gcc >/dev/null && echo '#include <stdlib.h>' | gcc -E - >/dev/null 2>&1 || packages+=(libc6-dev)
  # The agent as a service is tried with systemd, in a container.
  [[ $(uname -s) != Linux ]] || want systemd-nspawn systemd-container
  # The agent for Windows is tried on Wine; MinGW builds what it meets there.
  [[ $(uname -sm) == 'Linux x86_64' ]] || return 0
  command -v wine >/dev/null && command -v wineserver >/dev/null || packages+=(wine wine64)
  want x86_64-w64-mingw32-gcc gcc-mingw-w64-x86-64
}

# missing prints what is, and what to do about it, and ends the script.
missing() {
  {
    echo "El Jefe cannot be built or run here yet:"
    ((${#elsewhere[@]} == 0)) || printf '  get %s\n' "${elsewhere[@]}"
    if ((${#packages[@]} > 0)); then
      if command -v apt-get >/dev/null; then
        echo "  run as root: apt-get update && apt-get install -y --no-install-recommends ${packages[*]}"
      else
        echo "  install what Debian calls: ${packages[*]}"
      fi
    fi
  } >&2
  exit 1
}

# install PACKAGE...
install() {
  echo "Installing $*" >&2
  local apt=(apt-get install -y -q --no-install-recommends "$@")
  export DEBIAN_FRONTEND=noninteractive
  "${apt[@]}" >&2 || { apt-get update -q >&2 && "${apt[@]}" >&2; }
}

# ui_packages installs the UI's packages if they are not those of the lock file.
# npm ci would refuse a lock file that does not name the optional packages of
# every other system, and npm leaves those out that it could not find when it
# wrote the file. Versions and hashes are the lock file's in either case.
ui_packages() {
  local stamp=ui/node_modules/.installed-lock.json
  cmp -s ui/package-lock.json "$stamp" && return
  echo "Installing the UI's packages" >&2
  npm --prefix ui install --no-save --no-audit --no-fund --loglevel=error >&2
  cp ui/package-lock.json "$stamp"
}

case ${1-} in
build | run | test | vm) ;;
*)
  echo "usage: scripts/setup.sh build|run|test|vm" >&2
  exit 2
  ;;
esac

look "$1"
if [[ $(id -u) == 0 ]] && command -v apt-get >/dev/null; then
  if ((${#packages[@]} > 0)); then
    install "${packages[@]}"
    look "$1"
  fi
  ((${#wished[@]} == 0)) || install "${wished[@]}" || echo "They are not there; the build goes on without." >&2
fi
((${#packages[@]} == 0 && ${#elsewhere[@]} == 0)) || missing
[[ $1 == vm ]] || ui_packages
