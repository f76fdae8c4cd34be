# shellcheck shell=bash
# The private cluster of this checkout: its files, its ports, and how each of its parts is started and ended.
#
#   .local/secrets/          passwords and keys, 0600
#   .local/postgres/         PostgreSQL's data and log (.local/postgres.elsewhere: where they are instead)
#   .local/redis/            Redis' folder and log
#   .local/log/              what builds, the node and a detached cluster say
#   .local/node.env          the node's settings
#   .local/*.pid             who runs, see process.sh
#   .local/*.port            the ports PostgreSQL and Redis had last time
#   .local/url               the address, while the node is ready

secrets=$state/secrets
supervisor_pid=$state/supervisor.pid
node_pid=$state/node.pid
node_env=$state/node.env
node_log=$state/log/node.log

# Ends the cluster/up of this checkout, which ends everything it started.
stop_supervisor() {
    stop_process "$supervisor_pid" 60
}

# Ends what is left of this checkout's cluster, whoever started it.
stop_parts() {
    local home
    rm --force "$state/url"
    # A node hands its rooms over first; 15 s is more than it takes to.
    stop_process "$node_pid" 15
    redis_stop "$state/redis"
    home=$(cat "$state/postgres.elsewhere" 2>/dev/null) || home=$state/postgres
    postgres_stop "$home"
}

# Starts PostgreSQL and Redis where they were before, or goes on with those that run.
start_services() {
    local home port
    mkdir --parents "$state/log" "$secrets"
    chmod 0700 "$secrets"
    ensure_password "$secrets/postgres-superuser.password"
    ensure_password "$secrets/postgres.password"
    ensure_key "$secrets/token.key"
    ensure_key "$secrets/room.key"
    ensure_key "$secrets/mesh.key"

    home=$(postgres_home "$state/postgres")
    if ! postgres_running "$home"; then
        port=$(remembered_port "$state/postgres.port")
        postgres_start "$home" "$port" "$secrets/postgres-superuser.password"
    fi
    if ! process_in "$state/redis/redis.pid" >/dev/null; then
        port=$(remembered_port "$state/redis.port")
        redis_start "$state/redis" "$port"
    fi
}

# Makes the node's database and its user; harmless to repeat.
ensure_database() {
    local port admin=$secrets/postgres-superuser.password
    port=$(cat "$state/postgres.port")
    [[ $(postgres_query "$port" "$admin" "SELECT count(*) FROM pg_roles WHERE rolname = 'quizmania'") == 1 ]] ||
        postgres_query "$port" "$admin" 'CREATE ROLE quizmania LOGIN'
    postgres_query "$port" "$admin" "ALTER ROLE quizmania PASSWORD '$(cat "$secrets/postgres.password")'"
    [[ $(postgres_query "$port" "$admin" "SELECT count(*) FROM pg_database WHERE datname = 'quizmania'") == 1 ]] ||
        postgres_query "$port" "$admin" 'CREATE DATABASE quizmania OWNER quizmania'
}

# Sets the ports of the node with this index: http_port, metrics_port, mesh_port.
node_ports() {
    http_port=$((8080 + 100 * $1))
    metrics_port=$((9464 + 100 * $1))
    mesh_port=$((7946 + 100 * $1))
}

# Writes the node's settings. Every line is a shell assignment.
#
# write_node_env INDEX HTTP-HOST PUBLIC-URL
write_node_env() {
    local line
    for line in \
        "QUIZMANIA_NODE_NAME=node-$1" \
        "QUIZMANIA_NODE_INDEX=$1" \
        "QUIZMANIA_HTTP_HOST=$2" \
        "QUIZMANIA_HTTP_PORT=$http_port" \
        "QUIZMANIA_METRICS_PORT=$metrics_port" \
        "QUIZMANIA_MESH_PORT=$mesh_port" \
        "QUIZMANIA_PUBLIC_URL=$3" \
        "QUIZMANIA_POSTGRES=host=127.0.0.1 port=$(cat "$state/postgres.port") user=quizmania dbname=quizmania" \
        "QUIZMANIA_POSTGRES_PASSWORD_FILE=$secrets/postgres.password" \
        "QUIZMANIA_REDIS=redis://127.0.0.1:$(cat "$state/redis.port")/0" \
        "QUIZMANIA_SECRETS_DIR=$secrets" \
        "QUIZMANIA_WEB_DIR=$web/dist" \
        "QUIZMANIA_LOG_FORMAT=${QUIZMANIA_LOG_FORMAT:-console}" \
        "QUIZMANIA_LOG_LEVEL=${QUIZMANIA_LOG_LEVEL:-info}"; do
        printf '%s=%q\n' "${line%%=*}" "${line#*=}"
    done | write_secret "$node_env"
}

# Puts the node's settings into the environment.
load_node_env() {
    [[ -r $node_env ]] || fail "there is no private cluster yet: start one with cluster/up."
    set -o allexport
    # shellcheck source=/dev/null
    source "$node_env"
    set +o allexport
}

# Starts the node in the background. `node_process` is its pid, a child of ours.
start_node() {
    setsid env --default-signal=INT,QUIT "$node" serve >>"$node_log" 2>&1 </dev/null 9>&- &
    node_process=$!
    remember_process "$node_pid" "$node_process" || true
}

# Whether the node says that it is ready.
node_ready() {
    local status
    # The connection is refused while the node starts; bash says so on standard error.
    { exec 8<>"/dev/tcp/127.0.0.1/$1"; } 2>/dev/null || return 1
    printf 'GET /health/ready HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n' >&8
    read -r -t 2 status <&8 || status=
    exec 8>&-
    [[ $status == 'HTTP/1.1 200 '* ]]
}
