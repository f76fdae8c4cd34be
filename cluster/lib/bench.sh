# shellcheck shell=bash
# What cluster/bench measures with: nodes with a database of their own, reference servers, and the generator's runs.
#
# Everything lives in $bench_home and ends with it. Servers stay on processor $server_cpu, what they store in and the
# generator on $load_cpu.

# Settings of nodes under load that differ from the stock ones; `bench_settings` says why.
node_settings=(
    QUIZMANIA_TRUSTED_PROXIES=127.0.0.1/32
    QUIZMANIA_HANDSHAKES_PER_SECOND=100000
    QUIZMANIA_SESSION_EVENTS_PER_SECOND=100000
    QUIZMANIA_SESSION_CHAT_LINES_PER_TEN_SECONDS=1000000
    QUIZMANIA_OVERLOAD_CPU_PERCENT=off
    QUIZMANIA_OVERLOAD_LAG_MS=off
)

# Starts PostgreSQL and Redis. PostgreSQL's workers inherit its processor.
bench_start_services() {
    chmod 0755 "$bench_home"
    ensure_password "$bench_home/password"
    postgres_port=$(free_port)
    postgres_home "$bench_home/postgres" >/dev/null
    postgres_start "$bench_home/postgres" "$postgres_port" "$bench_home/password"
    redis_port=$(free_port)
    redis_start "$bench_home/redis" "$redis_port"
    postgres_pid=$(head --lines=1 "$bench_home/postgres/data/postmaster.pid")
    redis_pid=$(process_in "$bench_home/redis/redis.pid")
    taskset --all-tasks --cpu-list --pid "$load_cpu" "$postgres_pid" >/dev/null
    taskset --all-tasks --cpu-list --pid "$load_cpu" "$redis_pid" >/dev/null
    # Nobody asks for a page.
    mkdir "$bench_home/web"
    : >"$bench_home/web/index.html"
    local secrets=$bench_home/secrets
    install --directory --mode=0700 "$secrets"
    ensure_key "$secrets/token.key"
    ensure_key "$secrets/room.key"
    ensure_key "$secrets/mesh.key"
    ensure_password "$secrets/admin.token"
    databases=0
    new_database
}

# Makes an empty database for the nodes that start from here on.
new_database() {
    databases=$((databases + 1))
    database=bench$databases
    postgres_query "$postgres_port" "$bench_home/password" "CREATE DATABASE $database"
    node_environment 0
    env "${environment[@]}" "$node" migrate >"$bench_home/migrate.log" 2>&1 ||
        fail "the database could not be made: $(tail --lines=1 "$bench_home/migrate.log")"
    env "${environment[@]}" "$node" questions import "$root/config/questions.json" >>"$bench_home/migrate.log" 2>&1 ||
        fail "the questions could not be imported: $(tail --lines=1 "$bench_home/migrate.log")"
}

# Sets `environment` to that of the node with this index, `http_port`, `metrics_port` and `scheme`; its ports are new ones.
#
# node_environment INDEX [SETTING=VALUE…]
node_environment() {
    scheme=http http_port=$(free_port) metrics_port=$(free_port)
    if [[ " ${*:2} " == *' QUIZMANIA_TLS_'* ]]; then scheme=https; fi
    environment=(
        --ignore-environment "PATH=$PATH" "HOME=$HOME" "${node_settings[@]}"
        "QUIZMANIA_NODE_NAME=bench-$1"
        "QUIZMANIA_HTTP_PORT=$http_port"
        "QUIZMANIA_METRICS_PORT=$metrics_port"
        "QUIZMANIA_MESH_PORT=$(free_port)"
        "QUIZMANIA_PUBLIC_URL=$scheme://127.0.0.1:$http_port"
        "QUIZMANIA_CLUSTER_NAME=$database"
        "QUIZMANIA_POSTGRES=host=127.0.0.1 port=$postgres_port user=postgres dbname=$database"
        "QUIZMANIA_POSTGRES_PASSWORD_FILE=$bench_home/password"
        "QUIZMANIA_REDIS=redis://127.0.0.1:$redis_port/0"
        "QUIZMANIA_SECRETS_DIR=$bench_home/secrets"
        "QUIZMANIA_WEB_DIR=$bench_home/web"
        "${@:2}"
    )
}

