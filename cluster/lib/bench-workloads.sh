# shellcheck shell=bash
# The workloads of cluster/bench, one function each; a call is one round. BENCHMARKS.md says what each is for.
#
# A server's figures are comparable only within a round: everything that is compared runs in it, in turns.

# Text of a line at the reference servers that makes it as long on the wire as the node's.
reference_line_bytes=85

# Seconds of warming up and of measuring.
pace() {
    if [[ $quick == yes ]]; then echo --warmup 0.3 --duration "$1" --settle 0.1; else echo --warmup 1 --duration "$2" --settle 1; fi
}

# Broadcast on one server: broadcast CASE SERVER ROOMS PLAYERS DEPTH [OPTION…]
broadcast() {
    local options
    read -r -a options <<<"$(pace 1 5)"
    if [[ $2 != node ]]; then options+=(--line-bytes "$reference_line_bytes"); fi
    load_on "$1" "$2" --workload bcast --rooms "$3" --players "$4" --depth "$5" "${options[@]}" "${@:6}"
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
        # Once more no faster than the node, which waits for the disk: whoever is to be woken costs who sends.
        local period
        period=$(awk -v lines="$(figure_of "B1/$shape node $round" lines_per_s)" -v under_way="$((rooms * depth))" \
            'BEGIN { print under_way / lines }')
        for server in epoll uws; do
            broadcast "B1/$shape/paced" "$server" "$rooms" "$players" "$depth" --period "$period"
        done
    done
    read -r -a options <<<"$(pace 1 5)"
    load_on B1/change/40x50/1 node --workload change --rooms 40 --players 50 "${options[@]}"
}

# Ten rooms, all answer at once. The references play the next round at once and are never idle; the node's rules have a round take 1.3 s at
# least, and whoever wakes for each pays for that: so the references play at that pace as well.
workload_B2() {
    local options
    read -r -a options <<<"$(pace 2 10)"
    for server in epoll uws node; do
        load_on B2/10x50 "$server" --workload quiz --rooms 10 --players 50 --window 0 "${options[@]}"
    done
    for server in epoll uws; do
        load_on B2/10x50/paced "$server" --workload quiz --rooms 10 --players 50 --window 0 --period 1.3 "${options[@]}"
    done
    measure_idle "${options[3]}"
}

# What a node needs while nobody plays: part of every other figure, the more of it the fewer rounds share it.
measure_idle() {
    load_on B2/idle node --workload idle --rooms 1 --players 1 --late-joins --warmup 0 --duration "$1" --settle 0
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
}

# Every room over two nodes on one processor: half of its players, and of the rooms, on each.
workload_B6() {
    local depth options
    start_node 1
    local second_pid=$server_pid second_port=$server_port
    await_shards
    read -r -a options <<<"$(pace 1 5)"
    for depth in 1 8; do
        load "B6/40x50/$depth" nodes --dialect quizmania --forwarded --tokens "$bench_home/tokens" --close-rooms \
            --port "$node_port,$second_port" --pids "$node_pid,$second_pid" --stores "$postgres_pid,$redis_pid" \
            --workload bcast --rooms 40 --players 50 --depth "$depth" "${options[@]}"
    done
    stop_servers node-1
}

# More and more rooms under the same load: what a delivery costs must not grow. Then rooms that come and go ten times.
workload_B7() {
    local rooms cycle
    ensure_tokens 10000
    for rooms in 10 100 500 2000; do
        load_on "B7/${rooms}x5" node --workload bcast --rooms "$rooms" --players 5 --rate 400 --warmup 1 --duration 5 \
            --settle 1
    done
    restart_node
    for cycle in {1..10}; do
        load_on "B7/cycle-$cycle" node --workload storm --rooms 200 --players 10 --settle 2
    done
}

# Everything through TLS in the node; and boards that are deflated.
workload_B8() {
    local options
    make_certificate
    stop_servers node-0
    start_node 0 "QUIZMANIA_TLS_CERTIFICATE_FILE=$bench_home/tls.pem" "QUIZMANIA_TLS_KEY_FILE=$bench_home/tls.key"
    load_on B8/tls/200x10 node --tls --workload storm --late-joins --rooms 200 --players 10 --settle 2
    read -r -a options <<<"$(pace 1 5)"
    for depth in 1 8; do
        load_on "B8/tls/40x50/$depth" node --tls --workload bcast --rooms 40 --players 50 --depth "$depth" "${options[@]}"
    done
    restart_node
    read -r -a options <<<"$(pace 2 10)"
    load_on B8/deflate/10x50 node --deflate --workload quiz --rooms 10 --players 50 --window 0 "${options[@]}"
    load_on B8/plain/10x50 node --workload quiz --rooms 10 --players 50 --window 0 "${options[@]}"
}

