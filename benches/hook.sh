#!/usr/bin/env bash
# What the pre-push hook costs beside an empty hook script: a push of one changed collection in a repository of 20,000 files;
# then the same hook started by each hook manager, beside the same manager that starts an empty script.
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

# Each manager in a clone of its own. It starts `$work/started`, which is the empty script first and the hook then.
export PATH="$work/bin:$PATH" XDG_CACHE_HOME="$work/cache" PRE_COMMIT_HOME="$work/pre-commit" PREK_HOME="$work/prek"
export HOME="$work"
mkdir "$work/bin"
hook="exec '$binary' hook run pre-push -- \"\$@\""
started="$work/started"
table="manager | empty script, ms | git-postman, ms | ratio"

# Installs one manager for `$started`; fails where it is missing.
set_up() {
  case $1 in
    native) printf '#!/bin/sh\nexec "%s" "$@"\n' "$started" >.git/hooks/pre-push && chmod +x .git/hooks/pre-push ;;
    husky)
      husky >/dev/null && printf '"%s" "$@"\n' "$started" >.husky/pre-push ;;
    simple-git-hooks)
      printf '{"simple-git-hooks":{"pre-push":"%s \\"$@\\""}}' "$started" >package.json && simple-git-hooks >/dev/null ;;
    lefthook)
      printf 'pre-push:\n  jobs:\n    - run: %s {1} {2}\n      use_stdin: true\n' "$started" >lefthook.yml && lefthook install >/dev/null ;;
    pre-commit | prek)
      printf 'repos:\n- repo: local\n  hooks:\n  - {id: x, name: x, language: system, entry: %s, always_run: true, pass_filenames: false, stages: [pre-push]}\n' "$started" >.pre-commit-config.yaml
      git add .pre-commit-config.yaml && "$1" install --hook-type pre-push >/dev/null ;;
  esac
}

for manager in native husky simple-git-hooks lefthook prek pre-commit; do
  if [ "$manager" != native ] && ! command -v "$manager" >/dev/null; then
    echo "skipped: no $manager here"
    continue
  fi
  git clone -q "$work/repo" "$work/with-$manager"
  cd "$work/with-$manager"
  git remote set-url origin ../remote.git
  git update-ref refs/remotes/origin/main HEAD~1
  set_up "$manager"
  means=()
  for what in 'exit 0' "$hook"; do
    printf '#!/bin/sh\n%s\n' "$what" >"$started"
    chmod +x "$started"
    hyperfine --shell sh --style none --warmup 2 --runs 15 --export-csv "$work/csv" \
      "$(git rev-parse --git-path hooks)/pre-push origin ../remote.git <$work/line" 2>/dev/null
    means+=("$(awk -F, 'NR == 2 {print $2 * 1000}' "$work/csv")")
  done
  table+=$(awk -v name="$manager" -v empty="${means[0]}" -v ours="${means[1]}" \
    'BEGIN {printf "\n%s | %.1f | %.1f | %.2f", name, empty, ours, ours / empty}')
  cd "$work"
done
printf '%s\n' "$table"
