// Real logs extended event by event into a software TPM, so that log and TPM agree; then one of the two is changed.
#include <catch2/catch.hpp>

#include "support/boot_vectors.hpp"
#include "support/swtpm.hpp"
#include "unit/watchers/boot_device.hpp"

using namespace integrityd;
using namespace integrityd::test;

namespace {

using Told = std::vector<std::string>;

struct RealTpm {
    Swtpm swtpm;
    BootDevice device;

    RealTpm() {
        device.config.tpm.tcti = swtpm.tcti();
        device.make_opener();
        device.real_tpm = make_tpm(device.config, *device.opener);
        device.config.boot.enabled = Enabled::yes;
    }
    // As the firmware does it, from locality 0.
    void measure(const EditedLog& log) const {
        for (const EditedEvent& event : log.events) {
            if (event.type == event_type::no_action) continue;
            for (const auto& [bank, digest] : event.digests)
                swtpm.extend(event.pcr, bank, {digest.begin(), digest.end()});
        }
    }
    void boot(const EditedLog& measured, const EditedLog& written) {
        device.stop();
        swtpm.reset();
        measure(measured);
        device.write_log(written.bytes());
        device.clock.boot_id_ += "+";
        device.start();
    }
};

bool can_run() {
    return have_boot_vectors() && skip_unless(Swtpm::why_not().empty(), Swtpm::why_not());
}

EditedLog real_log(const std::string& name) {
    return EditedLog(vector_bytes("eventlogs/" + name));
}

}  // namespace

TEST_CASE("real logs in a real TPM agree, and are good once they are accepted") {
    if (!can_run()) return;
    RealTpm real;
    for (const std::string name : {"tcglog-parser/binary_bios_measurements", "guard-oss/h12ssl.bios_measurements",
                                   "tpm2-tools/event-moklisttrusted.bin", "go-tpm-tools/cos-101-amd-sev.bin"}) {
        INFO(name);
        const EditedLog log = real_log(name);
        real.device.baselines.documents.clear();
        real.boot(log, log);
        CHECK(real.device.present.count("boot.log.mismatch") == 0);
        CHECK(real.device.present.count("boot.structure.invalid") == 0);
        real.device.accept();
        CHECK(real.device.held().empty());
        CHECK(real.device.present.health_now.can_look);
    }
}

TEST_CASE("a real log is told as what was done to it, against a real TPM", "[REQ-66]") {
    if (!can_run()) return;
    RealTpm real;
    const EditedLog log = real_log("guard-oss/test-before.bin");
    real.boot(log, log);
    real.device.accept();
    REQUIRE(real.device.held().empty());

    EditedLog changed = log;
    const std::size_t shim = log.find(4, event_type::boot_services_application) + 1;
    const std::size_t grub = log.find(4, event_type::boot_services_application, shim);
    for (auto& [bank, digest] : changed.events[grub].digests)
        digest[3] = static_cast<char>(digest[3] ^ 4);
    real.boot(log, changed);
    CHECK(real.device.held() == Told{"boot.event.unexpected pcr4 loader 2", "boot.log.mismatch pcr4"});

    changed = log;
    changed.events.erase(changed.events.begin() + static_cast<std::ptrdiff_t>(grub));
    real.boot(log, changed);
    CHECK(real.device.present.has("boot.log.mismatch", "pcr4"));

    changed = log;
    changed.add(9, event_type::ipl, "another file");
    real.boot(log, changed);
    CHECK(real.device.present.has("boot.log.mismatch", "pcr9"));
    CHECK(real.device.present.has("boot.event.unexpected", "pcr9 files of the boot loader"));

    changed = log;
    const std::size_t command = log.find(8, event_type::ipl);
    changed.events[command].type = event_type::event_tag;
    real.boot(log, changed);
    CHECK(real.device.held() == Told{"boot.event.unexpected pcr8 boot loader commands"});

    changed = log;
    const std::size_t dbx = log.find(7, event_type::variable_driver_config) + 4;
    changed.events[dbx].data.back() = static_cast<char>(changed.events[dbx].data.back() ^ 1);
    real.boot(log, changed);
    CHECK(real.device.held() ==
          Told{"boot.event.unexpected pcr7 Secure Boot variables", "boot.structure.invalid pcr7"});
}

TEST_CASE("an update is told by component where nobody accepted it, and is good where somebody did", "[REQ-65]") {
    if (!can_run()) return;
    RealTpm real;
    const EditedLog before = real_log("guard-oss/test-before.bin");
    const EditedLog update = real_log("guard-oss/test-update.bin");
    real.boot(before, before);
    real.device.accept();
    real.boot(update, update);
    CHECK(real.device.present.count("boot.log.mismatch") == 0);
    CHECK(real.device.present.count("boot.event.unexpected") > 0);
    real.device.accept();
    CHECK(real.device.held().empty());
    real.boot(before, before);
    CHECK(real.device.held().empty());
    real.boot(update, update);
    CHECK(real.device.held().empty());
}

TEST_CASE("a PCR of a real TPM that is extended at run time is told", "[REQ-67]") {
    if (!can_run()) return;
    RealTpm real;
    const EditedLog log = CipBoot().log();
    real.boot(log, log);
    real.device.accept();
    real.swtpm.measure(12, "something");
    real.device.interval();
    CHECK(real.device.held() == Told{"boot.pcr.extended pcr12"});
    // One bank alone, which others do not show.
    real.swtpm.extend(0, sha384_bank, std::vector<std::uint8_t>(48, 7));
    real.device.interval();
    CHECK(real.device.held() == Told{"boot.pcr.extended pcr0", "boot.pcr.extended pcr12"});
}

TEST_CASE("a TPM that does not answer makes the boot unknown, and takes nothing back") {
    if (!can_run()) return;
    RealTpm real;
    const EditedLog log = CipBoot().log();
    real.boot(log, log);
    real.device.accept();
    real.swtpm.measure(12, "something");
    real.device.interval();
    real.swtpm.kill();
    real.device.interval();
    CHECK(real.device.held() == Told{"boot.pcr.extended pcr12"});
    CHECK_FALSE(real.device.present.health_now.can_look);
}
