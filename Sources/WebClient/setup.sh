#!/usr/bin/env bash
# Fetches the web client's tools: Debian packages, hash-pinned Python wheels, and the official Socket.IO client.
# Repeating it is harmless and takes well under a second when everything is there.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

fail() {
    echo "setup: $1" >&2
    exit 1
}

packages=(esbuild node-react node-react-dom node-qrcode-generator brotli fonts-inter-variable)
missing=()
for package in "${packages[@]}"; do
    [[ "$(dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null || true)" == installed ]] || missing+=("$package")
done
python3 -c 'import ensurepip, venv' 2>/dev/null || missing+=(python3-venv)

if ((${#missing[@]} > 0)); then
    command -v apt-get >/dev/null || fail "the packages ${missing[*]} are missing and this is no Debian system; build in a debian:12 container."
    as_root=()
    if ((EUID != 0)); then
        sudo --non-interactive true 2>/dev/null || fail "run as root once: apt-get install --no-install-recommends ${missing[*]}"
        as_root=(sudo --non-interactive)
    fi
    log="$(mktemp)"
    apt_install() {
        "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
            apt-get install --yes --no-install-recommends "${missing[@]}" >"$log" 2>&1
    }
    # Package lists may be absent or old: refresh them only when the first try fails.
    apt_install || { "${as_root[@]}" apt-get update >"$log" 2>&1 && apt_install; } ||
        fail "apt-get could not install ${missing[*]}; its output is in $log."
    rm --force "$log"
fi

# The marker holds the checksum of what it was made from, so that a changed pin makes a new environment.
wanted="$(sha256sum requirements.txt | cut --delimiter=' ' --fields=1) $(python3 -c 'import sys; print(sys.version_info[:2])')"
if [[ "$(cat .venv/.complete 2>/dev/null || true)" != "$wanted" ]]; then
    rm --recursive --force .venv
    python3 -m venv .venv || fail "python3 could not create .venv; is the disk full?"
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: \
        --requirement requirements.txt || fail "pip could not install requirements.txt; is PyPI reachable?"
    echo "$wanted" >.venv/.complete
fi

mkdir --parents .vendor
if ! (cd .vendor && sha256sum --status --check ../vendor.sha256 2>/dev/null); then
    download="$(mktemp --directory)"
    trap 'rm --recursive --force "$download"' EXIT
    .venv/bin/python -m pip download --quiet --disable-pip-version-check --no-deps --require-hashes \
        --only-binary :all: --dest "$download" --requirement vendor.txt ||
        fail "pip could not download the wheel of vendor.txt; is PyPI reachable?"
    .venv/bin/python scripts/extract.py "$download" socket.io.min.js .vendor ||
        fail "the wheel of vendor.txt does not hold socket.io.min.js."
    (cd .vendor && sha256sum --status --check ../vendor.sha256) ||
        fail "socket.io.min.js has another checksum than vendor.sha256 says."
fi

# The wheel's file is CommonJS, whatever the package around it says.
echo '{ "type": "commonjs" }' >.vendor/package.json

# Deno and editors look for packages here; the bundler is pointed at /usr/share/nodejs itself.
nodejs=/usr/share/nodejs
mkdir --parents node_modules/@types
for name in react react-dom scheduler qrcode-generator @types/react @types/react-dom; do
    [[ -e "$nodejs/$name" ]] || fail "$nodejs/$name is missing; reinstall node-react, node-react-dom and node-qrcode-generator."
    ln --symbolic --force --no-dereference "$nodejs/$name" "node_modules/$name"
done
