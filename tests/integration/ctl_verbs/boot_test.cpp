// integrityctl boot: the daemon's report, a log from elsewhere, and the digest of an image.
#include <fstream>

#include <catch2/catch.hpp>

#include "core/digest.hpp"
#include "ctl.hpp"
#include "sources/pe_digest.hpp"
#include "support/event_log_editor.hpp"
#include "support/small_pe.hpp"
#include "support/temporary_directory.hpp"

using namespace integrityd;
using namespace integrityd::test;

namespace {

struct Files {
    TemporaryDirectory directory;

    [[nodiscard]] std::string put(const std::string& name, const std::string& bytes) const {
        std::ofstream(directory / name, std::ios::binary) << bytes;
        return directory / name;
    }
};

bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

EditedLog small_log() {
    EditedLog log;
    log.add(7, event_type::variable_driver_config, variable_data("SecureBoot", "\x01"));
    log.add(7, event_type::separator, std::string(4, '\0'));
    log.add(4, event_type::boot_services_application, std::string(32, '\0'), "a loader");
    log.add(8, event_type::ipl, "kernel_cmdline: root=/dev/sda1");
    return log;
}

const std::string report =
    R"({"baseline":"accepted","bank":"sha256","command_line":"root=/dev/dm-0 ro","efi":true,)"
    R"("root":"on dm-verity, hash 0011223344556677…, that of the measured command line",)"
    R"("log":{"banks":["sha256"],"bytes":7000,"end":"complete","events":2,"form":"crypto-agile"},)"
    R"("secure_boot":{"enabled":true,"variables":{"db":{"keys":1,"test_keys":["O=SnakeOil"]}}},)"
    R"("pcrs":[{"pcr":0,"bank":"sha256","state":"matches"},{"pcr":5,"bank":"sha256","state":"differs"}],)"
    R"("ima":{"state":"follows","entries":12,"violations":1},"structure":["PCR 2: twice"],)"
    R"("events":[{"event":1,"pcr":4,"type":"EV_EFI_BOOT_SERVICES_APPLICATION","component":"loader",)"
    R"("digest":"0123456789abcdef0123","backing":"opaque","text":"\\EFI\\BOOT","accepted":true},)"
    R"({"event":2,"pcr":4,"type":"EV_EFI_BOOT_SERVICES_APPLICATION","component":"kernel image",)"
    R"("digest":"fedcba9876543210fedc","backing":"opaque","text":"","accepted":false}]})";

}  // namespace

TEST_CASE("A boot is told as a story, with what is not accepted", "[ctl][REQ-65]") {
    Reporting stage(report);
    const Ran shown = stage.run({"boot"});
    CHECK(shown.code == 0);
    for (const auto* const part : {"Secure Boot", "SnakeOil", "root=/dev/dm-0 ro", "on dm-verity, hash",
                                   "1 values of PCRs agree", "PCR 5, sha256", "differs", "12 entries, 1 violations",
                                   "PCR 2: twice", "loader", "yes", "kernel image", "NO", "fedcba9876543210"}) {
        INFO(part);
        CHECK(has(shown.out, part));
    }
    CHECK(json_of(stage.run({"boot", "--json"}).out)["command_line"] == "root=/dev/dm-0 ro");
    Reporting nonsense("nonsense");
    CHECK(nonsense.run({"boot"}).code == 1);
}

TEST_CASE("What a log says cannot act on a terminal", "[ctl][REQ-17]") {
    Reporting stage(
        R"({"root":"\u001b[2J","command_line":"\u009b1m","events":[{"text":"\u202e\r","component":"\u001b"}]})");
    const std::string out = stage.run({"boot"}).out;
    CHECK_FALSE(has(out, "\033"));
    CHECK_FALSE(has(out, "\r"));
    CHECK_FALSE(has(out, "\xc2\x9b"));
}

TEST_CASE("A log from elsewhere is read without a daemon", "[ctl]") {
    const Files files;
    const std::string log = files.put("log", small_log().bytes());
    const Ran shown = run_ctl(nullptr, {"boot", "--log", log});
    CHECK(shown.code == 0);
    for (const auto* const part : {"Secure Boot", "on", "loader", "kernel_cmdline:", "data", "opaque"}) {
        INFO(part);
        CHECK(has(shown.out, part));
    }
    CHECK(run_ctl(nullptr, {"boot", "--log", "-"}, small_log().bytes()).out == shown.out);
    CHECK(json_of(run_ctl(nullptr, {"boot", "--json", "--log", log}).out)["log.end"] == "complete");
    const std::string cut = small_log().bytes();
    const Ran broken = run_ctl(nullptr, {"boot", "--log", files.put("cut", cut.substr(0, cut.size() - 3))});
    CHECK(has(broken.out, "malformed"));
    CHECK(broken.code == 1);
    CHECK(run_ctl(nullptr, {"boot", "--log", files.directory / "none"}).code == 1);
}

TEST_CASE("The digest of an image is a document for the acceptance of an update", "[ctl][REQ-65]") {
    const Files files;
    const std::string image = small_pe("a kernel");
    const std::string file = files.put("linux.efi", image);
    const auto digest = [&](HashAlgorithm bank) {
        return pe_digests(memory_pe_source(image), {bank}).value().front().hex();
    };
    CHECK(run_ctl(nullptr, {"boot", "digest", file}).out == digest(tcg::sha256) + "\n");
    CHECK(run_ctl(nullptr, {"boot", "digest", "--bank", "sha1", file}).out == digest(tcg::sha1) + "\n");
    const Ran document = run_ctl(nullptr, {"boot", "digest", "--json", "--component", "loader", file});
    CHECK(document.code == 0);
    CHECK(has(document.out, R"("digest":")" + digest(tcg::sha256)));
    CHECK(has(document.out, R"("name":"loader")"));
    CHECK(has(document.out, R"("bank":"sha256")"));
    CHECK(run_ctl(nullptr, {"boot", "digest", files.put("text.efi", "no image")}).code == 1);
    CHECK(run_ctl(nullptr, {"boot", "digest", files.directory / "none"}).code == 1);
}
