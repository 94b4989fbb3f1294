// What a boot is told as: accepted, altered, another one. [REQ-65] and the following are of SECURITY.md.
#include <catch2/catch.hpp>

#include "sources/pe_digest.hpp"
#include "support/boot_vectors.hpp"
#include "support/small_pe.hpp"
#include "unit/watchers/boot_device.hpp"

using namespace integrityd;
using namespace integrityd::test;

namespace {

using Told = std::vector<std::string>;

std::string summary(const BootDevice& device, const std::string& kind, const std::string& subject) {
    return device.present.get(kind, subject).summary;
}

EditedLog cip_log() {
    return CipBoot().log();
}

// As firmware that loads this image.
void measure_image(EditedEvent& event, const std::string& image) {
    for (auto& [algorithm, digest] : event.digests)
        digest = pe_digests(memory_pe_source(image), {algorithm}).value().front().view();
}

}  // namespace

TEST_CASE("a device without a measured boot, and with none accepted, is absent") {
    BootDevice device;
    device.tpm->error = Error{"there is no TPM", ENODEV};
    device.start();
    CHECK(device.present.health_now.absent);
    CHECK(device.held().empty());
    CHECK(device.present.finished == 1);
    CHECK_FALSE(device.watcher->diff_baseline());
    device.config.boot.enabled = Enabled::yes;
    device.interval();
    CHECK_FALSE(device.present.health_now.absent);
    CHECK(device.held() == Told{"boot.log.unavailable event log"});
}

TEST_CASE("without a baseline a boot that is good by itself is no violation, and cannot be called accepted") {
    BootDevice device;
    device.boot(CipBoot());
    CHECK(device.held().empty());
    CHECK_FALSE(device.present.health_now.can_look);
    CHECK(device.present.health_now.reason == "no accepted baseline: run `integrityctl baseline accept boot`");
}

TEST_CASE("an accepted boot stays good at each restart") {
    BootDevice device;
    device.boot(CipBoot());
    device.accept();
    CHECK(device.held().empty());
    CHECK(device.present.health_now.can_look);
    for (int i = 0; i < 3; ++i) {
        device.boot(CipBoot());
        CHECK(device.held().empty());
    }
}

TEST_CASE("a kernel image that nobody accepted is told by its digest", "[REQ-65]") {
    BootDevice device;
    device.boot(CipBoot());
    device.accept();
    CipBoot other;
    other.kernel = "kernel of slot B";
    device.boot(other);
    CHECK(device.held() == Told{"boot.event.unexpected pcr4 kernel image"});
    const std::string told = summary(device, "boot.event.unexpected", "pcr4 kernel image");
    CHECK(told == "kernel image in PCR 4: digest " + to_hex(digest_of(tcg::sha256, other.kernel)).substr(0, 16) +
                      "… is not the accepted one");
    device.boot(CipBoot());
    CHECK(device.held().empty());
}

TEST_CASE("images that nobody accepted are named by their files, also where those come later", "[REQ-65]") {
    BootDevice device;
    device.boot(CipBoot());
    device.accept();
    EditedLog log = cip_log();
    const std::size_t loader = log.find(4, event_type::boot_services_application);
    measure_image(log.events[loader], small_pe("a loader of somebody's"));
    measure_image(log.events[log.find(4, event_type::boot_services_application, loader + 1)], small_pe("a kernel"));
    device.write("boot/EFI/BOOT/BOOTX64.EFI", small_pe("a loader of somebody's"));
    device.write("boot/other.efi", small_pe("something that did not run"));
    device.write("boot/notes.efi", "no image");
    device.boot(log);
    CHECK(device.held() == Told{"boot.event.unexpected pcr4 kernel image", "boot.event.unexpected pcr4 loader"});
    const std::string where = device.directory / "boot/";
    CHECK(summary(device, "boot.event.unexpected", "pcr4 loader")
              .ends_with("; it is the file " + where + "EFI/BOOT/BOOTX64.EFI"));
    CHECK(summary(device, "boot.event.unexpected", "pcr4 kernel image").ends_with("is not the accepted one"));
    // The partition is mounted, and somebody asks for a look.
    device.write("boot/linux.efi", small_pe("a kernel"));
    device.interval();
    CHECK(summary(device, "boot.event.unexpected", "pcr4 kernel image").ends_with("is not the accepted one"));
    REQUIRE(device.watcher->check());
    device.turn();
    CHECK(summary(device, "boot.event.unexpected", "pcr4 kernel image")
              .ends_with("; it is the file " + where + "linux.efi"));
    const ValueList& events =
        *device.present.get("boot.event.unexpected", "pcr4 kernel image").evidence.at("events").get<ValueList>();
    CHECK(events.front().get<ValueMap>()->at("file").text() == where + "linux.efi");
}

