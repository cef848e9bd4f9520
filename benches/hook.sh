#!/usr/bin/env bash
# What the pre-push hook costs beside an empty hook script: a push of one changed collection in a repository of 20,000 files.
# Needs hyperfine. `benches/hook.sh [BINARY]`; figures are to be read as a difference, on a quiet machine.
set -euo pipefail
cd "$(dirname "$0")/.."
binary=$(realpath "${1:-target/release/git-postman}")
command -v hyperfine >/dev/null || { echo "skipped: hyperfine is not installed"; exit 0; }
[ -x "$binary" ] || { echo "no binary: cargo build --release"; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1
export GIT_AUTHOR_NAME=b GIT_AUTHOR_EMAIL=b@example.com GIT_COMMITTER_NAME=b GIT_COMMITTER_EMAIL=b@example.com
git init -q -b main "$work/repo"
cd "$work/repo"
mkdir -p postman/collections postman/schemas
for d in $(seq 200); do
  mkdir -p "src/m$d"
  for f in $(seq 99); do echo "$d $f" >"src/m$d/f$f.txt"; done
done
request='{"name":"r","request":{"method":"GET","header":[],"url":"{{baseUrl}}/x"},"response":[]}'
items=$(for _ in $(seq 49); do printf '%s,' "$request"; done)
for c in $(seq 200); do
  printf '{"info":{"name":"C%s","schema":"https://schema.getpostman.com/json/collection/v2.1.0/collection.json"},"item":[%s%s]}' "$c" "$items" "$request" >"postman/collections/C$c.json"
done
printf 'openapi: 3.0.3\ninfo: {title: x, version: "1"}\npaths: {}\n' >postman/schemas/index.yaml
git add -A
git commit -qm one
git clone -q --bare . ../remote.git
git remote add origin ../remote.git
git fetch -q
sed -i 's/"C7"/"C7 changed"/' postman/collections/C7.json
git commit -qam two
printf '#!/bin/sh\nexit 0\n' >../empty
chmod +x ../empty
line="refs/heads/main $(git rev-parse HEAD) refs/heads/main $(git rev-parse HEAD~1)"
echo "$line" >../line
echo "files: $(git ls-files | wc -l)"
hyperfine -N --warmup 5 "$binary --version" "$work/empty"
hyperfine --warmup 5 "$work/empty <../line" "$binary hook run pre-push -- origin ../remote.git <../line"
hyperfine --warmup 3 "$binary check -q" "git status --porcelain"
/usr/bin/time -f 'peak memory of the hook: %M KiB' "$binary" hook run pre-push -- origin ../remote.git <../line
