# shellcheck shell=bash
# What the stages of cluster/test share. A stage is a program in cluster/lib/stages: it runs one suite and counts.
# Its output is its log.

# shellcheck source=load.sh
source "$(dirname "${BASH_SOURCE[0]}")/load.sh"
cd "$root" || exit 1
export NO_COLOR=1
# A long step inside a stage has a session of its own; it ends with the stage.
trap stop_step EXIT
trap 'exit 143' INT TERM HUP

# Adds to what the stage has counted: count PASSED FAILED
count() {
    printf '%d %d\n' "$1" "$2" >>"$STAGE_COUNTS"
}

# Runs one check that either passes or fails, and counts it: check TITLE COMMAND…
check() {
    local title=$1
    shift
    if "$@"; then
        echo "ok: $title"
        count 1 0
    else
        echo "not ok: $title"
        count 0 1
    fi
}

# Prints the number before a word in a line, or 0: number_before WORD LINE
number_before() {
    if [[ $2 =~ ([0-9]+)\ $1 ]]; then echo "${BASH_REMATCH[1]}"; else echo 0; fi
}

# Runs a suite whose last line of the kind `N passed, N failed` counts, and counts it. Pytest's and Deno's closing lines
# are of that kind. Fails if the suite did, so that a crash before that line is seen.
#
# run_suite COMMAND…
run_suite() {
    local status=0 line output
    output=$(mktemp)
    "$@" 2>&1 | tee "$output" || status=$?
    line=$(grep --extended-regexp '(^| )[0-9]+ (passed|failed|errors?)\b' "$output" | tail --lines=1) || line=
    rm --force "$output"
    count "$(number_before passed "$line")" "$(($(number_before failed "$line") + $(number_before error "$line")))"
    return "$status"
}

# Whether a build log is free of warnings in our own code.
no_warnings() {
    if grep --extended-regexp "^$root/(Sources|Tests|Package\.swift).*: warning:" "$1"; then return 1; fi
}
