# shellcheck shell=bash
# Processes found again through files. A pid alone may long belong to somebody else, so the moment at which the process
# started is kept beside it and compared before anything is signalled.

# Prints when a process started, in clock ticks since boot; fails when it is gone or a zombie.
process_start() {
    local line fields
    line=$(cat "/proc/$1/stat" 2>/dev/null) || return 1
    # The command's name is in parentheses and may hold anything.
    read -r -a fields <<<"${line##*) }"
    [[ ${fields[0]} != Z ]] || return 1
    printf '%s\n' "${fields[19]}"
}

# remember_process FILE PID
remember_process() {
    local start
    start=$(process_start "$2") || return 1
    printf '%s %s\n' "$2" "$start" >"$1"
}

# Prints the pid of the process remembered in a file; fails when that process has ended.
process_in() {
    local pid start
    [[ -r $1 ]] || return 1
    read -r pid start <"$1" || return 1
    [[ $(process_start "$pid") == "$start" ]] || return 1
    printf '%s\n' "$pid"
}

# Asks the remembered processes to end, all at once, waits, and ends by force those that do not.
#
# stop_processes SECONDS FILE…
stop_processes() {
    local deadline=$((EPOCHSECONDS + $1)) file pid
    shift
    for file; do
        pid=$(process_in "$file") || continue
        kill -TERM "$pid" 2>/dev/null || true
        kill -CONT "$pid" 2>/dev/null || true
    done
    for file; do
        while pid=$(process_in "$file"); do
            if ((EPOCHSECONDS >= deadline)); then
                kill -KILL "$pid" 2>/dev/null || true
            fi
            sleep 0.1
        done
        rm --force "$file"
    done
}
