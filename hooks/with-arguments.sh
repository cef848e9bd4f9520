#!/bin/sh
# git-postman hook, script 2
# sha256 of the lines below: @digest@
# hook type: @type@
# directories made: @made@
# Runs the hook that was here before, then git-postman. `git postman hook uninstall` puts it back.
gp_binary='@binary@'
case $0 in */*) gp_here=${0%/*} ;; *) gp_here=. ;; esac
for gp_earlier in "$gp_here/@type@.git-postman-before" "$gp_here/@type@.git-postman-before"-[2-9]; do
  if [ -f "$gp_earlier" ] && [ -x "$gp_earlier" ] && [ "$gp_earlier" != "$0" ]; then
    "$gp_earlier" "$@" || exit
  fi
done
gp_program=$gp_binary
# Programs with windows start git with a short PATH: where installers put programs is looked at too.
[ -x "$gp_program" ] || gp_program=$(PATH="$PATH:${HOME-}/.cargo/bin:${HOME-}/.local/bin:/usr/local/bin:/opt/homebrew/bin" && command -v git-postman) || {
  printf '%s\n' "error: the @type@ hook cannot find git-postman, so @nothing@" \
    "  looked for: $gp_binary, then git-postman on PATH" \
    "  hint: install git-postman and run \`git postman hook install --type @type@\` here again" \
    "  hint: @way out@" >&2
  exit 1
}
exec "$gp_program" hook run @type@ -- "$@"
