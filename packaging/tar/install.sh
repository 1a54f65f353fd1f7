#!/bin/sh
# Installs the agent that lies beside this script, with the settings that do, or
# upgrades the one that is installed. It needs root. What it is given goes to
# "eljefe-agent install"; see "eljefe-agent install --help".
set -e
cd "$(dirname "$0")"
if [ "$(id -u)" != 0 ]; then
  echo "Only root can install the agent: run it with sudo." >&2
  exit 1
fi
if [ -e config.json ]; then
  # The settings hold a secret, and belong to whoever unpacked them.
  chown 0:0 config.json
  chmod 600 config.json
  exec ./eljefe-agent install --config ./config.json "$@"
fi
exec ./eljefe-agent install "$@"
