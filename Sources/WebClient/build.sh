#!/usr/bin/env bash
# Checks the types and bundles the web client into dist/: hashed names below dist/assets (immutable), the pages, the
# manifest and the service worker beside them (no-cache), each with .br and .gz.
#
#   build.sh [--no-check] [--types FILE]     FILE: the output of `quizmania schema typescript`
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

fail() {
    echo "build: $1" >&2
    exit 1
}

check=yes
types="${QUIZMANIA_TYPES:-}"
while (($# > 0)); do
    case "$1" in
        --no-check) check=no ;;
        --types) shift; types="${1:-}"; [[ -n "$types" ]] || fail "--types wants a file." ;;
        *) fail "unknown option $1; the options are --no-check and --types FILE." ;;
    esac
    shift
done

generated=src/protocol.generated.ts
if [[ -n "$types" ]]; then
    [[ -f "$types" ]] || fail "there is no $types; make it with: quizmania schema typescript > $types"
    # An unchanged file keeps its date.
    [[ "$types" -ef "$generated" ]] || cmp --silent "$types" "$generated" || cp "$types" "$generated"
fi
[[ -f "$generated" ]] || fail "$generated is missing; make it with: quizmania schema typescript > Sources/WebClient/$generated"
[[ -f .venv/.complete && -f .vendor/socket.io.min.js ]] || fail "the tools are missing; run Sources/WebClient/setup.sh first."

export DENO_DIR="$PWD/.deno" DENO_NO_UPDATE_CHECK=1 NO_COLOR=1
if [[ "$check" == yes ]]; then
    .venv/bin/deno check --quiet --no-remote src/main.tsx src/sw.ts src/contract.ts || fail "the types do not fit, see above."
fi

# The pictures and the font depend on nothing but these scripts and the font: they are made once.
font=/usr/share/fonts/truetype/inter-vf/Inter-roman.var.ttf
[[ -f "$font" ]] || fail "$font is missing; run Sources/WebClient/setup.sh first."
stamp="$(sha256sum scripts/pictures.py scripts/font.py "$font" | sha256sum | cut --delimiter=' ' --fields=1)"
if [[ "$(cat .vendor/pictures.stamp 2>/dev/null || true)" != "$stamp" ]]; then
    rm --recursive --force .vendor/pictures
    mkdir --parents .vendor/pictures
    .venv/bin/python scripts/pictures.py "$font" .vendor/pictures || fail "the icons could not be drawn."
    .venv/bin/python scripts/font.py "$font" .vendor/inter.woff2 || fail "the font could not be cut down."
    echo "$stamp" >.vendor/pictures.stamp
fi

rm --recursive --force dist
mkdir --parents dist/assets
common=(--bundle --minify --target=es2022 --log-level=warning '--define:process.env.NODE_ENV="production"')
# The operators' page brings its styles along; players download neither.
esbuild src/styles/admin.css --bundle --minify --target=es2022 --log-level=warning --entry-names='[name]-[hash]' \
    --outdir=dist/assets || fail "esbuild could not bundle src/styles/admin.css."
admin_style="$(basename dist/assets/admin-*.css)"
NODE_PATH=/usr/share/nodejs esbuild src/main.tsx "${common[@]}" "--define:ADMIN_STYLE=\"/assets/$admin_style\"" --splitting --format=esm --jsx=automatic \
    --legal-comments=linked --loader:.woff2=file --entry-names='[name]-[hash]' --chunk-names='c-[hash]' \
    --asset-names='[name]-[hash]' --outdir=dist/assets --public-path=/assets --metafile=.vendor/meta.json ||
    fail "esbuild could not bundle src/main.tsx."
shell="$(.venv/bin/python scripts/pages.py .vendor/meta.json static dist)" || fail "the pages could not be written."
mapfile -t shell_files <<<"$shell"
list="$(printf '"%s",' "${shell_files[@]}")"
esbuild src/sw.ts "${common[@]}" --format=iife --outfile=dist/sw.js "--define:SHELL=[${list%,}]" \
    "--define:BUILD=\"$(printf '%s' "$shell" | sha256sum | cut --characters=1-12)\"" || fail "esbuild could not bundle src/sw.ts."
cp static/manifest.webmanifest static/icon.svg static/robots.txt .vendor/pictures/*.png dist/

# Chunks without third-party code have empty notices.
find dist -name '*.LEGAL.txt' -empty -delete

# Text is compressed here once and for all; pictures and fonts are compressed already.
find dist -type f \( -name '*.js' -o -name '*.css' -o -name '*.html' -o -name '*.svg' -o -name '*.webmanifest' -o -name '*.txt' \) \
    -print0 | xargs --null --max-procs=2 --max-args=8 brotli --quality=11 --keep --force
find dist -type f \( -name '*.js' -o -name '*.css' -o -name '*.html' -o -name '*.svg' -o -name '*.webmanifest' -o -name '*.txt' \) \
    -print0 | xargs --null gzip --best --keep --force --no-name

# What a room's page loads before it can be played.
bytes=0
for file in "${shell_files[@]}"; do [[ "$file" == *.js ]] && bytes=$((bytes + $(stat --format=%s "dist$file.br"))); done
echo "dist/ is built: the first load is $bytes bytes of JavaScript (brotli)."
