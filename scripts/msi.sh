#!/usr/bin/env bash
# Builds the agent's MSI package from packaging/msi with wixl and msibuild:
#
#   scripts/msi.sh AGENT.exe amd64|arm64 VERSION SLOT OUT.msi
#
# SLOT is an empty place for a configuration (go run ./packaging/prepare slot FILE).
set -euo pipefail
[[ $# == 5 ]] || { sed -n 's/^# \{0,1\}//; 2,6p' "$0" >&2; exit 2; }
source=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)/packaging/msi/eljefe-agent.wxs
arch=$2 version=$3 out=$(realpath "$5")
for program in wixl msibuild; do
  command -v "$program" >/dev/null || { echo "an MSI package needs $program: install what Debian calls wixl and msitools" >&2; exit 1; }
done

# Windows' installer knows versions of three numbers.
number=$(sed -n 's/^v\{0,1\}\([0-9]\{1,3\}\)\.\([0-9]\{1,3\}\)\.\([0-9]\{1,5\}\).*/\1.\2.\3/p' <<<"$version")
number=${number:-0.0.1}
upgrade={$(sed -n 's/.*UpgradeCode="\([^"]*\)".*/\1/p' "$source")}

# wixl takes paths below the folder that it is in, and nothing else.
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp "$1" "$work/eljefe-agent.exe"
cp "$4" "$work/client.bin"
cd "$work"
wixl -a x64 -D Version="$number" -D FullVersion="$version" -D Agent=eljefe-agent.exe -D Client=client.bin -o package.msi "$source"

# What wixl 0.101 leaves out: properties that the elevated part may get, that a
# maximum is included, a value that Windows expands, that the service matters, and
# that a custom action's command line stays out of logs (8192).
msibuild package.msi \
  -q "UPDATE \`Property\` SET \`Value\` = 'OLDERFOUND;NEWERFOUND;SERVER;AUTHORITY;TOKEN;PROXY;ENDPROCESS;SENSOR;SPOOLBYTES;NO_DEVICES' WHERE \`Property\` = 'SecureCustomProperties'" \
     "DELETE FROM \`Upgrade\` WHERE \`ActionProperty\` = 'OLDERFOUND'" \
     "INSERT INTO \`Upgrade\` (\`UpgradeCode\`, \`VersionMin\`, \`VersionMax\`, \`Attributes\`, \`ActionProperty\`) VALUES ('$upgrade', '0.0.0', '$number', 768, 'OLDERFOUND')" \
     "UPDATE \`Registry\` SET \`Value\` = '#%%SystemRoot%\\System32\\EventCreate.exe' WHERE \`Name\` = 'EventMessageFile'" \
     "UPDATE \`ServiceInstall\` SET \`ErrorControl\` = 32769 WHERE \`ServiceInstall\` = 'Service'" \
     "UPDATE \`CustomAction\` SET \`Type\` = 11282 WHERE \`Action\` = 'Configure'"
# It does not know arm64 either; the tables are the same.
[[ $arch != arm64 ]] || msibuild package.msi -s "El Jefe agent" "El Jefe" "Arm64;1033"
cp package.msi "$out"
