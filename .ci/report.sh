# What .ci/run and tests/run print and count with. Sourced; expects `set -u`.
# shellcheck shell=bash

passed=0
failed=0
failures=()
began=$SECONDS
case "${CI:-}" in '') logs=build/logs ;; *) logs=build/ci-logs ;; esac
mkdir -p "$logs"

elapsed() { printf '%d:%02d' $(((SECONDS - began) / 60)) $(((SECONDS - began) % 60)); }

stage() { printf '\n== %s  [%s]\n' "$1" "$(elapsed)"; }

pass() { passed=$((passed + ${1:-1})); }

fail() {
  failed=$((failed + 1))
  failures+=("$1")
}

# check NAME COMMAND…: one thing that passes or fails; its output is shown when it fails.
check() {
  local name=$1 log start=$SECONDS
  shift
  log="$logs/${name//[^A-Za-z0-9_.-]/_}.log"
  if "$@" >"$log" 2>&1; then
    pass
    printf '   ok      %s (%d s)\n' "$name" $((SECONDS - start))
    return 0
  fi
  fail "$name"
  printf '   FAILED  %s (%d s), the end of %s:\n' "$name" $((SECONDS - start)) "$log"
  tail -n 60 "$log" | sed 's/^/     | /'
  return 1
}

# counted NAME COMMAND…: like check, for a command whose last line is `N passed, N failed`.
counted() {
  local name=$1 log start=$SECONDS line
  shift
  log="$logs/${name//[^A-Za-z0-9_.-]/_}.log"
  "$@" >"$log" 2>&1
  local status=$?
  line=$(grep -E '^[0-9]+ passed, [0-9]+ failed' "$log" | tail -n 1)
  if [ $status -eq 0 ] && [ -n "$line" ]; then
    pass "${line%% *}"
    printf '   ok      %s: %s (%d s)\n' "$name" "$line" $((SECONDS - start))
    return 0
  fi
  local count=${line#*, }
  count=${count%% *}
  pass "${line%% *}"
  failed=$((failed + (${count:-0} > 0 ? count : 1)))
  failures+=("$name")
  printf '   FAILED  %s: %s (%d s), the end of %s:\n' "$name" "${line:-it did not finish}" $((SECONDS - start)) "$log"
  tail -n 80 "$log" | sed 's/^/     | /'
  return 1
}

# tests NAME BUILD [CTEST-ARGUMENT…]: runs ctest, counting the cases of GoogleTest programs one by one.
tests() {
  local name=$1 build=$2 results
  shift 2
  results=$(mktemp -d)
  counted "$name" .ci/run-ctest "$results" "$build" "$@"
  local status=$?
  rm -rf "$results"
  return $status
}

# The last line: how many, and the exit status.
summary() {
  printf '\n'
  for name in "${failures[@]+"${failures[@]}"}"; do printf 'FAILED: %s\n' "$name"; done
  printf '%d passed, %d failed\n' "$passed" "$failed"
  [ "$failed" -eq 0 ]
}
