# shellcheck shell=bash
# TCP ports: whether one is taken, by whom, and free ones for private services. Debian's awk knows no long flags.

# Whether somebody listens on the port, on whatever address.
port_taken() {
    local files=(/proc/net/tcp)
    if [[ -r /proc/net/tcp6 ]]; then files+=(/proc/net/tcp6); fi
    awk -v port="$(printf '%04X' "$1")" \
        'FNR > 1 && $4 == "0A" { split($2, address, ":"); if (address[2] == port) found = 1 } END { exit !found }' \
        "${files[@]}"
}

# Prints " by NAME (pid N)" for a listening port, or nothing when that cannot be seen.
port_holder() {
    local inode descriptor pid
    inode=$(awk -v port="$(printf '%04X' "$1")" \
        'FNR > 1 && $4 == "0A" { split($2, address, ":"); if (address[2] == port) { print $10; exit } }' \
        /proc/net/tcp /proc/net/tcp6 2>/dev/null) || true
    [[ -n $inode ]] || return 0
    for descriptor in /proc/[0-9]*/fd/*; do
        [[ $(readlink "$descriptor" 2>/dev/null) == "socket:[$inode]" ]] || continue
        pid=${descriptor#/proc/}
        pid=${pid%%/*}
        printf ' by %s (pid %s)' "$(cat "/proc/$pid/comm" 2>/dev/null)" "$pid"
        return 0
    done
}

# Prints a free port of 20000–31999: below the range from which the kernel takes ports for outgoing connections, so that
# nobody's connection can sit on it by chance.
free_port() {
    local port
    for _ in {1..200}; do
        port=$((20000 + (RANDOM * 32768 + RANDOM) % 12000))
        port_taken "$port" || { printf '%s\n' "$port"; return 0; }
    done
    fail "no free TCP port was found between 20000 and 31999: stop some of the programs that listen there."
}

# Prints the port remembered in a file if it is still free, else a new one, and remembers it.
remembered_port() {
    local port
    port=$(cat "$1" 2>/dev/null) || port=
    if [[ -z $port ]] || port_taken "$port"; then
        port=$(free_port)
        printf '%s\n' "$port" >"$1"
    fi
    printf '%s\n' "$port"
}
