#!/usr/bin/env bash
# Runs the server that was built, with the demo's stations, on the data in
# ./data or in the folder that DATA_DIR names.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# barred tells whether other accounts cannot come here. As root we run the
# database as another account, to which root's own folders are closed.
barred() {
  local p=$PWD
  while :; do
    [[ -n $(find "$p" -prune -perm -001) ]] || return 0
    [[ $p == / ]] && return 1
    p=$(dirname "$p")
  done
}

data=${DATA_DIR:-./data}
if [[ -z ${DATA_DIR:-} && $(id -u) == 0 ]] && barred; then
  data=/var/lib/eljefe-demo
  echo "This folder is closed to the database's account; the data is in $data." >&2
fi
exec bin/eljefe serve --demo --data-dir "$data" "$@"
