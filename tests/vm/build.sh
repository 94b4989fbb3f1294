#!/bin/sh
# build.sh [PACKAGE.deb|FOLDER...]: builds the machine's disk image, with these packages in it, and prints its folder.
# Nothing is done when it is there already. INTEGRITYD_VM_CACHE says where (build-vm/).
set -eu
unset CDPATH
here=$(cd "$(dirname "$0")" && pwd)
"$here/deps.sh"
exec python3 "$here/build.py" "$@"
