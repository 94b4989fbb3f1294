"""The device's server allows TLS 1.0 beside what it had: nothing that it negotiates shows that, trying it does."""
import tls

LAX = "-min_protocol TLSv1 -cipher ALL:@SECLEVEL=0 -ciphersuites TLS_AES_256_GCM_SHA384"


def run(machine, expect):
    tls.begin(machine, expect)
    tls.serve(machine, "first", LAX)
    tls.look(machine)
    event = expect.event("tls.protocol.weak", tls.NAME, within=tls.TOLD_WITHIN)
    expect.contains(event["violation"]["summary"], "TLS 1.0", "the summary")
    tls.serve(machine, "first")
    tls.look(machine)
    expect.event("tls.protocol.weak", tls.NAME, type="returned", within=tls.TOLD_WITHIN)
