#!/usr/bin/env bash
# Type check, lint and tests of the web client; ends with one line `N passed, N failed`.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
[[ -f .venv/.complete ]] || { echo "test: the tools are missing; run Sources/WebClient/setup.sh first." >&2; exit 1; }
[[ -f src/protocol.generated.ts ]] || { echo "test: src/protocol.generated.ts is missing; see build.sh." >&2; exit 1; }
export DENO_DIR="$PWD/.deno" DENO_NO_UPDATE_CHECK=1 NO_COLOR=1

passed=0
failed=0
step() {
    if "${@:2}"; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAILED: $1"
    fi
}

step "type check" .venv/bin/deno check --quiet --no-remote src/main.tsx src/sw.ts src/contract.ts tests/*.ts
step "lint" .venv/bin/oxlint --config .oxlintrc.json --quiet src tests
step "format" .venv/bin/deno fmt --quiet --check src/app src/components src/i18n src/lazy src/net src/screens src/state src/styles src/main.tsx src/sw.ts src/contract.ts tests

log="$(mktemp)"
trap 'rm --force "$log"' EXIT
.venv/bin/deno test --quiet --no-remote --no-check --allow-read=src tests >"$log" 2>&1 && ran=yes || ran=no
cat "$log"
counts="$(grep --only-matching --extended-regexp '[0-9]+ passed .*[0-9]+ failed' "$log" | tail -1 || true)"
if [[ -z "$counts" ]]; then
    failed=$((failed + 1)) # The tests did not even start.
else
    passed=$((passed + ${counts%% *}))
    bad="${counts% failed}"
    bad="${bad##* }"
    failed=$((failed + bad))
    [[ "$ran" == yes || "$bad" != 0 ]] || failed=$((failed + 1))
fi

echo "$passed passed, $failed failed"
((failed == 0))
