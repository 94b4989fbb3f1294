#!/bin/sh
# install_test.sh FOLDER: installs the packages of FOLDER (tests/package/build.sh) into a fresh Debian 12, as an image is
# built: in a chroot, without systemd running. Looks at what is there, upgrades, removes and purges.
#
# Ends with "N passed, N failed". Needs root and mmdebstrap, else it says "SKIPPED: ..." and ends with 77.
# INTEGRITYD_MIRROR: another mirror than the host's.
set -eu
unset CDPATH
if [ $# != 1 ]; then
    echo "usage: install_test.sh FOLDER" >&2
    exit 2
fi
packages=$(cd "$1" && pwd)

skip() {
    echo "SKIPPED: $*"
    exit 77
}
[ "$(id -u)" = 0 ] || skip "needs root"
command -v mmdebstrap >/dev/null || skip "mmdebstrap is not installed"
ls "$packages"/integrityd_*.deb >/dev/null 2>&1 || skip "no packages in $packages"

root=$(mktemp -d "${TMPDIR:-/tmp}/integrityd-install-XXXXXX")
chmod 0755 "$root"
trap 'rm -rf "$root"' EXIT
passed=0
failed=0

# check WHAT COMMAND...: one line each; a failure shows what the command said.
check() {
    what=$1
    shift
    if said=$("$@" 2>&1); then
        passed=$((passed + 1))
        echo "ok: $what"
    else
        failed=$((failed + 1))
        echo "FAILED: $what: $*"
        echo "$said"
    fi
}

# With /proc, as image builders have it: systemd-tmpfiles wants it.
inside() {
    # shellcheck disable=SC2016 # for the inner shell
    unshare --mount --propagation private sh -c 'root=$1 && shift && mount -t proc proc "$root/proc" && exec chroot "$root" \
        env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8 "$@"' sh "$root" "$@"
}

# With a service manager in which everything runs, as on a device that is violated: it writes down what it is asked for.
on_a_device() {
    mkdir -p "$root/run/systemd/system" "$root/tmp/manager"
    : >"$root/tmp/manager/asked"
    cat >"$root/tmp/manager/systemctl" <<'END'
#!/bin/sh
case " $* " in
*" is-enabled "*) SYSTEMD_OFFLINE=1 exec /usr/bin/systemctl "$@" ;;
*" is-active "*) ;;
*) echo "$*" >>/tmp/manager/asked ;;
esac
END
    chmod 0755 "$root/tmp/manager/systemctl"
    status=0
    inside env PATH=/tmp/manager:/usr/sbin:/usr/bin:/sbin:/bin "$@" || status=$?
    rmdir "$root/run/systemd/system"
    return $status
}

# asked VERB UNIT: whether the service manager was asked for it.
asked() {
    grep -Eq "(^| )$1 (.* )?$2( |\$)" "$root/tmp/manager/asked" || { cat "$root/tmp/manager/asked"; return 1; }
}

# stopped_after FIRST SECOND: whether it was asked to stop the first, and with a later order the second.
stopped_after() {
    sed "0,/stop .*$1/d" "$root/tmp/manager/asked" | grep -Eq "(^| )stop (.* )?$2( |\$)" || {
        cat "$root/tmp/manager/asked"
        return 1
    }
}

not_asked() {
    ! asked "$@" >/dev/null || { cat "$root/tmp/manager/asked"; return 1; }
}

# owner:group mode, as in `is PATH root:root 644`.
is() {
    [ "$(inside stat -c '%U:%G %a' "$1")" = "$2 $3" ] || { inside stat -c '%n %U:%G %a' "$1"; return 1; }
}

enabled() {
    [ "$(inside systemctl is-enabled "$1")" = enabled ]
}

member() {
    inside id -nG "$1" | tr ' ' '\n' | grep -Fqx "$2"
}

# Files of the system, without what dpkg, apt and the caches of others keep.
snapshot() {
    inside find / -xdev \( -path /proc -o -path /sys -o -path /dev -o -path /tmp -o -path /var/lib/dpkg -o -path /var/log \
        -o -path /var/cache -o -path /var/lib/apt \) -prune -o -print | sort
}

same_files() {
    snapshot >"$root/tmp/after"
    # What the system's own tools leave: backups and a lock of the user files, and systemctl's mark.
    left=$(diff "$root/tmp/before" "$root/tmp/after" | grep '^[<>]' |
        grep -Ev '^> /etc/(passwd|group|shadow|gshadow)-$|^> /etc/\.pwd\.lock$|^> /run/systemd(/systemd-units-load)?$' || true)
    [ -z "$left" ] || { echo "$left"; return 1; }
}

make_root() {
    # systemd and dbus: what the package depends on; the rest comes from the packages' own dependencies.
    dependencies=$(for package in "$packages"/integrityd_*.deb "$packages"/libintegrity0_*.deb; do
        dpkg-deb -f "$package" Depends
    done | tr ',' '\n' | sed 's/ *[(|].*//; s/^ *//' | grep -Ev '^(default-dbus-system-bus|libintegrity0|)$' | sort -u | paste -sd,)
    # shellcheck disable=SC2086 # perhaps no mirror
    mmdebstrap --quiet --variant=minbase --aptopt='APT::Install-Recommends "false"' \
        --include="dbus,systemd-sysv,aide,aide-common,$dependencies" bookworm "$root" ${INTEGRITYD_MIRROR:-}
}

