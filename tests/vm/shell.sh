#!/bin/sh
# shell.sh: a machine with its console on this terminal, root logged in; Ctrl-A X ends it, and it is forgotten.
set -eu
unset CDPATH
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck disable=SC2086 # a list of names
image=$("$here/build.sh" ${INTEGRITYD_VM_DEBS:-})
exec python3 "$here/shell.py" "$image"
