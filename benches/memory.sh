#!/usr/bin/env bash
# Peak memory of canonicalize, diff and merge on documents of ten megabytes, as a multiple of the file.
# Needs GNU time. `benches/memory.sh [BINARY]` after `cargo build --release`.
set -euo pipefail
cd "$(dirname "$0")/.."
binary=$(realpath "${1:-target/release/git-postman}")
[ -x "$binary" ] || { echo "no binary: cargo build --release"; exit 1; }
[ -x /usr/bin/time ] || { echo "skipped: GNU time is not installed"; exit 0; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cargo bench -q --bench figures -- --write "$work"
cd "$work"
export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1
row() {
  local name=$1 file=$2
  shift 2
  local size kib seconds
  size=$(stat -c %s "$file")
  /usr/bin/time -o told -f '%M %e' "$@" >/dev/null 2>errors || [ $? -le 1 ] || { cat errors; exit 1; }
  read -r kib seconds < <(tail -1 told)
  awk -v name="$name" -v kib="$kib" -v size="$size" -v seconds="$seconds" \
    'BEGIN { printf "| %s | %.1f MB | %.1f MB | %.1f | %.2f s |\n", name, size / 1e6, kib * 1024 / 1e6, kib * 1024 / size, seconds }'
}
echo "| command | file | peak | times the file | whole run |"
echo "|---|---|---|---|---|"
row "canonicalize --digest" base.json "$binary" canonicalize --digest base.json
row "canonicalize" base.json "$binary" canonicalize base.json
row "diff, many edits" base.json "$binary" diff --stat --no-index base.json ours.json
row "diff, new ids" base.json "$binary" diff --stat --no-index base.json exported.json
row "merge" base.json "$binary" merge base.json ours.json theirs.json -o out.json
row "canonicalize --digest, YAML" definition.yaml "$binary" canonicalize --digest definition.yaml
sed '3s/Shop/Store/' definition.yaml >changed.yaml
sed 's/summary: "Order 500"/summary: "Order five hundred"/' definition.yaml >other.yaml
row "diff, YAML" definition.yaml "$binary" diff --stat --no-index definition.yaml changed.yaml
row "merge, YAML" definition.yaml "$binary" merge definition.yaml changed.yaml other.yaml -o out.yaml
