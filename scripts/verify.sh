#!/usr/bin/env bash
# Runs the project's checks, all of them even when one fails, and sums up.
#
#   scripts/verify.sh check   what to run before every commit
#   scripts/verify.sh test    everything, races and browser included
# shellcheck disable=SC2317 # functions are called through step
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit

# Where the program is built for; the agent's tests run on none but ours.
targets=(linux/arm64 windows/amd64 windows/arm64 darwin/arm64)

summary=()
failed=0

# step NAME COMMAND...
step() {
  local name=$1 began=$SECONDS result=ok
  shift
  printf '== %s\n' "$name"
  "$@" || result=FAILED failed=1
  summary+=("$(printf '%-6s %4d s  %s' "$result" $((SECONDS - began)) "$name")")
}

formatting() {
  local wrong
  wrong=$(find . \( -path ./ui -o -path ./data -o -path ./bin -o -path ./.git \) -prune -o -name '*.go' -print0 | xargs -0 gofmt -l) || return
  [[ -z $wrong ]] || {
    printf 'not formatted by gofmt:\n%s\n' "$wrong"
    return 1
  }
}

# Built as the agent for Windows is, so that it need not be compiled once more.
cross() { GOOS=${1%/*} GOARCH=${1#*/} CGO_ENABLED=0 go vet ./... && GOOS=${1%/*} GOARCH=${1#*/} CGO_ENABLED=0 go build -trimpath ./...; }

# A station fetches the agent over whatever line it has.
agent_windows() {
  local file size most=12000000
  make --no-print-directory windows || return
  for file in bin/eljefe-agent-*.exe; do
    size=$(wc -c <"$file")
    printf '%s: %d bytes\n' "$file" "$size"
    ((size <= most)) || {
      echo "that is more than $most"
      return 1
    }
  done
}

# go_tests "PACKAGES" FLAGS... runs tests. On a shared machine that tests a
# submission, where nobody looks at once, those that fail run a second time and are
# listed as such; a data race never does.
go_tests() {
  local packages=$1 again=()
  shift
  [[ ${CI-} ]] && again=(--rerun-fails=1 --rerun-fails-max-failures=5 --rerun-fails-run-root-test --rerun-fails-abort-on-data-race)
  go tool gotestsum --format standard-quiet "${again[@]}" --packages "$packages" -- "$@"
}

# unit_tests FLAGS... runs all but the tests of the whole system. Those take
# minutes, however short, and what they time must not wait for the others.
unit_tests() { go_tests "$(go list ./... | grep -v /e2e | tr '\n' ' ')" "$@"; }

static() {
  step 'gofmt' formatting
  step 'go vet' go vet ./...
  step 'staticcheck' go tool staticcheck ./...
  local target
  for target in "${targets[@]}"; do
    step "build and vet for $target" cross "$target"
  done
  step 'UI: types, lint, unit tests' npm --prefix ui run --silent check
}

case ${1-} in
check)
  static
  step 'go test, short' unit_tests -short
  ;;
test)
  # Where the recorded data is, its absence is a mistake and no reason to skip.
  [[ -d ../shared/testdata ]] && export ELJEFE_REQUIRE_TESTDATA=1
  static
  step 'build' make --no-print-directory build
  step 'the agent for Windows' agent_windows
  step 'go test, with the race detector' unit_tests -race -timeout 20m
  step 'go test of the whole system' go_tests ./e2e -count 1 -timeout 40m
  ;;
*)
  echo "usage: scripts/verify.sh check|test" >&2
  exit 2
  ;;
esac

printf '\n'
printf '%s\n' "${summary[@]}"
if ((failed)); then
  printf '\nFAILED after %d s\n' "$SECONDS"
else
  printf '\nall passed in %d s\n' "$SECONDS"
fi
exit "$failed"