# Starts a node and waits until it takes players. Sets `server_pid` and `server_port`, and for the node with index 0 what
# `load_on` and others find it by.
#
# start_node INDEX [SETTING=VALUE…]
start_node() {
    local log=$bench_home/node-$1.log deadline=$((EPOCHSECONDS + 30))
    node_environment "$@"
    taskset --cpu-list "$server_cpu" env "${environment[@]}" "$node" serve >>"$log" 2>&1 </dev/null &
    server_pid=$! server_port=$http_port
    disown
    if [[ $1 == 0 ]]; then node_pid=$server_pid node_port=$server_port node_metrics_port=$metrics_port; fi
    remember_process "$bench_home/node-$1.server.pid" "$server_pid" || true
    until curl --silent --insecure --max-time 2 --output /dev/null --fail "$scheme://127.0.0.1:$http_port/health/ready"; do
        kill -0 "$server_pid" 2>/dev/null || fail "the node ended: $(tail --lines=3 "$log")"
        ((EPOCHSECONDS < deadline)) || fail "the node is not ready after 30 s: $(tail --lines=3 "$log")"
        sleep 0.1
    done
}

# Ends the servers that run, those named or all: stop_servers [NAME…]. Names are node-INDEX, epoll, uws, bare.
stop_servers() {
    local files=("$bench_home"/*.server.pid)
    if (($# > 0)); then files=("${@/#/$bench_home/}") files=("${files[@]/%/.server.pid}"); fi
    stop_processes 30 "${files[@]}"
}

# Starts a reference server: start_reference NAME PROGRAM [ARGUMENT…]. Its port is the first argument it gets. Sets
# `server_pid` and `server_port`.
start_reference() {
    server_port=$(free_port)
    taskset --cpu-list "$server_cpu" "$2" "$server_port" "${@:3}" >>"$bench_home/$1.log" 2>&1 </dev/null &
    server_pid=$!
    disown
    remember_process "$bench_home/$1.server.pid" "$server_pid" || fail "$1 does not start: see $bench_home/$1.log."
    for _ in {1..50}; do
        if port_taken "$server_port"; then return 0; fi
        sleep 0.1
    done
    fail "$1 does not listen: see $bench_home/$1.log."
}

# Builds the generator and the reference servers into $bench_tools.
build_load_tools() {
    local library=$bench_tools/libsocketify_linux_amd64.so
    mkdir --parents "$bench_tools"
    if [[ ! -s $library ]]; then
        step_or_fail 'fetching uWebSockets' "$state/log/bench-uws.log" "$root/cluster/lib/fetch-uws" "$bench_tools"
    fi
    step_or_fail 'building the generator' "$state/log/build-load.log" make --directory="$root/Tests/Load" \
        "OUT=$bench_tools" "UWS=$library" all "$bench_tools/uws-reference"
}

# One run of the generator. Its figures go into $results under a label; its text into the log. A void run ends the bench. One that was void because the
# disk stood still (the journal was away) is made once more, unless it measured a node that had just started.
#
# load CASE SERVER OPTION…
load() {
    local case=$1 server=$2 record=$bench_home/run.json again=no
    shift 2
    while true; do
        rm --force "$record"
        if "$bench_tools/loadgen" --cpu "$load_cpu" --label "$case $server $round" --json "$record" "$@" >>"$bench_log" 2>&1; then
            cat "$record" >>"$results"
            return 0
        fi
        if [[ $again == yes || $case == B5/* || $case == B8/tls/200x10 ]] || ! grep --quiet 'the journal was away' "$record"; then break; fi
        again=yes
        say "  $case on $server is void, the journal was away; once more"
    done
    if [[ -s $record ]]; then cat "$record" >>"$results"; fi
    fail "$case on $server is void: $(tail --lines=2 "$bench_log" | head --lines=1); the output is in $bench_log."
}

# Prints a figure of the last run with a label: figure_of LABEL FIGURE
figure_of() {
    grep --fixed-strings "\"label\":\"$1\"" "$results" | tail --lines=1 |
        sed --quiet "s/.*\"$2\":\([0-9.e+-]*\).*/\1/p"
}

# As `load`, on a server that runs: node, epoll or uws. Sessions sign in with tokens made beforehand.
load_on() {
    local case=$1 server=$2
    shift 2
    case $server in
        node)
            load "$case" node --dialect quizmania --forwarded --tokens "$bench_home/tokens" --port "$node_port" \
                --pids "$node_pid" --stores "$postgres_pid,$redis_pid" --close-rooms "$@"
            ;;
        epoll) load "$case" epoll --dialect raw --port "$epoll_port" --pids "$epoll_pid" "$@" ;;
        uws) load "$case" uws --dialect raw --port "$uws_port" --pids "$uws_pid" "$@" ;;
    esac
}

