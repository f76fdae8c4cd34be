# shellcheck shell=bash
# Builds the node and the web client, each only when something it is made of has changed.

# Where builds go: below the checkout, or below QUIZMANIA_SCRATCH.
scratch=${QUIZMANIA_SCRATCH:-}
if [[ -n $scratch ]]; then mkdir --parents "$scratch"; fi
release_dir=${scratch:-$root}/.build
# Developers may bring a node of their own making.
node=${QUIZMANIA_BINARY:-$release_dir/release/quizmania}
web=$root/Sources/WebClient

# Puts Swift on the PATH.
ensure_swift() {
    local folder
    if ! command -v swift >/dev/null; then
        for folder in /opt/swift*/usr/bin /usr/local/swift*/usr/bin "$HOME"/.local/share/swiftly/bin; do
            if [[ -x $folder/swift ]]; then PATH=$folder:$PATH && break; fi
        done
    fi
    command -v swift >/dev/null ||
        fail "there is no swift on the PATH nor in /opt/swift: install a Swift 6.3 toolchain from https://www.swift.org/install/linux/."
}

# Prints a hash over the content and names of files.
#
# hash_of FILE-OR-DIRECTORY…
hash_of() {
    find "$@" -type f -print0 | LC_ALL=C sort --zero-terminated | xargs --null --no-run-if-empty sha256sum |
        sha256sum | cut --delimiter=' ' --fields=1
}

# Whether the product recorded under a name was made of exactly this.
is_built() {
    [[ $(cat "$state/built/$1" 2>/dev/null) == "$2" ]]
}

record_built() {
    mkdir --parents "$state/built"
    printf '%s\n' "$2" >"$state/built/$1"
}

# How everything that is shipped, or measured and tested as it is shipped, is built: with Swift's runtime inside (Decision 0022).
release_arguments=(-c release --static-swift-stdlib)
if [[ -n $scratch ]]; then release_arguments+=(--scratch-path "$release_dir"); fi

# Builds a product with the others' intermediate files.
#
# build_product PRODUCT TITLE
build_product() {
    ensure_swift
    cd "$root" || return
    step_or_fail "building $2" "$state/log/build-$1.log" swift build "${release_arguments[@]}" --product "$1"
}

# Builds the release node.
build_node() {
    local made_of inputs
    if [[ -n ${QUIZMANIA_BINARY:-} ]]; then return 0; fi
    ensure_swift
    cd "$root" || return
    mapfile -d '' -t inputs < <(find Sources -mindepth 1 -maxdepth 1 -type d ! -name WebClient -print0)
    made_of=$({ swift --version 2>&1; echo "${release_arguments[@]}"; hash_of Package.swift "${inputs[@]}"; } | sha256sum)
    if [[ -x $node ]] && is_built node "$made_of"; then return 0; fi
    need_disk 3000 "${scratch:-$root}"
    build_product quizmania 'the node'
    record_built node "$made_of"
}

# Builds the node that dies where its tests want it to.
build_fault_node() { build_product faultnode 'the fault node'; }

# Builds what HTTP answers are measured against.
build_bare_http() { build_product barehttp 'the bare HTTP server'; }

# Builds the cluster in one process, and what compares its PostgreSQL with a real one.
build_simulation() {
    build_product simulate 'the simulation'
    build_product agreement "what compares the simulation's PostgreSQL with a real one"
}

# Makes the Python environment of the end-to-end tests and drills and sets `test_python`; harmless to repeat.
ensure_test_python() {
    local venv=${scratch:-$root/Tests/EndToEnd}/.venv requirements=$root/Tests/EndToEnd/requirements.txt
    # shellcheck disable=SC2034 # Whoever calls this runs it.
    test_python=$venv/bin/python
    if [[ $(cat "$venv/.complete" 2>/dev/null) == "$(hash_of "$requirements")" ]]; then return 0; fi
    rm --recursive --force "$venv"
    python3 -m venv "$venv"
    step_or_fail 'installing the Python clients' "$state/log/test-python.log" \
        "$venv/bin/pip" install --disable-pip-version-check --requirement "$requirements"
    hash_of "$requirements" >"$venv/.complete"
}

# Fetches the web client's tools; harmless to repeat.
ensure_web_tools() {
    step_or_fail "preparing the web client's tools" "$state/log/web-tools.log" "$web/setup.sh"
}

# Builds the web client. Its protocol types come from the node's.
build_web() {
    local made_of inputs types=$web/src/protocol.generated.ts
    "$node" schema typescript >"$types.new" || fail "the node could not write the web client's types: build it again."
    if cmp --quiet "$types.new" "$types"; then rm "$types.new"; else mv "$types.new" "$types"; fi
    # Tools and output begin with a dot or are named here.
    mapfile -d '' -t inputs < <(
        find "$web" -mindepth 1 -maxdepth 1 ! -name '.*' ! -name dist ! -name node_modules -print0)
    made_of=$(hash_of "${inputs[@]}")
    if [[ -s $web/dist/index.html ]] && is_built web "$made_of"; then return 0; fi
    step_or_fail 'building the web client' "$state/log/build-web.log" "$web/build.sh"
    record_built web "$made_of"
}
