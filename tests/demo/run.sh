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
volume=    # a sealed volume, in a file
audited=   # process id of an auditd of our own

# The kernel's audit is put back as it was: no rules, switched off.
end_audit() {
    [ -n "$audited" ] || return 0
    auditctl -d always,exit -F "dir=$home/device" -F perm=wa -k device-files >/dev/null 2>&1 || true
    kill "$audited" 2>/dev/null || true
    wait "$audited" 2>/dev/null || true
    auditctl -e 0 >/dev/null 2>&1 || true
    audited=
}

end() {
    status=$?
    trap - EXIT INT TERM
    end_audit
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

# The same, of what was not shown yet.
told_now() {
    tail -n "+$((shown + 1))" "$home/subscriber.log" | grep -q "$1"
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
    aide --config="$home/aide.conf" --check --after="report_url=file:$home/log/aide.log"
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
$home/device p+u+g+ftype+sha256
END
    aide --config="$home/aide.conf" --init --after='report_url=file:/dev/null'
    mv "$home/aide.db.new" "$home/aide.db"
}

# AIDE's unit, which systemd starts on a device.
start_aide_unit() {
    systemd-socket-activate --accept --inetd -l "$home/aide.sock" "$build/daemon/aide_run/integrityd-aide-run" \
        --config "$home/aide.conf" --database "$home/aide.db" 2>"$home/aide-unit.log" &
    pids="$pids $!"
    # shellcheck disable=SC2016 # "$1" is the script's
    printf '#!/bin/sh\nexec %s "$1" %s\n' "$build/daemon/aide_run/integrityd-aide-check" "$home/aide.sock" >"$home/ask-aide"
    chmod 755 "$home/ask-aide"
    wait_for 10 "AIDE's unit" test -S "$home/aide.sock"
}

# Why the kernel's audit cannot be shown here; nothing: it can.
why_no_audit() {
    [ "$(id -u)" = 0 ] || { echo "only root may"; return; }
    command -v auditd >/dev/null || { echo "auditd is not installed"; return; }
    state=$(auditctl -s 2>/dev/null) || { echo "the kernel does not let us"; return; }
    case $state in
        *"enabled 0"*"pid 0"*) ;;
        *) echo "somebody uses it already" ;;
    esac
}

start_audit() {
    mkdir -p "$home/auditd/plugins.d" "$home/audit"
    cat >"$home/auditd/auditd.conf" <<END
log_file = $home/audit/audit.log
log_format = ENRICHED
log_group = root
flush = INCREMENTAL_ASYNC
freq = 50
local_events = yes
write_logs = yes
space_left = 2
space_left_action = SYSLOG
admin_space_left = 1
admin_space_left_action = SUSPEND
disk_full_action = SUSPEND
disk_error_action = SUSPEND
plugin_dir = $home/auditd/plugins.d
END
    chmod 640 "$home/auditd/auditd.conf"
    auditd -n -c "$home/auditd" >"$home/auditd.log" 2>&1 &
    audited=$!
    wait_for 10 "auditd" test -s "$home/audit/audit.log"
    auditctl -e 1 >/dev/null
    auditctl -a always,exit -F "dir=$home/device" -F perm=wa -k device-files >/dev/null
}

audit_section() {
    if [ -z "$audited" ]; then
        printf '\n[audit]\nenabled = false\n'
        return
    fi
    cat <<END

[audit]
log = "$home/audit/audit.log"
config = "$home/auditd/auditd.conf"
[[audit.rule]]
name = "device files"
key = "device-files"
severity = "low"    # the subscriber asked for what is high
END
}

# make_certificate NAME [OPTION...]: signed by the product's authority.
make_certificate() {
    name=$1
    shift
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 90 -subj "/CN=update.test" \
        -addext "subjectAltName=DNS:update.test" -addext "basicConstraints=critical,CA:FALSE" \
        -keyout "$home/tls/$name.key" -out "$home/tls/$name.pem" "$@" 2>/dev/null
}

make_authority() {
    mkdir -p "$home/tls"
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 3650 -subj "/CN=Product Authority" \
        -keyout "$home/tls/ca.key" -out "$home/tls/ca.pem" 2>/dev/null
    make_certificate good -CA "$home/tls/ca.pem" -CAkey "$home/tls/ca.key"
    make_certificate forged
}