TEST_CASE("both slots are good once each was accepted, in turn for ten restarts", "[REQ-65]") {
    BootDevice device;
    CipBoot other;
    other.kernel = "kernel of slot B";
    device.boot(CipBoot());
    device.accept();
    device.boot(other);
    device.accept();
    for (int i = 0; i < 5; ++i) {
        device.boot(CipBoot());
        CHECK(device.held().empty());
        device.boot(other);
        CHECK(device.held().empty());
    }
    // A fourth image retires the first.
    for (const std::string kernel : {"third", "fourth"}) {
        CipBoot next;
        next.kernel = kernel;
        device.boot(next);
        device.accept();
    }
    device.boot(CipBoot());
    CHECK(summary(device, "boot.event.unexpected", "pcr4 kernel image").find("one of the 3 accepted") !=
          std::string::npos);
}

TEST_CASE("a loader in between, a missing one and a foreign chain are told by component", "[REQ-65]") {
    BootDevice device;
    device.boot(CipBoot());
    device.accept();
    EditedLog longer = cip_log();
    const std::size_t loader = longer.find(4, event_type::boot_services_application);
    EditedEvent foreign = longer.events[loader];
    for (auto& [algorithm, digest] : foreign.digests)
        digest = digest_of(algorithm, "another loader");
    longer.events.insert(longer.events.begin() + static_cast<std::ptrdiff_t>(loader), foreign);
    device.boot(longer);
    CHECK(device.held() == Told{"boot.event.unexpected pcr4 loader", "boot.event.unexpected pcr4 loader 2"});
    EditedLog shorter = cip_log();
    shorter.events.erase(shorter.events.begin() + static_cast<std::ptrdiff_t>(loader));
    device.boot(shorter);
    CHECK(device.held() == Told{"boot.event.missing pcr4 loader"});
    EditedLog chained = cip_log();
    chained.add(8, event_type::ipl, "grub_cmd: linux /evil");
    device.boot(chained);
    CHECK(device.held() == Told{"boot.event.unexpected pcr8 boot loader commands"});
}

TEST_CASE("a log that was altered is told as what was done to it", "[REQ-66]") {
    BootDevice device;
    const EditedLog measured = cip_log();
    device.boot(measured);
    device.accept();

    EditedLog flipped = measured;
    const std::size_t kernel = measured.find(4, event_type::boot_services_application,
                                             measured.find(4, event_type::boot_services_application) + 1);
    for (auto& [algorithm, digest] : flipped.events[kernel].digests)
        digest[0] = static_cast<char>(digest[0] ^ 1);
    device.boot(measured, flipped);
    CHECK(device.held() == Told{"boot.event.unexpected pcr4 kernel image", "boot.log.mismatch pcr4"});

    EditedLog dropped = measured;
    dropped.events.erase(dropped.events.begin() + 1);
    device.boot(measured, dropped);
    CHECK(device.held() == Told{"boot.event.missing pcr0 firmware", "boot.log.mismatch pcr0"});

    EditedLog added = measured;
    added.add(2, event_type::boot_services_driver, "driver");
    device.boot(measured, added);
    CHECK(device.held() ==
          Told{"boot.event.unexpected pcr2 option ROMs", "boot.log.mismatch pcr2", "boot.structure.invalid pcr2"});

    EditedLog swapped = measured;
    std::swap(swapped.events[0].type, swapped.events[1].type);
    device.boot(measured, swapped);
    CHECK(device.held() == Told{"boot.event.unexpected pcr0 firmware"});
    swapped = measured;
    swapped.events[swapped.find(5, event_type::gpt_event)].type = event_type::separator;
    device.boot(measured, swapped);
    CHECK(device.held() == Told{"boot.structure.invalid pcr5"});

    EditedLog reworded = measured;
    const std::size_t db = measured.find(7, event_type::variable_driver_config) + 3;
    reworded.events[db].data = variable_data("db", signature_list({"product certificate", "another"}));
    device.boot(measured, reworded);
    CHECK(device.held() == Told{"boot.event.unexpected pcr7 Secure Boot variables", "boot.structure.invalid pcr7"});
    CHECK(summary(device, "boot.structure.invalid", "pcr7").find("its data are not what was measured") !=
          std::string::npos);
}

