// What happens to a TPM, told by the real daemon: a real software TPM, a real bus, the real client library.
#include <algorithm>
#include <filesystem>

#include <catch2/catch.hpp>

#include "core/digest.hpp"
#include "sources/tpm_seal.hpp"
#include "support/device.hpp"
#include "support/skip.hpp"
#include "support/swtpm.hpp"

using namespace integrityd::test;
using integrityd::tpm_opener;
using integrityd::TpmSeal;

namespace {

namespace fs = std::filesystem;

bool can_run() {
    return skip_unless(Swtpm::why_not().empty(), Swtpm::why_not());
}

// A device with a TPM and no volumes, accepted as it is.
struct TpmDevice {
    Swtpm tpm;
    Device device;
    std::unique_ptr<Subscriber> subscriber;

    TpmDevice() {
        tpm.measure_boot();
        device.configure("[tpm]\ntcti = \"" + tpm.tcti() + "\"\n[luks]\nenabled = true\ninterval = \"1h\"\n");
    }
    void start() {
        REQUIRE(device.daemon.start());
        subscriber = std::make_unique<Subscriber>();
    }
    void stop() {
        subscriber.reset();
        REQUIRE(device.daemon.stop());
    }
    void deliver() {
        start();
        Device::accept(*subscriber, "luks");
    }
    // Begins a look; one that is under way may have begun before what was done.
    void look() const {
        REQUIRE(subscriber->wait_until([&] {
            try {
                subscriber->client().check_now("luks");
            } catch (const integrity::Error& error) {
                return error.code() == EBUSY ? false : throw;
            }
            return true;
        }));
    }
    // Looks, and accepts what differs once this is part of it.
    void accept_once_it_differs(const std::string& in) {
        look();
        REQUIRE(subscriber->wait_until([&] {
            return subscriber->client().diff_baseline("luks").json.find("\"" + in + "\"") != std::string::npos;
        }));
        Device::accept(*subscriber, "luks");
    }
    bool tells(const std::string& type, const std::string& kind, const std::string& subject = "tpm") {
        return subscriber->wait_until([&] {
            return subscriber->find(type, kind, subject) != nullptr || (type == "raised" && was_there(kind, subject));
        });
    }
    // What was there before the subscription is in its snapshot.
    [[nodiscard]] bool was_there(const std::string& kind, const std::string& subject) const {
        return std::any_of(subscriber->snapshot.begin(), subscriber->snapshot.end(), [&](const auto& entry) {
            return entry.second.kind() == kind && entry.second.subject() == subject;
        });
    }
    // The digest of the accepted document, as `integrityctl tpm seal` asks for it.
    [[nodiscard]] std::string accepted_digest() const {
        const std::string report = subscriber->client().report("baseline");
        const std::size_t watcher = report.find("\"luks\"");
        const std::size_t digest = report.rfind("\"digest\":\"", report.find("\"state\"", watcher));
        REQUIRE(digest != std::string::npos);
        return report.substr(digest + 10, 64);
    }
    void seal() {
        const auto raw = integrityd::from_hex(accepted_digest());
        REQUIRE(raw);
        REQUIRE(TpmSeal(tpm_opener(tpm.tcti()), "").seal(*raw));
    }
    // Accepted with its digest in the TPM, and off.
    void deliver_sealed() {
        REQUIRE(TpmSeal(tpm_opener(tpm.tcti()), "").provision());
        deliver();
        seal();
        stop();
    }
};

}  // namespace

TEST_CASE("what is done to the TPM is told while it runs", "[REQ-61]") {
    if (!can_run()) return;
    TpmDevice device;
    device.deliver();
    device.tpm.authorise_wrongly();
    device.tpm.authorise_wrongly();
    device.look();
    REQUIRE(device.tells("raised", "tpm.lockout.rising"));
    device.tpm.authorise_wrongly();
    device.look();
    REQUIRE(device.tells("raised", "tpm.lockout.active"));
    device.tpm.reset_lockout();
    device.tpm.set_owner_auth("theirs");
    device.look();
    REQUIRE(device.tells("returned", "tpm.lockout.active"));
    REQUIRE(device.tells("raised", "tpm.policy.changed"));
    device.tpm.kill();
    device.look();
    REQUIRE(device.tells("raised", "tpm.missing"));
    device.tpm.start();
    device.tpm.measure_boot();
    device.look();
    REQUIRE(device.tells("returned", "tpm.missing"));
    device.stop();
}

