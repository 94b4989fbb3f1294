// What a log must not get away with, and the ways in which it ends.
#include "sources/event_log.hpp"

#include <catch2/catch.hpp>

#include "sources/boot_event_text.hpp"
#include "sources/event_log_replay.hpp"
#include "support/event_log_editor.hpp"

using namespace integrityd;
using namespace integrityd::test;

namespace {

EditedLog small_log() {
    EditedLog log;
    log.add(0, event_type::s_crtm_version, "1.0");
    log.add(7, event_type::separator, std::string(4, '\0'));
    return log;
}

std::string old_event(std::uint32_t pcr, std::uint32_t type, const std::string& data) {
    return little(pcr, 4) + little(type, 4) + digest_of(tcg::sha1, data) + little(data.size(), 4) + data;
}

std::string locality(std::uint8_t value) {
    return std::string("StartupLocality\0", 16) + static_cast<char>(value);
}

}  // namespace

TEST_CASE("both forms are read without a copy of what they carry") {
    const std::string agile = small_log().bytes();
    const EventLog log = parse_event_log(agile);
    CHECK(log.form == LogForm::crypto_agile);
    CHECK(log.end == LogEnd::complete);
    REQUIRE(log.events.size() == 3);
    CHECK(log.events[1].data.data() >= agile.data());
    CHECK(log.events[1].data.data() < agile.data() + agile.size());
    CHECK(log.digest(log.events[1], tcg::sha256) == digest_of(tcg::sha256, "1.0"));
    CHECK(log.digest(log.events[1], tcg::sha384).empty());

    const std::string old = old_event(0, event_type::s_crtm_version, "1.0");
    CHECK(parse_event_log(old).form == LogForm::sha1);
    CHECK(parse_event_log(old).whole());
}

TEST_CASE("what firmware fills the rest with is padding, and anything else is not") {
    const std::string bytes = small_log().bytes();
    CHECK(parse_event_log(bytes + std::string(100, '\0')).end == LogEnd::padding);
    CHECK(parse_event_log(bytes + std::string(100, '\xff')).end == LogEnd::padding);
    CHECK(parse_event_log(bytes + std::string(7, '\0')).end == LogEnd::truncated);
    CHECK(parse_event_log(bytes + std::string(3, '\xff')).end == LogEnd::truncated);
    CHECK(parse_event_log(bytes + std::string(100, '\xff') + "x").end == LogEnd::corrupt);
    CHECK(parse_event_log(bytes + std::string(100, '\0') + "x").problem != "");
}

TEST_CASE("a log of the largest size that looks like padding until its last byte is read in one go") {
    const std::string bytes = small_log().bytes();
    const std::size_t zeros = largest_event_log - bytes.size() - 1;
    const EventLog log = parse_event_log(bytes + std::string(zeros, '\0') + "x");
    // Events of PCR 0 without a digest and without data.
    CHECK(log.events.size() == 3 + zeros / 16);
    CHECK(log.end == LogEnd::truncated);
    CHECK(parse_event_log(bytes + std::string(zeros, '\0')).end == LogEnd::padding);
    CHECK(parse_event_log(bytes + std::string(100, '\0') + std::string(9, '\xff')).end == LogEnd::corrupt);
}

TEST_CASE("a path of the largest size is told by its beginning") {
    std::string path;
    for (std::size_t i = 0; i < largest_event_log / 6; ++i)
        path += std::string("\x04\x04\x06\x00", 4) + utf16("a");
    CHECK(device_path_file(path).size() == 513);
    const std::string end("\x7f\xff\x04\x00", 4);
    const auto node = [](const std::string& text) {
        return std::string("\x04\x04", 2) + little(4 + 2 * text.size(), 2) + utf16(text);
    };
    CHECK(device_path_file(node("\\EFI") + node("BOOT") + node("X.EFI") + end) == "\\EFI\\BOOT\\X.EFI");
    CHECK(device_path_file(node("\\EFI") + node("\\X.EFI") + end) == "\\X.EFI");
}

