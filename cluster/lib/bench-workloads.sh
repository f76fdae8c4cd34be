# shellcheck shell=bash
# The workloads of cluster/bench, one function each; a call is one round. BENCHMARKS.md says what each is for.
#
# A server's figures are comparable only within a round: everything that is compared runs in it, in turns.

# Text of a line at the reference servers that makes it as long on the wire as the node's.
reference_line_bytes=85

# Seconds of warming up and of measuring.
pace() {
    if [[ $quick == yes ]]; then echo --warmup 0.5 --duration "$1" --settle 0.2; else echo --warmup 1 --duration "$2" --settle 1; fi
}

# Broadcast on one server: broadcast CASE SERVER ROOMS PLAYERS DEPTH
broadcast() {
    local options
    read -r -a options <<<"$(pace 1.5 5)"
    if [[ $2 != node ]]; then options+=(--line-bytes "$reference_line_bytes"); fi
    load_on "$1" "$2" --workload bcast --rooms "$3" --players "$4" --depth "$5" "${options[@]}"
}

measure_unit() {
    ensure_tokens 2000
    broadcast B1/40x50/1 epoll 40 50 1
}

# A line of chat to everybody in its room, one at a time and eight, and a journaled event in place of it.
workload_B1() {
    local shape options shapes=(40x50/1 200x10/1 1000x2/1 40x50/8 200x10/8 1000x2/8)
    if [[ $quick == yes ]]; then shapes=(40x50/1 40x50/8); fi
    for shape in "${shapes[@]}"; do
        local rooms=${shape%%x*} players=${shape#*x} depth=${shape#*/}
        players=${players%/*}
        for server in epoll uws node; do
            [[ $server/$shape == epoll/40x50/1 ]] || broadcast "B1/$shape" "$server" "$rooms" "$players" "$depth"
        done
    done
    read -r -a options <<<"$(pace 1.5 5)"
    load_on B1/change/40x50/1 node --workload change --rooms 40 --players 50 "${options[@]}"
}

# Ten rooms, all answer at once.
workload_B2() {
    local options
    read -r -a options <<<"$(pace 3 10)"
    for server in epoll uws node; do
        load_on B2/10x50 "$server" --workload quiz --rooms 10 --players 50 --window 0 "${options[@]}"
    done
}

# Twenty rooms, answers over a second. The node announces a question for a second and waits a quarter for late answers,
# so that a question every 2.5 s is as often as can be.
workload_B3() {
    local options
    read -r -a options <<<"$(pace 5 10)"
    for server in epoll uws node; do
        load_on B3/20x50 "$server" --workload quiz --rooms 20 --players 50 --window 1 --period 2.5 "${options[@]}"
    done
    measure_commit
}

# What a bare commit takes on this disk: single rows at about the rate of the journal's batches.
measure_commit() {
    local log=$bench_home/commits
    postgres_query "$postgres_port" "$bench_home/password" \
        'CREATE TABLE IF NOT EXISTS bench_commit (n bigint GENERATED ALWAYS AS IDENTITY, payload text)'
    printf "INSERT INTO bench_commit (payload) VALUES (repeat('x', 100));\n" >"$bench_home/commit.sql"
    rm --force "$log".*
    PGPASSWORD=$(cat "$bench_home/password") "$postgres_bin/pgbench" --no-vacuum --file="$bench_home/commit.sql" --rate=200 \
        --time=5 --log --log-prefix="$log" --host=127.0.0.1 --port="$postgres_port" --username=postgres postgres \
        >>"$bench_log" 2>&1
    # The third column: microseconds of a transaction.
    cat "$log".* | awk '{ print $3 }' | sort --numeric-sort | awk -v label="B3/commit disk $round" '
        { us[NR] = $1 }
        END { printf "{\"label\":\"%s\",\"workload\":\"commit\",\"p50_us\":%d,\"p99_us\":%d,\"ok\":true}\n",
            label, us[int(NR * 0.5) + 1], us[int(NR * 0.99) + 1] }' >>"$results"
}

# 2,000 connections with upgrade, sign-in and join, 64 at a time.
workload_B4() {
    for server in epoll uws node; do
        load_on B4/40x50 "$server" --workload storm --rooms 40 --players 50 --settle 0.2
    done
}

# Memory of sessions and of rooms, in nodes that have just started.
workload_B5() {
    for server in epoll uws; do
        stop_servers "$server"
        if [[ $server == epoll ]]; then
            start_reference epoll "$bench_tools/epoll-limit"
            epoll_pid=$server_pid epoll_port=$server_port
        else
            start_reference uws "$bench_tools/uws-reference"
            uws_pid=$server_pid uws_port=$server_port
        fi
        load_on B5/200x10 "$server" --workload storm --late-joins --rooms 200 --players 10 --settle 2
    done
    restart_node
    load_on B5/200x10 node --workload storm --late-joins --rooms 200 --players 10 --settle 2
}

restart_node() {
    stop_servers node-0
    start_node 0
    node_pid=$server_pid node_port=$server_port
}