TEST_CASE("a log that does not lead to the TPM's values is told without a baseline too", "[REQ-66]") {
    BootDevice device;
    EditedLog dropped = cip_log();
    dropped.events.erase(dropped.events.begin() + 1);
    device.boot(cip_log(), dropped);
    CHECK(device.held() == Told{"boot.log.mismatch pcr0"});
    const Observation& seen = device.present.get("boot.log.mismatch", "pcr0");
    CHECK(seen.evidence.contains("sha1"));
    CHECK(seen.evidence.contains("sha256"));
    // Firmware that never does better: fixed when it is accepted, for this PCR alone.
    device.accept();
    CHECK(device.held().empty());
    device.boot(cip_log(), dropped);
    CHECK(device.held().empty());
    EditedLog kernel_dropped = dropped;
    kernel_dropped.events.erase(kernel_dropped.events.begin() +
                                static_cast<std::ptrdiff_t>(dropped.find(4, event_type::boot_services_application)));
    device.boot(cip_log(), kernel_dropped);
    CHECK(device.present.has("boot.log.mismatch", "pcr4"));
    CHECK_FALSE(device.present.has("boot.log.mismatch", "pcr0"));
}

TEST_CASE("a PCR that moves between the readings of the log is read again, and is no alarm") {
    BootDevice device;
    device.boot(CipBoot());
    device.accept();
    const int before = device.tpm->reads;
    device.interval();
    CHECK(device.tpm->reads == before + 2);
    device.extend(16, "debug");
    device.interval();
    CHECK(device.held().empty());
}

TEST_CASE("a malformed or missing log of an accepted boot is told, and takes nothing back", "[REQ-66]") {
    BootDevice device;
    device.boot(CipBoot());
    device.accept();
    CipBoot other;
    other.kernel = "other";
    device.boot(other);
    REQUIRE(device.present.has("boot.event.unexpected", "pcr4 kernel image"));
    std::filesystem::remove(device.config.boot.event_log);
    device.interval();
    CHECK(device.present.has("boot.event.unexpected", "pcr4 kernel image"));
    REQUIRE(device.present.has("boot.log.unavailable", "event log"));
    CHECK(device.present.get("boot.log.unavailable", "event log").severity == Severity::high);
    CHECK_FALSE(device.present.health_now.can_look);
    CHECK_FALSE(device.present.health_now.absent);
    const std::string bytes = other.log().bytes();
    device.write_log(bytes.substr(0, bytes.size() - 3));
    device.interval();
    CHECK(device.held() ==
          Told{"boot.event.unexpected pcr4 kernel image", "boot.log.malformed event log", "boot.log.mismatch pcr5"});
    CHECK_FALSE(device.present.has("boot.log.unavailable", "event log"));
    CHECK_FALSE(device.watcher->diff_baseline());
    device.write_log(bytes);
    device.tpm->error = Error{"it does not answer", ETIMEDOUT};
    device.interval();
    CHECK(device.present.has("boot.event.unexpected", "pcr4 kernel image"));
    CHECK(device.present.health_now.reason == "the TPM cannot be asked: it does not answer");
}

TEST_CASE("a TPM that is busy at one look makes nobody blind, and what needs none is judged", "[REQ-66]") {
    BootDevice device;
    device.boot(CipBoot());
    device.set_variables(CipBoot());
    device.accept();
    REQUIRE(device.present.health_now.can_look);
    CipBoot changed;
    changed.db = signature_list({"another certificate"});
    device.set_variables(changed);
    device.tpm->error = Error{"it does not answer", ETIMEDOUT};
    device.interval();
    CHECK(device.present.health_now.can_look);
    CHECK(device.held() == Told{"boot.secureboot.keys-changed db at the next boot"});
    device.interval();
    CHECK(device.present.health_now.reason == "the TPM cannot be asked: it does not answer");
    CHECK(device.held() == Told{"boot.secureboot.keys-changed db at the next boot"});
    device.tpm->error.reset();
    device.interval();
    CHECK(device.present.health_now.can_look);
}

