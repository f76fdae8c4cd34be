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

# Sets `environment` to that of the node with this index; its ports are new ones.
#
# node_environment INDEX [SETTING=VALUE…]
node_environment() {
    local scheme=http
    http_port=$(free_port)
    if [[ " ${*:2} " == *' QUIZMANIA_TLS_'* ]]; then scheme=https; fi
    environment=(
        --ignore-environment "PATH=$PATH" "HOME=$HOME" "${node_settings[@]}"
        "QUIZMANIA_NODE_NAME=bench-$1"
        "QUIZMANIA_HTTP_PORT=$http_port"
        "QUIZMANIA_METRICS_PORT=$(free_port)"
        "QUIZMANIA_MESH_PORT=$(free_port)"
        "QUIZMANIA_PUBLIC_URL=$scheme://127.0.0.1:$http_port"
        "QUIZMANIA_CLUSTER_NAME=$database"
        "QUIZMANIA_POSTGRES=host=127.0.0.1 port=$postgres_port user=postgres dbname=$database"
        "QUIZMANIA_POSTGRES_PASSWORD_FILE=$bench_home/password"
        "QUIZMANIA_REDIS=redis://127.0.0.1:$redis_port/0"
        "QUIZMANIA_SECRETS_DIR=$bench_home/secrets"
        "QUIZMANIA_WEB_DIR=$web/dist"
        "${@:2}"
    )
}

# Starts a node and waits until it takes players. Sets `server_pid` and `server_port`.
#
# start_node INDEX [SETTING=VALUE…]
start_node() {
    local log=$bench_home/node-$1.log deadline=$((EPOCHSECONDS + 30))
    node_environment "$@"
    taskset --cpu-list "$server_cpu" env "${environment[@]}" "$node" serve >>"$log" 2>&1 </dev/null &
    server_pid=$! server_port=$http_port
    remember_process "$bench_home/node-$1.server.pid" "$server_pid" || true
    until curl --silent --insecure --max-time 2 --output /dev/null --fail "${scheme:-http}://127.0.0.1:$http_port/health/ready"; do
        kill -0 "$server_pid" 2>/dev/null || fail "the node ended: $(tail --lines=3 "$log")"
        ((EPOCHSECONDS < deadline)) || fail "the node is not ready after 30 s: $(tail --lines=3 "$log")"
        sleep 0.1
    done
}
