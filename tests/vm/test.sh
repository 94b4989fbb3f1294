#!/bin/sh
# test.sh [--short] [--lanes N] [SCENARIO...]: acts out the scenarios in the machine; the last line counts them.
# INTEGRITYD_VM_DEBS: our packages (files or folders, separated by spaces) that go into the image.
set -eu
unset CDPATH
here=$(cd "$(dirname "$0")" && pwd)
# What counts is of this run, or of none.
rm -f "${INTEGRITYD_VM_CACHE:-$here/../../build-vm}/result"
# shellcheck disable=SC2086 # a list of names
image=$("$here/build.sh" ${INTEGRITYD_VM_DEBS:-})
exec python3 "$here/runner.py" "$image" "$@"