TEST_CASE("what was shown is accepted, and nothing else; some of it where only that was asked for") {
    BootDevice device;
    device.boot(CipBoot());
    CHECK(device.watcher->accept_baseline("another", Wanted()).error().code == ECANCELED);
    device.accept();
    CipBoot other;
    other.kernel = "other";
    other.secure = false;
    device.boot(other);
    CHECK(device.present.has("boot.secureboot.disabled", "Secure Boot"));
    const auto diff = device.watcher->diff_baseline();
    REQUIRE(diff);
    const Kind* const only = device.present.get("boot.event.unexpected", "pcr4 kernel image").kind;
    REQUIRE(device.watcher->accept_baseline(diff->digest, Wanted({{only, "pcr4 kernel image"}})));
    device.turn();
    CHECK(device.held() == Told{"boot.event.missing pcr7 authorities", "boot.secureboot.disabled Secure Boot"});
}

TEST_CASE("an event that is written down as another type is told all the same", "[REQ-66]") {
    BootDevice device;
    const EditedLog measured = cip_log();
    device.boot(measured);
    device.accept();
    const auto boot_with = [&](std::uint32_t pcr, std::uint32_t type, const std::string& data) {
        EditedLog log = measured;
        log.events.insert(log.events.begin() + static_cast<std::ptrdiff_t>(log.events.size() - 2),
                          EditedLog().add(pcr, type, data));
        device.boot(log);
        return device.held();
    };
    // A small program, logged with its own bytes as words.
    const std::string program = small_pe("a small program");
    for (const std::uint32_t type : {event_type::action, event_type::efi_action})
        CHECK(boot_with(4, type, program) == Told{"boot.event.unexpected pcr4 boot code"});
    for (const std::string words : {"Calling EFI Application from Boot Option",
                                    "Returning from EFI Application from Boot Option", "Returned INT 19h"})
        CHECK(boot_with(4, event_type::efi_action, words).empty());
    for (const std::uint32_t pcr : {8U, 9U, 11U, 12U, 13U, 14U}) {
        const std::string subject = "boot.event.unexpected pcr" + std::to_string(pcr) + " " + component_of_pcr(pcr);
        CHECK(boot_with(pcr, event_type::separator, program) == Told{subject});
        CHECK(boot_with(pcr, event_type::separator, std::string(4, '\0')) == Told{subject});
    }
    // A variable that is no set of keys, and one whose data are not what was measured.
    EditedLog mode = measured;
    const auto policy_end = static_cast<std::ptrdiff_t>(measured.find(7, event_type::separator));
    mode.events.insert(mode.events.begin() + policy_end,
                       EditedLog().add(7, event_type::variable_driver_config, variable_data("DeployedMode", "x")));
    device.boot(mode);
    CHECK(device.held() == Told{"boot.event.unexpected pcr7 Secure Boot variables"});
    EditedLog reworded = measured;
    reworded.events[static_cast<std::size_t>(policy_end) - 1].data += "x";
    device.boot(reworded);
    CHECK(device.present.has("boot.event.unexpected", "pcr7 Secure Boot variables"));
    // The words of an attempt beside another digest.
    EditedLog disguised = measured;
    EditedEvent foreign =
        EditedLog().add(4, event_type::efi_action, "Calling EFI Application from Boot Option", program);
    disguised.events.insert(disguised.events.end() - 2, foreign);
    device.boot(disguised);
    CHECK(device.held() == Told{"boot.event.unexpected pcr4 boot code", "boot.structure.invalid pcr4"});
}

TEST_CASE("a real boot, once it was accepted, stays without findings", "[REQ-65]") {
    if (!have_boot_vectors()) return;
    std::size_t booted = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(vectors_root() / "eventlogs")) {
        if (!entry.is_regular_file()) continue;
        const std::string bytes = vector_bytes(std::filesystem::relative(entry.path(), vectors_root()).string());
        const EventLog log = parse_event_log(bytes);
        if (!log.whole() || best_bank(log.algorithms) == 0 || log.events.size() < 10) continue;
        INFO(entry.path().string());
        BootDevice device;
        device.write_log(bytes);
        device.tpm->pcrs = pcrs_after(bytes);
        device.start();
        device.accept();
        CHECK(device.held().empty());
        CHECK(device.present.health_now.can_look);
        ++booted;
    }
    CHECK(booted >= 60);
}