# serve NAME: the update server, in the place of the one before, on the same port.
tls_port=0
tls_server=
serve() {
    [ -z "$tls_server" ] || { kill "$tls_server"; wait "$tls_server" 2>/dev/null || true; }
    : >"$home/tls/server.log"
    openssl s_server -accept "127.0.0.1:$tls_port" -cert "$home/tls/$1.pem" -key "$home/tls/$1.key" -www -groups P-256 \
        -ciphersuites TLS_AES_256_GCM_SHA384 -cipher ECDHE+AESGCM >"$home/tls/server.log" 2>&1 </dev/null &
    tls_server=$!
    pids="$pids $tls_server"
    wait_for 20 "the TLS server" grep -q ^ACCEPT "$home/tls/server.log"
    [ "$tls_port" != 0 ] || tls_port=$(sed -n 's/^ACCEPT.*://p' "$home/tls/server.log")
}

tls_section() {
    cat <<END

[tls]
policy = "$source/policy/tls/bsi-tr-02102-2.toml"
[[tls.endpoint]]
name = "update-server"
address = "127.0.0.1:$tls_port"
server_name = "update.test"
ca_file = "$home/tls/ca.pem"
END
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
path_command = ["$home/ask-aide"]
END
    { audit_section; tpm_sections; tls_section; } >>"$home/integrityd.toml"
    "$build/daemon/integrityd" --config "$home/integrityd.toml" 2>"$home/daemon.log" &
    pids="$pids $!"
    wait_for 20 "the daemon" integrityctl watchers
}

# shellcheck source=tests/demo/tpm.sh
. "$source/tests/demo/tpm.sh"

command -v aide >/dev/null || { echo "aide is not installed: ./dev deps" >&2; exit 1; }

no_audit=$(why_no_audit)
no_tpm=$(why_no_tpm)
no_volume=$(why_no_volume)
step "A small device: three files, an AIDE database and configuration made by aide, a first check"
make_tree
check_with_aide

step "The daemon, and a product application that subscribes (lib/examples/subscribe.cpp)"
start_bus
start_aide_unit
make_authority
serve good
[ -n "$no_audit" ] || start_audit
[ -n "$no_tpm" ] || start_tpm
[ -n "$no_volume" ] || make_volume
start_daemon
"$build/lib/examples/subscribe-cpp" "$home/position" >"$home/subscriber.log" 2>&1 &
pids="$pids $!"
wait_for 20 "the subscriber" told following
show integrityctl status

step "Nothing is learned in passing: the operator accepts AIDE's database and configuration as good"
show integrityctl baseline accept aide --yes --comment 'as delivered'
[ -z "$audited" ] || show integrityctl baseline accept audit --yes --comment 'as delivered'
[ -n "$no_tpm" ] || show integrityctl baseline accept boot --yes --comment 'as delivered'
[ -z "$volume" ] || show integrityctl baseline accept luks --yes --comment 'as delivered'
show integrityctl baseline accept tls --yes --comment 'as delivered'
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
show_subscriber >/dev/null

if [ -n "$audited" ]; then
    step "Somebody edits a file. Nobody runs AIDE: the audit record has this one file checked, and says who it was"
    sh -c "echo 'speed = 9999' >'$home/device/etc/drive.conf'"
    wait_for 20 "AIDE's word on the file" told_now 'raised aide.entry.changed'
    echo "the subscriber received:"
    show_subscriber
    show integrityctl list
    id=$(integrityctl list --json | sed -n 's/.*"id":\([0-9]*\),"kind":"aide.entry.changed".*/\1/p' | head -n 1)
    show integrityctl show "$id"
else
    step "Who it was, audit would say; it is left out here: $no_audit"
fi

show_subscriber >/dev/null
step "The update server shows a certificate that nobody vouches for, under a key that nobody knows"
serve forged
show integrityctl check tls --wait
wait_for 20 "the forged certificate at the subscriber" told_now 'raised tls.certificate.untrusted'
echo "the subscriber received:"
show_subscriber
id=$(integrityctl list --json | sed -n 's/.*"id":\([0-9]*\),"kind":"tls.certificate.untrusted".*/\1/p' | head -n 1)
show integrityctl show "$id"

step "And the right one again"
serve good
show integrityctl check tls --wait
wait_for 20 "the return at the subscriber" told_now 'returned tls.certificate.untrusted'
show_subscriber
show integrityctl tls

show_boot
show_volume

step "And the record of it all verifies"
show integrityctl verify
