#!/usr/bin/env bash
# Runs every fuzz test for FUZZTIME, or those of the packages that are named:
#
#   FUZZTIME=5m scripts/fuzz.sh ./internal/evtx
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit

time=${FUZZTIME:-30s}
failed=()
ran=0
packages=$(go list -f '{{.ImportPath}} {{.Dir}}' "${@:-./...}") || exit
while read -r package dir; do
  while read -r name; do
    printf '== %s in %s for %s\n' "$name" "$package" "$time"
    ran=$((ran + 1))
    # Making an input small takes a minute each unless told otherwise: all of the time there is.
    go test -run '^$' -fuzz "^$name\$" -fuzztime "$time" -fuzzminimizetime 1s "$package" || failed+=("$package $name")
  done < <(find "$dir" -maxdepth 1 -name '*_test.go' -exec sed -n 's/^func \(Fuzz[A-Za-z0-9_]*\)(.*/\1/p' {} +)
done <<<"$packages"

if ((${#failed[@]} > 0)); then
  printf '\nfailed:\n'
  printf '  %s\n' "${failed[@]}"
  exit 1
fi
printf '\n%d fuzz tests, none failed\n' "$ran"
