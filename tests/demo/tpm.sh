# shellcheck shell=sh disable=SC2154 # names of run.sh
# What the demonstration shows with a TPM in software: the boot that it measured, and a volume that it opens. Read by run.sh.
# shellcheck disable=SC2154 # home, source and no_volume are run.sh's

# Why none of it can be shown here; nothing: it can.
why_no_tpm() {
    command -v swtpm >/dev/null || { echo "swtpm is not installed"; return; }
    command -v tpm2_pcrextend >/dev/null || echo "tpm2-tools are not installed"
}

why_no_volume() {
    [ -z "$no_tpm" ] || { echo "$no_tpm"; return; }
    for tool in cryptsetup systemd-cryptenroll; do
        command -v $tool >/dev/null || { echo "$tool is not installed"; return; }
    done
}

# A boot that its log and its PCRs tell of.
start_tpm() {
    mkdir -p "$home/tpm"
    swtpm socket --tpm2 --tpmstate "dir=$home/tpm" --server "type=unixio,path=$home/tpm/socket" \
        --ctrl "type=unixio,path=$home/tpm/socket.ctrl" --flags not-need-init,startup-clear >"$home/tpm.log" 2>&1 &
    pids="$pids $!"
    wait_for 20 "the TPM" test -S "$home/tpm/socket"
    wait_for 20 "the TPM" test -S "$home/tpm/socket.ctrl"
    export TPM2TOOLS_TCTI="swtpm:path=$home/tpm/socket"
    python3 "$source/tests/demo/make_boot.py" "$home/boot.log" "kernel of slot A" >"$home/boot.pcrs"
    while read -r pcr; do tpm2_pcrextend "$pcr"; done <"$home/boot.pcrs"
}

# A volume whose only key is sealed to PCR 7.
make_volume() {
    volume=$home/volume
    truncate -s 20M "$volume"
    head -c 64 /dev/urandom >"$home/key"
    printf first | cryptsetup luksFormat --batch-mode --type luks2 --pbkdf pbkdf2 --pbkdf-force-iterations 200000 \
        --key-size 512 --volume-key-file "$home/key" --key-file - "$volume"
    PASSWORD=first systemd-cryptenroll --tpm2-device="$TPM2TOOLS_TCTI" --tpm2-pcrs=7 "$volume" >/dev/null
    cryptsetup luksKillSlot --batch-mode "$volume" 0 2>/dev/null
    tpm2_flushcontext -t && tpm2_flushcontext -l && tpm2_flushcontext -s
}

tpm_sections() {
    if [ -n "$no_tpm" ]; then
        printf '\n[boot]\nenabled = false\n'
        return
    fi
    cat <<END

[tpm]
tcti = "$TPM2TOOLS_TCTI"

[boot]
enabled = true
event_log = "$home/boot.log"
ima_log = "$home/no-ima"
efivars = "$home/no-efi"
END
    [ -n "$volume" ] || return 0
    cat <<END

[luks]
interval = "1h"

[[luks.volume]]
name = "var"
device = "$volume"
END
}

# extend_pcr PCR: in one bank; each of them has to be as it was.
extend_pcr() {
    tpm2_pcrextend "$1:sha256=$(printf 'an attacker' | sha256sum | cut -d' ' -f1)"
}

# By the volume key, which who has the running device has.
add_slot() {
    printf second >"$home/second"
    cryptsetup luksAddKey --batch-mode --volume-key-file "$home/key" "$volume" "$home/second"
}

remove_slot() {
    cryptsetup luksKillSlot --batch-mode "$volume" 0 2>/dev/null
}

show_boot() {
    if [ -z "$no_tpm" ]; then
        step "What this device booted, as its TPM measured it"
        show integrityctl boot
        step "Somebody extends a PCR while the system runs: no boot can be proven with it any more"
        show extend_pcr 8
        show integrityctl check boot --wait
        wait_for 20 "the PCR at the subscriber" told_now 'raised boot.pcr.extended'
        echo "the subscriber received:"
        show_subscriber
        show integrityctl explain boot.pcr.extended
    else
        step "What a device booted is left out here: $no_tpm"
    fi
}

show_volume() {
    if [ -n "$volume" ]; then
        step "A volume sealed to the TPM gets a second key slot: somebody else may open it now"
        show integrityctl luks
        show add_slot
        integrityctl check luks --wait >/dev/null
        wait_for 20 "the slot at the subscriber" told_now 'raised luks.keyslot.added'
        show_subscriber
        step "The slot is removed again. That the header was written stays to be accepted"
        show remove_slot
        integrityctl check luks --wait >/dev/null
        wait_for 20 "the return at the subscriber" told_now 'returned luks.keyslot.added'
        show_subscriber
        step "PCR 7 is extended, as by another firmware setting: the next boot would not unseal"
        show extend_pcr 7
        integrityctl check luks --wait >/dev/null
        wait_for 20 "the warning at the subscriber" told_now 'raised luks.unseal.failing'
        show_subscriber
        show integrityctl luks
    else
        step "A sealed volume is left out here: $no_volume"
    fi
}
