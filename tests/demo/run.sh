#!/bin/sh
# One change on its way, shown in a terminal: real aide, real bus, the daemon, a subscriber, an operator.
#
#     tests/demo/run.sh BUILD_FOLDER
#
# Everything happens below one temporary folder and on a bus of its own; nothing is left running.
set -eu

build=$(cd "$1" && pwd)
source=$(cd "$(dirname "$0")/../.." && pwd)
home=$(mktemp -d)
pids=

end() {
    status=$?
    trap - EXIT INT TERM
    for pid in $pids; do kill "$pid" 2>/dev/null || true; done
    for pid in $pids; do wait "$pid" 2>/dev/null || true; done
    if [ $status != 0 ]; then
        echo "the demonstration failed; the daemon said:" >&2
        cat "$home/daemon.log" >&2 || true
    fi
    rm -rf "$home"
    exit $status
}
trap end EXIT
trap 'exit 130' INT TERM

bold=
plain=
if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then
    bold=$(printf '\033[1m')
    plain=$(printf '\033[0m')
fi

step() {
    printf '\n%s== %s%s\n' "$bold" "$*" "$plain"
}

# Shows a command as somebody would type it, and what it says. A verdict is no failure of the demonstration.
show() {
    printf '%s$ %s%s\n' "$bold" "$*" "$plain"
    "$@" || true
}

integrityctl() {
    "$build/lib/ctl/integrityctl" "$@"
}

# wait_for SECONDS WHAT COMMAND...: until the command succeeds; the time only bounds a failure.
wait_for() {
    tries=$(($1 * 10))
    what=$2
    shift 2
    while ! "$@" >/dev/null 2>&1; do
        tries=$((tries - 1))
        if [ $tries -le 0 ]; then
            echo "waited in vain for: $what" >&2
            return 1
        fi
        sleep 0.1
    done
}

verdict_is() {
    [ "$(sed -n 's/^VERDICT=//p' "$home/run/state")" = "$1" ]
}

told() {
    grep -q "$1" "$home/subscriber.log"
}

# What the subscriber received since the last time.
shown=0
show_subscriber() {
    total=$(wc -l <"$home/subscriber.log")
    tail -n "+$((shown + 1))" "$home/subscriber.log" | head -n "$((total - shown))" | sed 's/^/    /'
    shown=$total
}

check_with_aide() {
    set +e
    aide --config="$home/aide.conf" --check
    aide_status=$?
    set -e
    echo "aide --check ended with status $aide_status and wrote its report"
}

start_bus() {
    cat >"$home/bus.conf" <<END
<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>system</type>
  <listen>unix:path=$home/bus</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow user="*"/>
    <deny own="*"/>
    <deny send_type="method_call"/>
    <allow send_type="signal"/>
    <allow send_requested_reply="true" send_type="method_return"/>
    <allow send_requested_reply="true" send_type="error"/>
    <allow receive_type="method_call"/>
    <allow receive_type="method_return"/>
    <allow receive_type="error"/>
    <allow receive_type="signal"/>
    <allow send_destination="org.freedesktop.DBus"/>
  </policy>
  <include>$source/policy/dbus/org.cip_project.Integrity1.conf</include>
</busconfig>
END
    dbus-daemon --config-file="$home/bus.conf" --nofork --nopidfile 2>"$home/bus.log" &
    pids="$pids $!"
    export DBUS_SYSTEM_BUS_ADDRESS="unix:path=$home/bus"
    wait_for 10 "the bus" test -S "$home/bus"
}

make_tree() {
    mkdir -p "$home/device/etc" "$home/log" "$home/state" "$home/run"
    echo 'root:x:0:0::/root:/bin/sh' >"$home/device/etc/passwd"
    echo 'speed = 1200' >"$home/device/etc/drive.conf"
    echo 'limit = 80' >"$home/device/etc/limits.conf"
    cat >"$home/aide.conf" <<END
database_in=file:$home/aide.db
database_out=file:$home/aide.db.new
gzip_dbout=no
report_format=json
report_url=file:$home/log/aide.log
$home/device p+u+g+ftype+sha256
END
    aide --config="$home/aide.conf" --init --after='report_url=file:/dev/null'
    mv "$home/aide.db.new" "$home/aide.db"
}

start_daemon() {
    cat >"$home/integrityd.toml" <<END
[daemon]
state_dir = "$home/state"
runtime_dir = "$home/run"

[[notify.recipient]]     # on a device the journal is one too
name = "bus"
type = "dbus"

[aide]
report_log = "$home/log/aide.log"
config = "$home/aide.conf"
database = "$home/aide.db"
END
    "$build/daemon/integrityd" --config "$home/integrityd.toml" 2>"$home/daemon.log" &
    pids="$pids $!"
    wait_for 20 "the daemon" integrityctl watchers
}

command -v aide >/dev/null || { echo "aide is not installed: ./dev deps" >&2; exit 1; }

step "A small device: three files, an AIDE database and configuration made by aide, a first check"
make_tree
check_with_aide

step "The daemon, and a product application that subscribes (lib/examples/subscribe.cpp)"
start_bus
start_daemon
"$build/lib/examples/subscribe-cpp" "$home/position" >"$home/subscriber.log" 2>&1 &
pids="$pids $!"
wait_for 20 "the subscriber" told following
show integrityctl status

step "Nothing is learned in passing: the operator accepts AIDE's database and configuration as good"
show integrityctl baseline accept aide --yes --comment 'as delivered'
wait_for 20 "the verdict intact" verdict_is intact
show integrityctl status

step "One file is changed, one removed, one added, and AIDE looks"
echo 'speed = 9000' >"$home/device/etc/drive.conf"
rm "$home/device/etc/limits.conf"
echo 'toor:x:0:0::/:/bin/sh' >"$home/device/etc/passwd.new"
check_with_aide
wait_for 20 "the change at the subscriber" told 'raised aide.entry.changed'
wait_for 20 "the verdict at the subscriber" told 'verdict violated'
echo "the subscriber received:"
show_subscriber
show integrityctl status
show integrityctl list

step "The files are put back, and AIDE looks again"
echo 'speed = 1200' >"$home/device/etc/drive.conf"
echo 'limit = 80' >"$home/device/etc/limits.conf"
rm "$home/device/etc/passwd.new"
check_with_aide
wait_for 20 "the return at the subscriber" told 'returned aide.entry.changed'
echo "the subscriber received:"
show_subscriber
echo "gone, but nobody has seen it yet:"
show integrityctl status

step "The operator acknowledges; that resolves it"
ids=$(integrityctl list --json | sed -n 's/.*"id":\([0-9]*\).*/\1/p')
# shellcheck disable=SC2086 # one word each
show integrityctl ack $ids --comment 'maintenance by mistake, undone'
wait_for 20 "the verdict intact" verdict_is intact
wait_for 20 "the resolution at the subscriber" told 'resolved aide.entry.changed'
show integrityctl status

step "And the record of it all verifies"
show integrityctl verify