TEST_CASE("a malformed log says where") {
    const auto problem = [](const EditedLog& log) { return parse_event_log(log.bytes()).problem; };
    EditedLog log = small_log();
    log.events[0].pcr = 24;
    CHECK(problem(log) == "event 1 at byte 69 is for PCR 24");
    log = small_log();
    log.events[0].pcr = no_pcr;
    CHECK(problem(log) == "event 1 at byte 69 is for PCR 4294967295");
    log.events[0].type = event_type::no_action;
    CHECK(problem(log).empty());
    log = small_log();
    log.events[1].digests.emplace_back(tcg::sha256, std::string(32, 'x'));
    CHECK(problem(log).find("3 digests") != std::string::npos);
    log = small_log();
    log.events[1].digests[0] = log.events[1].digests[1];
    CHECK(problem(log).find("two digests of one bank") != std::string::npos);
    log = small_log();
    log.events[1].digests[0].first = tcg::sha384;
    CHECK(problem(log).find("a bank that the log does not have") != std::string::npos);
    log = small_log();
    log.algorithms = {tcg::sha1, tcg::sha1};
    CHECK(problem(log) == "the specification event names a bank twice");
    log.algorithms.assign(17, tcg::sha1);
    CHECK(problem(log) == "the specification event names 17 algorithms");
    CHECK(parse_event_log(std::string(largest_event_log + 1, 'x')).problem == "the log is larger than 1 MiB");
    CHECK(parse_event_log("").problem == "the log is empty");
}

TEST_CASE("an event without a digest of a bank leaves that bank unreplayed") {
    EditedLog log = small_log();
    log.events[0].digests.erase(log.events[0].digests.begin());
    const std::string bytes = log.bytes();
    const Replay replay = replay_event_log(parse_event_log(bytes));
    CHECK(replay.bank(tcg::sha1)->lacks == 1);
    CHECK_FALSE(replay.bank(tcg::sha256)->lacks);
}

TEST_CASE("PCR 0 begins with the locality of the TPM's startup, and with 4 after an H-CRTM event") {
    const auto first = [](EditedLog log) {
        const std::string bytes = log.bytes();
        return replay_event_log(parse_event_log(bytes)).bank(tcg::sha256)->value(0);
    };
    const auto expected = [](char start) {
        TcgDigest pcr = TcgDigest::filled(32, '\0');
        pcr.bytes.at(31) = start;
        auto hash = *TcgHash::make(tcg::sha256);
        hash.extend(pcr, digest_of(tcg::sha256, "1.0"));
        return pcr;
    };
    EditedLog log;
    log.add(0, event_type::no_action, locality(3));
    log.add(0, event_type::s_crtm_version, "1.0");
    CHECK(first(log) == expected(3));
    log.events[0].data = locality(0);
    CHECK(first(log) == expected(0));
    log.events[0].pcr = 1;
    CHECK(first(log) == expected(0));
    EditedLog launched;
    launched.add(0, event_type::hcrtm_event, "HCRTM", "1.0");
    CHECK(first(launched) == expected(4));

    const auto problem = [](const EditedLog& edited) {
        const std::string bytes = edited.bytes();
        return replay_event_log(parse_event_log(bytes)).problem;
    };
    log.events[0].data = locality(2);
    CHECK(problem(log) == "the log gives a startup locality that there is not");
    log.events[0].data = locality(3);
    log.add(0, event_type::no_action, locality(3));
    CHECK(problem(log) == "the log gives two startup localities");
}

TEST_CASE("the phases of a machine's life explain PCR 11, and nothing else does") {
    auto hash = *TcgHash::make(tcg::sha256);
    const TcgDigest before = TcgDigest::filled(32, '\0');
    TcgDigest now = before;
    hash.extend(now, digest_of(tcg::sha256, "sysinit"));
    CHECK(explained_by_phases(tcg::sha256, before, now));
    hash.extend(now, digest_of(tcg::sha256, "ready"));
    CHECK(explained_by_phases(tcg::sha256, before, now));
    CHECK_FALSE(explained_by_phases(tcg::sha256, before, before));
    hash.extend(now, digest_of(tcg::sha256, "sysinit"));
    CHECK_FALSE(explained_by_phases(tcg::sha256, before, now));
}