# Has guests made for this many connections, unless there are tokens that live long enough.
#
# ensure_tokens CONNECTIONS
ensure_tokens() {
    local file=$bench_home/tokens
    if [[ -s $file ]] && (($(wc --lines <"$file") >= $1 && EPOCHSECONDS < tokens_until)); then return 0; fi
    "$bench_tools/loadgen" --dialect quizmania --forwarded --port "$node_port" --workload idle --late-joins --rooms "$1" \
        --players 1 --settle 1 --duration 0 --save-tokens "$file" >>"$bench_log" 2>&1 ||
        fail "guests could not be made: see $bench_log."
    # They are good for 15 minutes.
    tokens_until=$((EPOCHSECONDS + 600))
}

# The web client's measurement, on a node that runs: bench_web OPTION…
bench_web() {
    local url='' more=()
    while (($# > 0)); do
        case $1 in
            --url)
                url=${2:-}
                [[ $url =~ ^https?://[^/]+/?$ ]] || fail "--url takes an address like http://127.0.0.1:8080."
                ;;
            --runs | --questions)
                [[ ${2:-} =~ ^[1-9][0-9]?$ ]] || fail "$1 takes a number from 1 to 99."
                more+=("$1" "$2")
                ;;
            *) fail "'$1' is not an option: see cluster/bench --help." ;;
        esac
        shift 2
    done
    if [[ -z $url ]]; then
        url=$(cat "$state/url" 2>/dev/null) || fail "no node is running here: start one with cluster/up, or name one with --url."
    fi
    ensure_packages chromium python3-venv
    cd "$root" || return
    ensure_test_python
    "$test_python" "$root/Tests/Load/bench_web.py" --url "$url" "${more[@]}"
}

# Prints the value of a metric, the sum over its labels; 0 when there is none: metric PORT NAME
metric() {
    curl --silent --max-time 2 "http://127.0.0.1:$1/metrics" |
        awk -v name="$2" '{ split($1, key, "{") } key[1] == name { sum += $2 } END { print sum + 0 }'
}

# Waits until both nodes of the cluster have shards, and none is on its way.
await_shards() {
    local owned
    for _ in {1..300}; do
        owned=$(metric "$node_metrics_port" quizmania_cluster_shards_owned)
        if ((${owned%.*} > 400 && ${owned%.*} < 624)); then sleep 1; return 0; fi
        sleep 0.1
    done
    fail "the shards were not spread over two nodes within 30 s."
}

# Milliseconds of processor time a process has used, or a process and its living and ended children.
processor_ms() {
    awk -v hz="$(getconf CLK_TCK)" '{ sub(/.*\) /, ""); print int(($12 + $13) * 1000 / hz) }' "/proc/$1/stat"
}

tree_ms() {
    local child children sum
    # The kernel ends this line with nothing.
    read -r -a children <"/proc/$1/task/$1/children" || true
    sum=$(awk -v hz="$(getconf CLK_TCK)" '{ sub(/.*\) /, ""); print int(($12 + $13 + $14 + $15) * 1000 / hz) }' "/proc/$1/stat")
    for child in "${children[@]}"; do sum=$((sum + $(processor_ms "$child" 2>/dev/null || echo 0))); done
    echo "$sum"
}

# Makes a certificate of the cheaper kind, ECDSA over P-256.
make_certificate() {
    if [[ -s $bench_home/tls.pem ]]; then return 0; fi
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=127.0.0.1 \
        -keyout "$bench_home/tls.key" -out "$bench_home/tls.pem" 2>>"$bench_log"
}
