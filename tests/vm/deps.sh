#!/bin/sh
# Installs those of the host's packages (file "packages") that are missing; only root can.
set -eu
unset CDPATH
here=$(cd "$(dirname "$0")" && pwd)

wanted=$(grep -v '^#' "$here/packages")
# shellcheck disable=SC2086 # a list of names
known=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' $wanted 2>/dev/null |
    sed -n 's/^installed //p')
missing=
for package in $wanted; do
    echo "$known" | grep -Fqx "$package" || missing="$missing $package"
done
[ -n "$missing" ] || exit 0
if [ "$(id -u)" != 0 ]; then
    echo "vm: these packages are missing, and only root can install them:$missing" >&2
    exit 1
fi
echo "vm: installing:$missing" >&2
export DEBIAN_FRONTEND=noninteractive
{
    apt-get -o DPkg::Lock::Timeout=300 -q update
    # shellcheck disable=SC2086 # a list of names
    apt-get -o DPkg::Lock::Timeout=300 -q install --yes --no-install-recommends $missing
} >&2
