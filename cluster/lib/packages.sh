# shellcheck shell=bash
# Debian packages. Installing a database server must not leave one running that was not there before.

# What the node is built from and runs on, beside the Swift toolchain itself.
node_packages=(
    binutils ca-certificates g++ git libc6-dev libcurl4 libhiredis-dev libncurses6 libpq-dev libsqlite3-0
    libssl-dev libxml2 pkg-config postgresql-15 procps python3 python3-venv redis-server tzdata util-linux zlib1g-dev
)

# Prints those of the given packages that are not installed.
missing_packages() {
    local package
    for package in "$@"; do
        [[ $(dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null) == installed ]] ||
            printf '%s\n' "$package"
    done
}

# Installs what is missing of the given packages.
ensure_packages() {
    local missing
    command -v dpkg-query >/dev/null || fail "this needs Debian 12 (or a system with its packages): use a debian:12 container."
    mapfile -t missing < <(missing_packages "$@")
    ((${#missing[@]} > 0)) || return 0
    if ((EUID == 0)); then
        step_or_fail "installing ${missing[*]}" "$state/log/packages.log" "$root/cluster/lib/install" "${missing[@]}"
    elif sudo --non-interactive true 2>/dev/null; then
        step_or_fail "installing ${missing[*]}" "$state/log/packages.log" \
            sudo --non-interactive "$root/cluster/lib/install" "${missing[@]}"
    else
        fail "packages are missing and only root can install them: run" \
            "'sudo $root/cluster/lib/install ${missing[*]}' once, then this again."
    fi
}

ensure_node_packages() {
    ensure_packages "${node_packages[@]}"
}
