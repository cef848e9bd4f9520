#!/bin/sh
# git-postman hook, script 1
# sha256 of the lines below: @digest@
# hook type: pre-commit
# directories made: @made@
# Runs the hook that was here before, then the check. `git postman hook uninstall` puts it back.
gp_binary='@binary@'
case $0 in */*) gp_here=${0%/*} ;; *) gp_here=. ;; esac
for gp_earlier in "$gp_here/pre-commit.git-postman-before" "$gp_here/pre-commit.git-postman-before"-[2-9]; do
  if [ -f "$gp_earlier" ] && [ -x "$gp_earlier" ] && [ "$gp_earlier" != "$0" ]; then
    "$gp_earlier" "$@" || exit
  fi
done
gp_program=$gp_binary
[ -x "$gp_program" ] || gp_program=$(command -v git-postman) || {
  printf '%s\n' "error: the pre-commit hook cannot find git-postman, so nothing was checked and nothing is committed" \
    "  looked for: $gp_binary, then git-postman on PATH" \
    "  hint: install git-postman and run \`git postman hook install\` here again" \
    "  hint: to commit once without the check, add --no-verify; to drop the hook, delete $0" >&2
  exit 1
}
exec "$gp_program" hook run pre-commit -- "$@"
