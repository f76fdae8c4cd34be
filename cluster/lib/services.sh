# shellcheck shell=bash
# A private PostgreSQL and a private Redis: own data, own port, 127.0.0.1 only. Both are told where to live, so that
# the cluster and the tests can each have theirs.

postgres_bin=/usr/lib/postgresql/15/bin

# PostgreSQL refuses to run as root. Sets `as_postgres` to the words before a command that make it run as the owner of
# the data, which is us, or, when we are root, the `postgres` user of Debian's package.
#
# That user cannot enter a checkout below somebody's 0700 folder: there it is given the one capability that lets it.
# Where capabilities are not ours to give (some containers) the caller gets 1 and must choose another place.
#
# choose_postgres_user DIRECTORY-OF-ITS-OWN
choose_postgres_user() {
    local owner
    as_postgres=()
    ((EUID == 0)) || return 0
    owner=$(stat --format=%U "$1")
    as_postgres=(setpriv "--reuid=$owner" "--regid=$(id --group "$owner")" --init-groups)
    # Not `test -w`: access(2) ignores the capability, opening files does not.
    if ! "${as_postgres[@]}" ls "$1" >/dev/null 2>&1; then
        as_postgres+=(--inh-caps=+dac_read_search --ambient-caps=+dac_read_search)
        "${as_postgres[@]}" ls "$1" >/dev/null 2>&1 || return 1
    fi
}

# Makes the folder PostgreSQL lives in and prints where it is: DIRECTORY, or, if its user cannot get there by any means,
# one under /var/lib that DIRECTORY points to.
postgres_home() {
    local home=$1
    if [[ -r $home.elsewhere ]]; then
        cat "$home.elsewhere"
        return 0
    fi
    if [[ ! -d $home ]]; then
        install --directory --mode=0700 "$home"
        if ((EUID == 0)); then chown postgres:postgres "$home"; fi
    fi
    if ! choose_postgres_user "$home"; then
        rmdir "$home"
        home=$(mktemp --directory /var/lib/quizmania-XXXXXXXX)
        chown postgres:postgres "$home"
        printf '%s\n' "$home" >"$1.elsewhere"
    fi
    printf '%s\n' "$home"
}

# Starts PostgreSQL in a folder made by `postgres_home`; the first time it makes the database cluster. Waits until it
# answers. Nothing happens if it runs.
#
# postgres_start HOME PORT SUPERUSER-PASSWORD-FILE
postgres_start() {
    local home=$1 port=$2 password_file=$3
    choose_postgres_user "$home" || fail "the owner of $home cannot enter it: remove it with cluster/down --wipe."
    # Its user cannot stay in our current folder either.
    (
        cd /
        if [[ ! -s $home/data/PG_VERSION ]]; then
            # Moved into place when complete: a half-made one is never taken for a database.
            rm --recursive --force "$home/data" "$home/new"
            umask 077
            "${as_postgres[@]}" tee "$home/password" <"$password_file" >/dev/null
            "${as_postgres[@]}" "$postgres_bin/initdb" --pgdata="$home/new" --username=postgres \
                --pwfile="$home/password" --auth=scram-sha-256 --encoding=UTF8 --locale=C.UTF-8 >"$home/initdb.log" 2>&1 ||
                fail "PostgreSQL could not make its data: see $home/initdb.log."
            rm --force "$home/password"
            # No socket file: its path may be too long for the kernel (107 bytes).
            "${as_postgres[@]}" tee --append "$home/new/postgresql.conf" >/dev/null <<'END'
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
max_connections = 200
shared_buffers = 64MB
fsync = on
full_page_writes = on
synchronous_commit = on
END
            mv "$home/new" "$home/data"
        fi
        "${as_postgres[@]}" "$postgres_bin/pg_ctl" status --pgdata="$home/data" >/dev/null 2>&1 && exit 0
        "${as_postgres[@]}" "$postgres_bin/pg_ctl" start --wait --timeout=60 --silent --pgdata="$home/data" \
            --log="$home/postgres.log" --options="-p $port" </dev/null >/dev/null 2>&1 9>&- ||
            fail "PostgreSQL does not start: see $home/postgres.log."
    )
}

# Whether the PostgreSQL of this home runs.
postgres_running() {
    local pid
    pid=$(head --lines=1 "$1/data/postmaster.pid" 2>/dev/null) || return 1
    [[ $(readlink "/proc/$pid/cwd" 2>/dev/null) == "$1/data" ]]
}

# Ends it and waits; by force if it hangs (its journal brings everything back). Nothing happens if it does not run.
postgres_stop() {
    local pid
    if ! postgres_running "$1"; then return 0; fi
    pid=$(head --lines=1 "$1/data/postmaster.pid")
    choose_postgres_user "$1" || return 0
    # Whoever was suspended hears no signal.
    pkill --signal CONT --session "$pid" || true
    (
        cd /
        "${as_postgres[@]}" "$postgres_bin/pg_ctl" stop --wait --timeout=20 --mode=fast --silent --pgdata="$1/data"
    ) >/dev/null 2>&1 || pkill --signal KILL --session "$pid" || true
}

# Runs SQL as the superuser: postgres_query PORT PASSWORD-FILE SQL
postgres_query() {
    PGPASSWORD=$(cat "$2") psql --no-psqlrc --quiet --tuples-only --no-align --set=ON_ERROR_STOP=1 \
        --host=127.0.0.1 --port="$1" --username=postgres --dbname=postgres --command="$3"
}

# Starts Redis and waits until it answers. What it keeps may be lost at any time, so it writes nothing to the disk; when
# its memory is full it refuses, so that nothing disappears unseen.
#
# redis_start DIRECTORY PORT
redis_start() {
    if process_in "$1/redis.pid" >/dev/null; then return 0; fi
    mkdir --parents "$1"
    setsid redis-server --port "$2" --bind 127.0.0.1 --dir "$1" --daemonize no --save '' --appendonly no \
        --maxmemory 256mb --maxmemory-policy noeviction >>"$1/redis.log" 2>&1 </dev/null 9>&- &
    remember_process "$1/redis.pid" "$!" || true
    for _ in {1..100}; do
        if [[ $(redis-cli -h 127.0.0.1 -p "$2" ping 2>/dev/null) == PONG ]]; then return 0; fi
        sleep 0.1
    done
    fail "Redis does not start: see $1/redis.log."
}

redis_stop() {
    stop_processes 10 "$1/redis.pid"
}

# Writes a password of 48 hexadecimal digits into a file only we can read, unless there is one.
ensure_password() {
    if [[ -s $1 ]]; then return 0; fi
    head --bytes=24 /dev/urandom | od --address-radix=n --format=x1 | tr --delete ' \n' | write_secret "$1"
}

# Writes 32 random bytes into a file only we can read, unless there is one.
ensure_key() {
    if [[ -s $1 ]]; then return 0; fi
    head --bytes=32 /dev/urandom | write_secret "$1"
}

# Writes standard input into a file only we can read; an interrupted write leaves nothing under that name.
write_secret() {
    (umask 077 && cat >"$1.new")
    mv "$1.new" "$1"
}
