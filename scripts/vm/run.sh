#!/usr/bin/env bash
# Tries the agent for Linux on real kernels, in virtual machines: does each sensor
# see what it should, is a storm of processes recorded whole, what becomes of a
# clock that is set, are USB devices noticed, does the service work.
#
#   scripts/vm/run.sh [MACHINE...]
#
# Without names it tries all machines. It prints a table, and its exit code is 1
# when a check failed. Kernels and systems come from DEBIAN_MIRROR, by default the
# one that this machine's packages come from, and are kept in VM_DIR, /var/tmp/eljefe-vm; it takes about 3 GB. Logs stay there too.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
# shellcheck source=scripts/vm/machine.sh
. scripts/vm/machine.sh
# shellcheck source=scripts/vm/judge.sh
. scripts/vm/judge.sh

# name, Debian suite, architecture, and what is in it: the kernel alone, or the
# whole system with systemd.
machines='
5.10-amd64       bullseye  amd64  kernel
6.1-amd64        bookworm  amd64  kernel
6.12-amd64       trixie    amd64  kernel
newest-amd64     sid       amd64  kernel
6.1-arm64        bookworm  arm64  kernel
systemd-amd64    bookworm  amd64  system
'
storm=${VM_STORM:-5000} # processes, in 10 seconds if the machine can

dir=${VM_DIR:-/var/tmp/eljefe-vm}

# shellcheck disable=SC2016 # apt-get fills in the address
DEBIAN_MIRROR=${DEBIAN_MIRROR:-$(apt-get indextargets --format '$(REPO_URI)' | grep -v -m 1 security || true)}
[[ $DEBIAN_MIRROR ]] || {
  echo 'this machine has no sources of Debian packages; set DEBIAN_MIRROR to the address of a mirror' >&2
  exit 1
}
export DEBIAN_MIRROR
page=127.0.0.1:${VM_PORT:-9241} agents=${VM_AGENT_PORT:-9242}
mkdir -p "$dir"/{fetched,machines}
chmod 711 "$dir" # the database's account must come by
rm -rf "$dir/server"

server_pid=
# shellcheck disable=SC2317 # called by the trap
finish() {
  [[ -z $server_pid ]] || { kill "$server_pid" && wait "$server_pid"; } 2>/dev/null || true
}
trap finish EXIT

# jefe runs a command on our server.
jefe() { "$dir/eljefe" --data-dir "$dir/server" --log-level error "$@"; }

start_server() {
  "$dir/eljefe" serve --data-dir "$dir/server" --listen "$page" --agent-listen "127.0.0.1:$agents" --name 10.0.2.2 >"$dir/server.log" 2>&1 &
  server_pid=$!
  local tries
  for ((tries = 0; tries < 300; tries++)); do
    curl -sk "https://$page/readyz" | grep -q ok && return
    kill -0 "$server_pid" 2>/dev/null || break
    sleep 0.2
  done
  echo "the server does not start: $dir/server.log" >&2
  tail -n 3 "$dir/server.log" >&2
  exit 1
}

# try NAME SUITE ARCHITECTURE KIND runs one machine and judges it. It prints
# nothing; the result is in the machine's folder.
try() {
  local name=$1 suite=$2 arch=$3 kind=$4 fetched
  at=$dir/machines/$name station=vm-$name fetched=$dir/fetched/$suite-$arch
  rm -rf "$at" && mkdir -p "$at"
  scripts/vm/fetch.sh "$suite" "$arch" "$fetched" >"$at/fetch.log" 2>&1 || { fail fetch "$(tail -n 1 "$at/fetch.log")"; return; }
  if [[ $kind == system ]]; then
    scripts/vm/image.sh "$suite" "$arch" "$fetched.ext4" >"$at/image.log" 2>&1 || { fail image "$(tail -n 1 "$at/image.log")"; return; }
  fi
  {
    echo "VM_NAME=$station"
    echo "VM_KIND=$kind"
    echo "VM_SERVER=https://10.0.2.2:$agents"
    echo "VM_AUTHORITY=$authority"
    echo "VM_KEY=$(jefe client key add "$name" --uses 1 2>/dev/null)"
    echo "VM_STORM=$storm"
  } >"$at/settings"
  scripts/vm/pack.sh "$fetched" "$dir/eljefe-agent-$arch" "$at/settings" "$at/initrd"
  run_machine "$arch" "$kind" "$fetched"
  rm -f "$at/initrd" "$at"/*.img
  judge
}

CGO_ENABLED=0 go build -trimpath -o "$dir/eljefe" ./cmd/eljefe
for arch in amd64 arm64; do
  GOOS=linux GOARCH=$arch CGO_ENABLED=0 go build -trimpath -ldflags '-s -w' -o "$dir/eljefe-agent-$arch" ./cmd/eljefe-agent
done
start_server
authority=$(openssl x509 -in "$dir/server/keys/authority.pem" -outform der | sha256sum | cut -d ' ' -f 1)

# shellcheck disable=SC2034 # judge.sh uses it
token=$(jefe token add --user admin --role viewer vm 2>/dev/null)

chosen=("$@") rows=() failed=0
while read -r name suite arch kind; do
  [[ $name ]] || continue
  ((${#chosen[@]} == 0)) || [[ " ${chosen[*]} " == *" $name "* ]] || continue
  printf '== %s: %s, %s, %s\n' "$name" "$suite" "$arch" "$kind"
  try "$name" "$suite" "$arch" "$kind" </dev/null
  sed 's/^/  /' "$at/results"
  grep -q ^FAIL "$at/results" && failed=1
  rows+=("$(row "$name")")
done <<<"$machines"
((${#rows[@]} > 0)) || {
  echo "there is no such machine; there are:$machines" >&2
  exit 2
}

printf '\n'
printf '%s\n' "machine|kernel|sensor|selftest|storm|clock|USB|service|end" "${rows[@]}" | column -t -s '|'
printf '\nlogs: %s\n' "$dir/machines"
exit "$failed"
