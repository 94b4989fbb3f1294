// Real logs: what others have published about them, and what was done when they were recorded.
#include "unit/sources/audit_vectors.hpp"

#include <map>
#include <regex>
#include <sstream>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "sources/audit_types.hpp"
#include "sources/audit_values.hpp"
#include "support/golden.hpp"
#include "unit/sources/audit_test_support.hpp"

using namespace integrityd;
using namespace integrityd::test;
namespace fs = std::filesystem;

namespace {

using Names = std::vector<std::string>;

Assembled assemble_file(const std::string& name, AuditAssemblyLimits limits = {}) {
    return assemble(read_whole(audit_vectors() / name), 1000, limits);
}

Names sorted(Names names) {
    std::sort(names.begin(), names.end());
    return names;
}

std::string decoded(const AuditRecord& record, const AuditField& field) {
    return is_null(field) ? "" : decode_text(record.number, field);
}

}  // namespace

TEST_CASE("the published cases of another reassembler give the published events and losses") {
    if (!have_audit_vectors()) return;
    const AuditAssemblyLimits limits{.in_flight = 5};
    const Names five = {"58x2", "59x5", "60x5", "61x4", "62x1"};
    const std::string folder = "go-libaudit/testdata/";
    const Assembled normal = assemble_file(folder + "normal.log", limits);
    CHECK(sorted(normal.events) == five);
    CHECK(normal.missing == 0);
    const Assembled lost = assemble_file(folder + "lost_messages.log", limits);
    CHECK(sorted(lost.events) == Names{"49x2", "59x5", "60x5", "61x4", "62x1"});
    CHECK(lost.missing == 9);
    const Assembled disordered = assemble_file(folder + "out_of_order.log", limits);
    CHECK(sorted(disordered.events) == five);
    CHECK(disordered.missing == 0);
    const Assembled rollover = assemble_file(folder + "rollover.log", limits);
    CHECK(sorted(rollover.events) == Names{"0x1", "1x1", "2x1", "4294967294x1", "4294967295x1"});
    CHECK(rollover.missing == 0);
}

TEST_CASE("a real log misses nothing, and auditd's own serials are no part of it") {
    if (!have_audit_vectors()) return;
    std::string log;
    for (const char* const name : {"audit.log.1", "audit.log"})
        log += read_whole(audit_vectors() / "local-capture/log" / name);
    const Assembled whole = assemble(log);
    CHECK(whole.missing == 0);
    std::size_t kernel = 0;
    for (const std::string& event : whole.events)
        kernel += event.size() < 7 && !event.starts_with("343") ? 1 : 0;
    CHECK(kernel >= 58);  // 44 to 101
    for (const std::string& event : whole.events)
        CHECK(event.find_first_of("!~") == std::string::npos);
}

// 1459 records were lost here, and the kernel's own counter alone tells: what finds no room gets no serial.
TEST_CASE("a log of an auditd that was stopped in a burst has an event without an end, and no hole in its serials") {
    if (!have_audit_vectors()) return;
    const Assembled lost = assemble_file("local-capture/log_lost/audit.log");
    CHECK(lost.missing == 0);
    CHECK(std::count(lost.events.begin(), lost.events.end(), "177x4") == 1);  // SYSCALL, CWD, two PATH and no PROCTITLE
    CHECK(lost.events.size() == 60);
}

TEST_CASE("the plugin's stream, which has the EOE records, gives the events of the log") {
    if (!have_audit_vectors()) return;
    const std::string log = read_whole(audit_vectors() / "local-capture/plugin_stdin.log");
    std::string without;
    std::istringstream lines(log);
    for (std::string line; std::getline(lines, line);) {
        if (!line.starts_with("type=EOE ")) without += line + "\n";
    }
    REQUIRE(without.size() < log.size());
    const Assembled with_ends = assemble(log);
    const Assembled without_ends = assemble(without);
    std::map<std::string, int> kinds;
    CHECK(with_ends.missing == without_ends.missing);
    for (const std::string& event : with_ends.events)
        CHECK(event.find('~') == std::string::npos);
    CHECK(with_ends.events.size() == without_ends.events.size());
}

TEST_CASE("messages of the kernel's feed are read as the lines of the log are") {
    if (!have_audit_vectors()) return;
    const std::regex form("type=(\\d+) flags=.* : (audit\\(.*)");
    std::size_t read = 0;
    for (const char* const name : {"mcast.txt", "mcast2.txt"}) {
        for (const std::string& line : lines_of(audit_vectors() / "local-capture" / name)) {
            std::smatch parts;
            if (!std::regex_search(line, parts, form)) continue;
            INFO(line);
            const std::string payload = parts[2];
            const auto message = scan_audit_message(static_cast<std::uint16_t>(std::stoi(parts[1])), payload);
            REQUIRE(message);
            const std::string as_line = "type=" + std::string(message->type) + " msg=" + payload;
            const auto logged = scan_audit_record(as_line);
            REQUIRE(logged);
            CHECK(logged->number == message->number);
            CHECK(logged->stamp == message->stamp);
            CHECK(logged->body == message->body);
            ++read;
        }
    }
    CHECK(read > 150);
}

