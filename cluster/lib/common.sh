# shellcheck shell=bash
# What every command here needs: where things are, and how a command speaks. Sourced, never run.
set -euo pipefail
shopt -s inherit_errexit

# The checkout, and what its private cluster keeps: data, secrets, logs. Git ignores it.
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
state=$root/.local

# A command that hands over to another one passes the time it began on, so that elapsed times go on counting.
began=${QUIZMANIA_BEGAN:-$EPOCHSECONDS}

# A line of progress.
say() {
    printf '[%3d s] %s\n' "$((EPOCHSECONDS - began))" "$*"
}

# Ends the command with one sentence that says what to do.
fail() {
    printf '%s: %s\n' "${0##*/}" "$*" >&2
    exit 1
}

# Runs a long external command with its output in a log file and shows that it is alive: each second on a terminal,
# every 15 s elsewhere. The command gets a session of its own, so that Ctrl-C reaches only us; `stop_step` ends it.
# Returns the command's status.
#
# step TITLE LOG COMMAND…
step_pid=
step() {
    local title=$1 log=$2 begun=$EPOCHSECONDS shown=$EPOCHSECONDS status=0 last
    shift 2
    say "$title …"
    mkdir --parents "$(dirname "$log")"
    setsid env --default-signal=INT,QUIT "$@" >"$log" 2>&1 </dev/null 9>&- &
    step_pid=$!
    while kill -0 "$step_pid" 2>/dev/null; do
        sleep 0.2
        if [[ -t 1 ]]; then
            ((EPOCHSECONDS > shown)) || continue
            last=$(tail --lines=1 "$log" | tr --delete '\r' | cut --characters=-60)
            printf '\r\033[K[%3d s] … %d s %s' "$((EPOCHSECONDS - began))" "$((EPOCHSECONDS - begun))" "$last"
        else
            ((EPOCHSECONDS >= shown + 15)) || continue
            last=$(tail --lines=1 "$log" | tr --delete '\r' | cut --characters=-100)
            say "… still at it ${last:+($last)}"
        fi
        shown=$EPOCHSECONDS
    done
    if [[ -t 1 ]]; then printf '\r\033[K'; fi
    wait "$step_pid" || status=$?
    step_pid=
    return "$status"
}

# Ends the long command that is running, if any, with everything it started.
stop_step() {
    [[ -n $step_pid ]] || return 0
    kill -TERM -- "-$step_pid" 2>/dev/null || true
    step_pid=
}

# As `step`, but a failure shows the end of the log and ends the command.
step_or_fail() {
    local title=$1 log=$2
    if ! step "$@"; then
        tail --lines=20 "$log" >&2
        fail "$title failed; the whole output is in $log."
    fi
}

# Refuses to begin what would fill the disk.
#
# need_disk MEBIBYTES DIRECTORY
need_disk() {
    local free
    free=$(df --output=avail --block-size=1M "$2" | tail --lines=1)
    ((free >= $1)) || fail "only ${free// /} MB are free below $2: make room for $1 MB and run this again."
}
