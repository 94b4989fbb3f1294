// Logs of real machines, against what others have computed of them and against what their TPMs said.
#include <cmath>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "core/digest.hpp"
#include "sources/event_log.hpp"
#include "sources/event_log_replay.hpp"
#include "support/boot_vectors.hpp"

using namespace integrityd;
using namespace integrityd::test;

namespace {

nlohmann::json read_json(const std::string& name) {
    return nlohmann::json::parse(vector_bytes(name));
}

// Some origins keep the log inside of a document.
std::string log_bytes(const std::string& name) {
    if (!name.ends_with(".json")) return vector_bytes(name);
    return from_base64(read_json(name)["Log"]["Raw"].get<std::string>()).value();
}

// How many PCRs of {"sha256": {"0": hex}} the replay has just so; `others`: those that differ.
std::size_t compare_pcrs(const Replay& replay, const nlohmann::json& expected, std::vector<std::string>& others) {
    std::size_t same = 0;
    for (const auto& [name, pcrs] : expected.items()) {
        const auto algorithm = parse_hash_name(name);
        const ReplayedBank* const bank = algorithm ? replay.bank(*algorithm) : nullptr;
        if (bank == nullptr) continue;
        for (const auto& [pcr, value] : pcrs.items()) {
            const auto& replayed = bank->pcrs.at(std::stoul(pcr));
            if (!replayed) continue;
            if (replayed->hex() == value.get<std::string>())
                ++same;
            else
                others.push_back(name + ":" + pcr);
        }
    }
    return same;
}

}  // namespace

TEST_CASE("every log of the vectors replays to what is known of it") {
    if (!have_boot_vectors()) return;
    std::size_t logs = 0;
    std::size_t compared = 0;
    const auto all = read_json("eventlogs/REPLAY.json");
    for (const auto& [name, known] : all.items()) {
        INFO(name);
        const std::string bytes = log_bytes(name);
        const EventLog log = parse_event_log(bytes);
        if (known.contains("error")) {
            CHECK_FALSE(log.problem.empty());
            continue;
        }
        if (known["events"] == 0) {
            CHECK_FALSE(log.whole());
            continue;
        }
        ++logs;
        CHECK(log.problem.empty());
        CHECK(log.events.size() == known["events"].get<std::size_t>());
        CHECK((log.end == LogEnd::padding) == !known["warn"].empty());
        const Replay replay = replay_event_log(log);
        CHECK(int{replay.startup_locality} == known["startup_locality"].get<int>());
        CHECK(replay.banks.size() == known["algs"].size());
        std::vector<std::string> others;
        compared += compare_pcrs(replay, known["replay"], others);
        CHECK(others.empty());
    }
    CHECK(logs >= 70);
    CHECK(compared >= 800);
}

TEST_CASE("where the origin has the TPM's own values, the replay gives them") {
    if (!have_boot_vectors()) return;
    std::size_t compared = 0;
    const auto all = read_json("eventlogs/REPLAY.json");
    for (const auto& [name, known] : all.items()) {
        if (!known.contains("origin_pcrs")) continue;
        INFO(name);
        const std::string bytes = log_bytes(name);
        std::vector<std::string> others;
        compared += compare_pcrs(replay_event_log(parse_event_log(bytes)), known["origin_pcrs"], others);
        // Windows goes on measuring into these after its boot.
        const bool windows = name.find("dell-notebook-5eventlogs-WBCL.bin") != std::string::npos;
        CHECK(others ==
              (windows ? std::vector<std::string>{"sha256:12", "sha256:13", "sha256:14"} : std::vector<std::string>{}));
    }
    CHECK(compared >= 200);
}

TEST_CASE("the same log with the PCRs of two other boots differs in PCR 0 alone") {
    if (!have_boot_vectors()) return;
    const std::string bytes = vector_bytes("eventlogs/guard-oss/good-1.bin");
    const Replay replay = replay_event_log(parse_event_log(bytes));
    const auto origin = read_json("eventlogs/expected_origin_pcrs.json")["guard-oss"];
    for (const std::string name : {"good-1", "failed-1", "failed-2"}) {
        INFO(name);
        std::vector<std::string> others;
        (void)compare_pcrs(replay, {{"sha256", origin["eventlogs/guard-oss/" + name + ".bin"]["pcrs"]}}, others);
        CHECK(others == (name == "good-1" ? std::vector<std::string>{} : std::vector<std::string>{"sha256:0"}));
    }
}

TEST_CASE("a log that ends before ExitBootServices gives the TPM's PCR 5 with its two actions") {
    if (!have_boot_vectors()) return;
    const std::string bytes = vector_bytes("eventlogs/go-attestation/ebs_event_missing_eventlog");
    const Replay replay = replay_event_log(parse_event_log(bytes));
    const std::string of_tpm = "31245808d6d35849bc394f6343f2b3ff908ed5e3";
    CHECK(replay.banks.at(0).value(5).hex() != of_tpm);
    CHECK(with_exit_boot_services(replay.banks.at(0)).hex() == of_tpm);
}

TEST_CASE("a real log cut at every byte is read until there and says that it is cut") {
    if (!have_boot_vectors()) return;
    const std::string bytes = vector_bytes("eventlogs/go-attestation/crypto_agile_eventlog");
    const EventLog whole = parse_event_log(bytes);
    REQUIRE(whole.whole());
    std::size_t cut_between = 0;
    for (std::size_t size = 0; size < bytes.size(); ++size) {
        const std::string part = bytes.substr(0, size);
        const EventLog log = parse_event_log(part);
        const bool between = std::ranges::any_of(
            whole.events, [&](const LogEvent& event) { return event.offset == size && event.offset != 0; });
        // Between two events nothing is missing that could be seen; the TPM's values tell.
        const bool said = between ? log.problem.empty() : !log.whole();
        if (log.events.size() >= whole.events.size() || !said) FAIL("cut at byte " << size);
        cut_between += between ? 1 : 0;
    }
    CHECK(cut_between == whole.events.size() - 1);
}
