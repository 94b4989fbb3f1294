// The real daemon on a device whose boot is in a software TPM: judged, accepted, and watched while it runs.
#include <filesystem>
#include <fstream>

#include <catch2/catch.hpp>

#include "core/digest.hpp"
#include "support/device.hpp"
#include "support/event_log_editor.hpp"
#include "support/skip.hpp"
#include "support/swtpm.hpp"

using namespace integrityd;
using namespace integrityd::test;

namespace {

struct MeasuredDevice : Device {
    Swtpm swtpm;

    MeasuredDevice() {
        configure("[boot]\nenabled = true\nevent_log = \"" + log() + "\"\nima_log = \"" + (directory / "none") +
                  "\"\nefivars = \"" + (directory / "efivars") + "\"\n[tpm]\ntcti = \"" + swtpm.tcti() + "\"\n");
    }
    [[nodiscard]] std::string log() const { return directory / "binary_bios_measurements"; }

    // The firmware measures this loader and this image, and writes its log.
    void boot(const std::string& kernel) const {
        EditedLog events;
        events.add(0, event_type::s_crtm_version, "1.0");
        events.add(7, event_type::variable_driver_config, variable_data("SecureBoot", "\x01"));
        for (const std::string name : {"PK", "KEK", "db", "dbx"})
            events.add(7, event_type::variable_driver_config, variable_data(name, signature_list({name + " key"})));
        events.add(7, event_type::separator, std::string(4, '\0'));
        for (std::uint32_t pcr = 0; pcr < 7; ++pcr)
            events.add(pcr, event_type::separator, std::string(4, '\0'));
        events.add(7, event_type::variable_authority, variable_data("db", std::string(16, '\x22') + "db key"));
        events.add(4, event_type::boot_services_application, std::string(32, '\0'), "loader");
        events.add(4, event_type::boot_services_application, std::string(32, '\0'), kernel);
        for (const EditedEvent& event : events.events) {
            for (const auto& [bank, digest] : event.digests)
                swtpm.extend(event.pcr, bank, {digest.begin(), digest.end()});
        }
        std::ofstream(log(), std::ios::binary) << events.bytes();
    }
    static bool look(Subscriber& subscriber) {
        return subscriber.wait_until([&] {
            try {
                subscriber.client().check_now("boot");
            } catch (const integrity::Error& error) {
                return error.code() == EBUSY ? false : throw;
            }
            return true;
        });
    }
    static std::string state(Subscriber& subscriber) { return subscriber.client().watcher("boot").state; }
};

}  // namespace

TEST_CASE("the real daemon judges a boot, takes an acceptance, and notices a PCR that is extended [REQ-65] [REQ-67]") {
    if (!skip_unless(Swtpm::why_not().empty(), Swtpm::why_not())) return;
    MeasuredDevice device;
    device.boot("kernel of slot A");
    Subscriber subscriber;
    REQUIRE(device.daemon.start());
    REQUIRE(subscriber.wait_until(
        [&] { return subscriber.snapshots > 0 && MeasuredDevice::state(subscriber) == "blind"; }));
    Device::accept(subscriber, "boot");
    REQUIRE(subscriber.wait_until([&] { return MeasuredDevice::state(subscriber) == "intact"; }));
    const std::string report = subscriber.client().report("boot");
    CHECK(report.find("\"component\":\"kernel image\"") != std::string::npos);
    CHECK(report.find("\"accepted\":true") != std::string::npos);
    CHECK(report.find("\"accepted\":false") == std::string::npos);

    device.swtpm.measure(8, "something");
    REQUIRE(MeasuredDevice::look(subscriber));
    CHECK(subscriber.wait_for("raised", "boot.pcr.extended", "pcr8"));
    CHECK(subscriber.wait_for_verdict(INTEGRITY_VIOLATED));
}

TEST_CASE("an image is accepted before its boot, and an empty document is not [REQ-65]") {
    if (!skip_unless(Swtpm::why_not().empty(), Swtpm::why_not())) return;
    MeasuredDevice device;
    device.boot("kernel of slot A");
    Subscriber subscriber;
    REQUIRE(device.daemon.start());
    REQUIRE(subscriber.wait_until(
        [&] { return subscriber.snapshots > 0 && MeasuredDevice::state(subscriber) == "blind"; }));
    Device::accept(subscriber, "boot");
    const auto import = [&](const std::string& document) {
        return subscriber.client().import_baseline("boot", document, "the next update");
    };
    CHECK_THROWS_AS(import("{}"), integrity::Error);
    CHECK_THROWS_AS(import("no JSON"), integrity::Error);
    CHECK_THROWS_AS(import(R"({"bank":"sha256","components":[]})"), integrity::Error);
    const std::string digest = to_hex(digest_of(tcg::sha256, "kernel of slot B"));
    CHECK(import(R"({"bank":"sha256","components":[{"name":"kernel image","pcr":4,"accepted":[{"events":[{"digest":")" +
                 digest + R"("}],"source":"linux.efi"}]}]})")
              .size() == 64);
    REQUIRE(subscriber.wait_for_notice("baseline.accepted"));
    CHECK(subscriber.client().report("baseline/boot").find(digest) != std::string::npos);
    const std::string all = subscriber.client().report("baseline");
    CHECK(all.find(R"("boot":{"digest":")") != std::string::npos);
    CHECK(all.find("content") == std::string::npos);
    CHECK_THROWS_AS(subscriber.client().report("baseline/nobody"), integrity::Error);
}