# kill -9 of a node with 500 rooms in the middle of their games: what the other one needs until the last of them lives.
workload_B9() {
    local crowd before after
    start_node 1
    local second_pid=$server_pid second_port=$server_port
    await_shards
    "$bench_tools/loadgen" --cpu "$load_cpu" --dialect quizmania --forwarded --tokens "$bench_home/tokens" \
        --port "$second_port" --workload quiz --rooms 500 --players 4 --window 4 --period 8 --warmup 0 --duration 300 \
        --settle 0 >>"$bench_log" 2>&1 &
    crowd=$!
    remember_process "$bench_home/crowd.server.pid" "$crowd" || true
    sleep 20
    before=$(metric "$node_metrics_port" quizmania_cluster_take_over_seconds_sum)
    local cpu_before rooms_before rooms cpu_after stores_before
    rooms_before=$(metric "$node_metrics_port" quizmania_recovery_rooms_total)
    cpu_before=$(processor_ms "$node_pid") stores_before=$(tree_ms "$postgres_pid")
    kill -KILL "$second_pid"
    for _ in {1..300}; do
        sleep 0.1
        after=$(metric "$node_metrics_port" quizmania_cluster_take_over_seconds_sum)
        if [[ $after != "$before" ]]; then break; fi
    done
    cpu_after=$(processor_ms "$node_pid")
    rooms=$(metric "$node_metrics_port" quizmania_recovery_rooms_total)
    [[ $after != "$before" ]] || fail "B9: nobody took the dead node's rooms over within 30 s."
    awk -v label="B9/500x4 node $round" -v seconds="$after" -v before="$before" -v rooms="$rooms" -v had="$rooms_before" \
        -v ms="$((cpu_after - cpu_before))" -v stores="$(($(tree_ms "$postgres_pid") - stores_before))" 'BEGIN {
            printf "{\"label\":\"%s\",\"workload\":\"take-over\",\"take_over_s\":%.3f,\"rooms\":%d,\"cpu_ms_per_room\":%.3f,", \
                label, seconds - before, rooms - had, ms / (rooms - had > 0 ? rooms - had : 1)
            printf "\"store_cpu_ms_per_room\":%.3f,\"ok\":true}\n", stores / (rooms - had > 0 ? rooms - had : 1) }' >>"$results"
    stop_servers crowd
    rm --force "$bench_home/node-1.server.pid"
}

# Looking up a room, and the result of a finished game, beside a handler that answers the same bytes.
workload_B10() {
    local code game token body what target
    read -r token <"$bench_home/tokens"
    make_finished_game
    for what in room_look_up game_result; do
        target=/api/rooms/$code
        if [[ $what == game_result ]]; then target=/api/games/$game; fi
        body=$(curl --silent --fail --header "Authorization: Bearer $token" "http://127.0.0.1:$node_port$target") ||
            fail "B10: $target is not answered."
        start_reference bare "$release_dir/release/barehttp" "$body"
        "$bench_tools/httpload" "$server_port" "$target" 64 5 "$server_pid" "$load_cpu" "B10/$what bare $round" "$results" \
            "$token" >>"$bench_log" 2>&1 || fail "B10: the bare server is void: $(tail --lines=1 "$bench_log")"
        stop_servers bare
        "$bench_tools/httpload" "$node_port" "$target" 64 5 "$node_pid" "$load_cpu" "B10/$what node $round" "$results" \
            "$token" >>"$bench_log" 2>&1 || fail "B10: the node is void: $(tail --lines=1 "$bench_log")"
    done
}

# Sets `code` of a room and `game` of a game of fifty players that has its result; the first token is one of them.
make_finished_game() {
    local said
    said=$("$bench_tools/loadgen" --dialect quizmania --forwarded --tokens "$bench_home/tokens" --port "$node_port" \
        --workload quiz --rooms 1 --players 50 --window 0 --questions 1 --warmup 0 --duration 4 --settle 0.2 --names) ||
        fail "B10: no game was played."
    read -r code game < <(sed --quiet 's/^room //p' <<<"$said")
}