// Fields that the other parser leaves as they are; the rest it renames, splits or interprets.
TEST_CASE("another parser's published fields are the same as ours") {
    if (!have_audit_vectors()) return;
    const std::vector<std::string> plain = {"pid",  "ppid",  "comm", "exe",  "name", "cwd",  "inode", "dev",
                                            "mode", "items", "cmd",  "acct", "op",   "argc", "item",  "ses"};
    std::size_t compared = 0;
    for (const auto& entry : fs::directory_iterator(audit_vectors() / "go-libaudit/auparse/testdata")) {
        if (entry.path().extension() != ".golden") continue;
        const auto golden = nlohmann::json::parse(read_whole(entry.path()));
        if (!golden.is_array()) continue;
        for (const auto& expected : golden) {
            if (!expected.contains("data") || !expected["data"].is_object()) continue;
            const std::string raw = "type=X msg=" + expected["raw_msg"].get<std::string>();
            auto record = scan_audit_record(raw);
            INFO(raw);
            REQUIRE(record);
            std::string type = expected["record_type"];
            std::transform(type.begin(), type.end(), type.begin(),
                           [](char c) { return static_cast<char>(std::toupper(c)); });
            record->number = audit_type_number(type);
            CHECK(record->stamp.serial == expected["sequence"].get<std::uint32_t>());
            for (const std::string& name : plain) {
                const auto field = find_field(*record, name);
                if (!expected["data"].contains(name) || !field) continue;
                const std::string theirs = expected["data"][name];
                if (theirs == "unset") continue;
                INFO(name);
                CHECK(decoded(*record, *field) == theirs);
                ++compared;
            }
        }
    }
    CHECK(compared > 200);
}

// The other parser gives numbers as numbers, ids as ids, and interprets some fields; text is text.
TEST_CASE("a third parser's published snapshots have our text, and what it cannot read we can") {
    if (!have_audit_vectors()) return;
    const std::vector<std::string> plain = {"comm",     "exe",      "name",     "cwd", "key",
                                            "terminal", "hostname", "nametype", "dev"};
    std::size_t compared = 0;
    std::size_t refused = 0;
    for (const auto& entry : fs::directory_iterator(audit_vectors() / "auditd-parser/tests/snapshots")) {
        const std::string text = read_whole(entry.path());
        const std::size_t info = text.find("\ninfo: ");
        const std::size_t end = text.find("\n---\n", info);
        REQUIRE(end != std::string::npos);
        const std::string line = nlohmann::json::parse(text.substr(info + 7, end - info - 7));
        const auto expected = nlohmann::json::parse(text.substr(end + 5));
        INFO(line);
        const auto record = scan_audit_record(line);
        if (expected.contains("Err")) {
            CHECK(record.has_value() == !line.ends_with("msg=?"));
            ++refused;
            continue;
        }
        REQUIRE(record);
        CHECK(record->stamp.milliseconds == expected["timestamp"].get<std::uint64_t>());
        for (const std::string& name : plain) {
            const auto field = find_field(*record, name);
            if (!field || !expected["fields"].contains(name) || !expected["fields"][name].is_string()) continue;
            INFO(name);
            const std::string theirs = expected["fields"][name];
            if (theirs.ends_with("\"")) continue;  // a quote that was never opened is text for it
            CHECK(decode_text(record->number, *field) == theirs);
            ++compared;
        }
    }
    CHECK(compared > 100);
    CHECK(refused > 40);
}

TEST_CASE("the arguments of a long program are those that another tool has put together") {
    if (!have_audit_vectors()) return;
    std::size_t compared = 0;
    for (const char* const name : {"record-execve", "record-execve-long"}) {
        const std::string log = read_whole(audit_vectors() / "laurel/src/testdata" / (std::string(name) + ".txt"));
        std::istringstream expected_lines(
            read_whole(audit_vectors() / "laurel/src/testdata" / (std::string(name) + ".json")));
        AuditAssembler assembler([&](const AuditEvent& event) {
            const AuditArguments arguments = execve_arguments(event.records);
            std::string line;
            if (arguments.stated == 0 || !std::getline(expected_lines, line)) return;
            const Names theirs = nlohmann::json::parse(line)["EXECVE"]["ARGV"];
            CHECK(arguments.arguments == theirs);
            CHECK_FALSE(arguments.cut);
            ++compared;
        });
        AuditLineReader reader;
        reader.feed(log);
        while (const auto line = reader.next()) {
            if (const auto record = scan_audit_record(line->text)) assembler.add(*record, Monotonic(0));
        }
        assembler.finish();
    }
    CHECK(compared >= 2);
}
