# shellcheck shell=bash
# The private cluster of this checkout: its files, its ports, and how each of its parts is started and ended.
#
#   .local/secrets/          passwords and keys, 0600
#   .local/postgres/         PostgreSQL's data and log (.local/postgres.elsewhere: where they are instead)
#   .local/redis/            Redis' folder and log
#   .local/log/              what builds, the nodes, the balancer and a detached cluster say
#   .local/parts             the nodes and, in front of several, the balancer, see write_parts
#   .local/node-I.env        the settings of the node with index I
#   .local/haproxy.cfg       the balancer's settings
#   .local/*.pid             who runs, see process.sh
#   .local/*.port            the ports PostgreSQL and Redis had last time
#   .local/url               the address, while a node is ready behind it

secrets=$state/secrets
supervisor_pid=$state/supervisor.pid

# Ends the cluster/up of this checkout, which ends everything it started.
stop_supervisor() {
    # Longer than its parts may take to end.
    stop_processes 75 "$supervisor_pid"
}

# Ends what is left of this checkout's cluster, whoever started it.
stop_parts() {
    local home
    rm --force "$state/url"
    stop_nodes
    redis_stop "$state/redis"
    home=$(cat "$state/postgres.elsewhere" 2>/dev/null) || home=$state/postgres
    postgres_stop "$home"
}

# Ends all nodes, then the balancer, through which players hear their goodbyes.
stop_nodes() {
    # A node hands its rooms over first, for up to 25 s while others live; nodes that end together are quick.
    stop_processes 30 "$state"/node-*.pid
    stop_processes 5 "$state/balancer.pid"
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
    # For operators: the page /admin and the API behind it.
    ensure_password "$secrets/admin.token"

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

# Writes what the supervisor runs, a line each: name, HTTP port, address. The nodes come first; the last line's address
# is the one for players.
#
# write_parts INDEX NODES ADDRESS
write_parts() {
    local index
    for ((index = $1; index < $1 + $2; index++)); do
        node_ports "$index"
        printf 'node-%s %s %s\n' "$index" "$http_port" "http://$3:$http_port"
    done >"$state/parts.new"
    if (($2 > 1)); then
        printf 'balancer %s %s\n' "$(balancer_port "$1")" "http://$3:$(balancer_port "$1")" >>"$state/parts.new"
    fi
    mv "$state/parts.new" "$state/parts"
}

# Prints the name of the first node; fails when there has never been one.
first_node() {
    local name
    read -r name _ 2>/dev/null <"$state/parts" || return 1
    printf '%s\n' "$name"
}

# Whether there are several nodes, behind a balancer.
is_balanced() {
    grep --quiet '^balancer ' "$state/parts"
}

# Shows where each node is, if there are several.
say_nodes() {
    local name url
    if ! is_balanced; then return 0; fi
    while read -r name _ url; do
        if [[ $name == node-* ]]; then say "$name is at $url/"; fi
    done <"$state/parts"
}

# Writes the settings of the node with this index, whose ports are set. Every line is a shell assignment.
#
# write_node_env INDEX HTTP-HOST PUBLIC-URL
write_node_env() {
    local line behind=()
    if is_balanced; then mapfile -t behind < <(balanced_node_settings); fi
    for line in "${behind[@]}" \
        "QUIZMANIA_NODE_NAME=node-$1" \
        "QUIZMANIA_NODE_INDEX=$1" \
        "QUIZMANIA_HTTP_HOST=$2" \
        "QUIZMANIA_HTTP_PORT=$http_port" \
        "QUIZMANIA_METRICS_PORT=$metrics_port" \
        "QUIZMANIA_MESH_PORT=$mesh_port" \
        "QUIZMANIA_PUBLIC_URL=$3" \
        "QUIZMANIA_NODE_URL=$3" \
        "QUIZMANIA_CLUSTER_PUBLIC_PATTERNS=${3%:*}:*" \
        "QUIZMANIA_POSTGRES=host=127.0.0.1 port=$(cat "$state/postgres.port") user=quizmania dbname=quizmania" \
        "QUIZMANIA_POSTGRES_PASSWORD_FILE=$secrets/postgres.password" \
        "QUIZMANIA_REDIS=redis://127.0.0.1:$(cat "$state/redis.port")/0" \
        "QUIZMANIA_SECRETS_DIR=$secrets" \
        "QUIZMANIA_WEB_DIR=$web/dist" \
        "QUIZMANIA_LOG_FORMAT=${QUIZMANIA_LOG_FORMAT:-console}" \
        "QUIZMANIA_LOG_LEVEL=${QUIZMANIA_LOG_LEVEL:-info}"; do
        printf '%s=%q\n' "${line%%=*}" "${line#*=}"
    done | write_secret "$state/node-$1.env"
}

# Puts a node's settings into the environment: load_node_env [NAME]. Without a name, the first node's.
load_node_env() {
    local name=${1:-}
    [[ -n $name ]] || name=$(first_node) || name=node
    [[ -r $state/$name.env ]] || fail "there is no private cluster yet: start one with cluster/up."
    set -o allexport
    # shellcheck source=/dev/null
    source "$state/$name.env"
    set +o allexport
}

# Becomes a node or the balancer: become_part NAME
become_part() {
    # In the foreground (-db), where it tells what it sees of the nodes.
    if [[ $1 == balancer ]]; then exec setsid env --default-signal=INT,QUIT "$haproxy" -db -f "$haproxy_config"; fi
    load_node_env "$1"
    exec setsid env --default-signal=INT,QUIT "$node" serve
}

# Starts a node or the balancer in the background. `part_process` is its pid, a child of ours.
start_part() {
    become_part "$1" >>"$state/log/$1.log" 2>&1 </dev/null 9>&- &
    part_process=$!
    remember_process "$state/$1.pid" "$part_process" || true
}

# Whether the node at this port of HTTP, or one behind it, says that it is ready.
node_ready() {
    local status
    # The connection is refused while the node starts; bash says so on standard error.
    { exec 8<>"/dev/tcp/127.0.0.1/$1"; } 2>/dev/null || return 1
    printf 'GET /health/ready HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n' >&8
    read -r -t 2 status <&8 || status=
    exec 8>&-
    [[ $status == 'HTTP/1.1 200 '* ]]
}
