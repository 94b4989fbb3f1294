#!/bin/sh
# build.sh FOLDER: builds the Debian packages of this tree into FOLDER and judges them with lintian.
#
# The tree is copied, so that nothing of the build is left in it. DEB_BUILD_OPTIONS counts as usual. Where a program is
# missing, it says "SKIPPED: ..." and ends with 77.
set -eu
unset CDPATH
if [ $# != 1 ]; then
    echo "usage: build.sh FOLDER" >&2
    exit 2
fi
source=$(cd "$(dirname "$0")/../.." && pwd)
mkdir -p "$1"
folder=$(cd "$1" && pwd)

for program in dpkg-buildpackage dh dh_apparmor fakeroot lintian; do
    if ! command -v "$program" >/dev/null; then
        echo "SKIPPED: $program is not installed"
        exit 77
    fi
done

# One place for all builds, so that a compiler's cache knows the files again; the lock keeps two builds apart.
work=${TMPDIR:-/tmp}/integrityd-package.$(id -u)
mkdir -p "$work"
chmod 0700 "$work"
exec 9>"$work/lock"
flock 9
# The lock stays: whoever waits for it would else have the lock of a file, and a folder, that are gone.
clear_work() {
    find "$work" -mindepth 1 -maxdepth 1 ! -name lock -exec rm -rf {} +
}
trap clear_work EXIT
clear_work
mkdir "$work/integrityd"

# What git knows, in its present state.
(cd "$source" && git ls-files -z --cached --others --exclude-standard |
    tar -c --null --ignore-failed-read -T - -f -) | tar -x -C "$work/integrityd" -f -

# Debian's compilers by their cache, where there is one. debhelper changes HOME.
if [ -d /usr/lib/ccache ]; then
    PATH=/usr/lib/ccache:$PATH
    export CCACHE_DIR="${CCACHE_DIR:-$HOME/.cache/ccache}"
fi
cd "$work/integrityd"
if ! dpkg-buildpackage -us -uc -b >"$folder/build.log" 2>&1; then
    tail -n 40 "$folder/build.log" >&2
    echo "the package cannot be built; all of it is in $folder/build.log" >&2
    exit 1
fi
rm -f "$folder"/*.deb
mv ../*.deb ../*.changes ../*.buildinfo "$folder/"
cd "$folder"
status=0
lintian --allow-root --fail-on error,warning --display-info --tag-display-limit 0 integrityd_*.changes >lintian.log 2>&1 || status=1
cat lintian.log
ls -l ./*.deb
exit $status