echo "making a root file system (one to three minutes)"
make_root
snapshot >"$root/tmp/before"
mkdir "$root/tmp/packages"
cp "$packages"/*.deb "$root/tmp/packages/"
rm -f "$root"/tmp/packages/*-dbgsym_*
# A name without the version.
deb() {
    (cd "$root" && ls tmp/packages/"$1"_*.deb)
}

check "the packages are installed" inside dpkg -i "$(deb integrityd)" "$(deb libintegrity0)"
check "nothing is missing that a package depends on" inside apt-get -q check

check "the configuration is the operator's to edit" grep -q '/etc/integrityd/integrityd.toml' \
    "$root/var/lib/dpkg/info/integrityd.conffiles"
check "the configuration is found good" inside /usr/libexec/integrityd/integrityd --check-config
check "integrityctl runs" inside integrityctl version
check "the daemon's user is no person" inside sh -c 'getent passwd integrityd | grep -q ":/usr/sbin/nologin$"'
for group in integrity integrity-audit integrity-admin tss; do check "group $group is there" inside getent group $group; done
check "the daemon is in group integrity" member integrityd integrity
units="integrityd.service integrityd-aide.socket integrityd-broker.socket integrity-violated.path integrity-restored.path"
for unit in $units; do check "$unit is enabled" enabled "$unit"; done
# Where the image's own preset disables what is not named before.
mkdir "$root/etc/systemd/system-preset"
echo 'disable *' >"$root/etc/systemd/system-preset/99-nothing.preset"
# shellcheck disable=SC2086 # a list of names
check "the presets are applied" inside sh -c 'systemctl disable "$@" && systemctl preset "$@"' sh $units
for unit in $units; do check "and enable $unit" enabled "$unit"; done
rm -r "$root/etc/systemd/system-preset"
check "systemd takes the units" inside systemd-analyze verify --man=no integrityd.service integrityd-aide.socket \
    integrity-violated.path integrity-restored.path
check "the state is the daemon's alone" is /var/lib/integrityd integrityd:integrityd 700
check "the flags can be seen by all" is /run/integrityd integrityd:integrityd 755
check "the bus policy is there" is /usr/share/dbus-1/system.d/org.cip_project.Integrity1.conf root:root 644
check "the journal explains the kinds" inside sh -c 'journalctl --list-catalog | grep -q "AIDE\|aide"'
check "nothing of ours is writable for others" sh -c "! chroot '$root' dpkg -L integrityd libintegrity0 |
    xargs -I{} find '$root{}' -maxdepth 0 -not -type l -perm /022 | grep ."
check "the manual is there" test -f "$root/usr/share/man/man8/integrityd.8.gz"

# /var begins empty on the device.
rm -rf "$root/var/lib/integrityd" "$root/run/integrityd"
check "what is below /var comes back at boot" inside systemd-tmpfiles --create integrityd.conf
check "as the daemon's alone" is /var/lib/integrityd integrityd:integrityd 700

check "development packages are installed" inside dpkg --force-depends -i "$(deb libintegrity-dev)"
check "with what pkg-config needs" test -f "$root/usr/lib/$(dpkg-architecture -qDEB_HOST_MULTIARCH)/pkgconfig/libintegrity.pc"
check "and go again" inside dpkg --purge libintegrity-dev

echo 'max_size = "1M"' | sed '1i [store]' >"$root/etc/integrityd/conf.d/own.toml"
check "a drop-in is taken" inside /usr/libexec/integrityd/integrityd --check-config
check "an upgrade is installed" on_a_device dpkg -i "$(deb integrityd)"
check "and keeps it" test -f "$root/etc/integrityd/conf.d/own.toml"
for unit in integrityd.service integrityd-broker.socket integrity-violated.path; do
    check "and restarts $unit" asked restart $unit
done
for verb in restart stop start; do for unit in integrity-violated.target integrity-restored.target integrityd-failed.service; do
    check "and does not $verb $unit" not_asked $verb $unit
done; done

echo history >"$root/var/lib/integrityd/events.db"
check "the package is removed" on_a_device dpkg --remove integrityd
check "which stops the daemon" asked stop integrityd.service
check "and what a product has bound to the verdict, when no path unit starts it again" stopped_after \
    integrity-violated.path integrity-violated.target
check "configuration and events stay until purged" test -f "$root/etc/integrityd/integrityd.toml" -a \
    -f "$root/var/lib/integrityd/events.db"
check "nothing stays of the run" test ! -e "$root/run/integrityd"
check "the packages are purged" inside dpkg --purge integrityd libintegrity0
rm -rf "$root/tmp/packages" "$root/tmp/manager"
check "and nothing is left but the users" same_files
check "the user stays, so that its number is not given away" inside getent passwd integrityd

echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