TEST_CASE("what was done to the TPM while the daemon did not run is told at its start", "[REQ-61]") {
    if (!can_run()) return;
    TpmDevice device;
    device.deliver();
    device.stop();
    // Twice: the daemon runs on in the same boot, so that neither is its own.
    device.tpm.reset();
    device.tpm.reset();
    device.tpm.measure_boot();
    device.start();
    REQUIRE(device.tells("raised", "tpm.boots.unseen"));
    device.stop();
    device.tpm.clear();
    device.start();
    REQUIRE(device.tells("raised", "tpm.cleared"));
    device.stop();
}

TEST_CASE("a whole state that is replaced by an older one does not fit to the TPM", "[REQ-62]") {
    if (!can_run()) return;
    TpmDevice device;
    device.deliver_sealed();
    const std::string older = device.device.directory / "older";
    fs::copy(device.device.daemon.state_dir(), older, fs::copy_options::recursive);

    device.start();
    device.tpm.disable_clear(true);
    device.look();
    REQUIRE(device.tells("raised", "tpm.policy.changed"));
    Device::accept(*device.subscriber, "luks");
    REQUIRE(device.tells("resolved", "tpm.policy.changed"));
    device.seal();
    device.look();
    CHECK_FALSE(device.was_there("self.baseline.tampered", "luks in the TPM"));
    device.stop();

    fs::remove_all(device.device.daemon.state_dir());
    fs::copy(older, device.device.daemon.state_dir(), fs::copy_options::recursive);
    device.start();
    REQUIRE(device.tells("raised", "self.baseline.tampered", "luks in the TPM"));
    CHECK(device.subscriber->client().report("luks").find("\"seal\":\"differs\"") != std::string::npos);
    device.stop();
}

TEST_CASE("a device that lost its state learns nothing: the TPM says that a baseline was accepted", "[REQ-62]") {
    if (!can_run()) return;
    TpmDevice device;
    device.deliver_sealed();
    for (const auto& each : fs::directory_iterator(device.device.daemon.state_dir()))
        fs::remove_all(each.path());
    device.start();
    REQUIRE(device.tells("raised", "self.baseline.tampered", "luks in the TPM"));
    const std::string watchers = device.subscriber->client().report("watchers");
    CHECK(watchers.find("no accepted baseline: run `integrityctl baseline accept luks`") != std::string::npos);
    Device::accept(*device.subscriber, "luks");
    device.seal();
    device.look();
    REQUIRE(device.tells("returned", "self.baseline.tampered", "luks in the TPM"));
    device.stop();
}

TEST_CASE("room for the digest is accepted like everything else, and so is that it is gone", "[REQ-62]") {
    if (!can_run()) return;
    TpmDevice device;
    device.deliver();
    TpmSeal root(tpm_opener(device.tpm.tcti()), "");
    REQUIRE(root.provision());
    device.accept_once_it_differs("provisioned");
    device.seal();
    device.look();
    REQUIRE(root.unprovision());
    device.look();
    REQUIRE(device.tells("raised", "self.baseline.tampered", "luks in the TPM"));
    device.accept_once_it_differs("provisioned");
    REQUIRE(device.tells("returned", "self.baseline.tampered", "luks in the TPM"));
    device.stop();
}

TEST_CASE("a TPM that hangs holds up neither other watchers nor the daemon's end", "[REQ-35]") {
    if (!can_run()) return;
    TpmDevice device;
    device.deliver();
    device.tpm.hang();
    device.look();
    // Answered while the TPM is waited for.
    CHECK(device.subscriber->client().report("watchers").find("\"name\":\"luks\"") != std::string::npos);
    device.look();  // one look alone is no proof
    REQUIRE(device.tells("raised", "tpm.unavailable"));
    device.stop();
    device.tpm.go_on();
}
