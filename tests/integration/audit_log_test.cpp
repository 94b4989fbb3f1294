// The real auditd's log, followed while auditd rotates it and while somebody does to it what he must not.
#include "sources/audit_log.hpp"

#include <algorithm>
#include <atomic>
#include <csignal>
#include <fcntl.h>
#include <filesystem>
#include <functional>
#include <libaudit.h>
#include <map>
#include <sys/stat.h>
#include <thread>
#include <utility>

#include <catch2/catch.hpp>

#include "core/config.hpp"
#include "core/event_loop_sd.hpp"
#include "core/worker.hpp"
#include "support/audit_host.hpp"
#include "support/failure_bound.hpp"
#include "support/skip.hpp"

using namespace integrityd;
using test::AuditHost;
using test::skip_unless;

namespace {

constexpr std::string_view mark = "integrityd-number-";

// Notes which numbered messages came, and how often.
struct Heard final : AuditLogListener {
    void bytes(AuditLogPosition /*first*/, std::string_view bytes, bool history) override {
        if (history) return;
        text += bytes;
        for (std::size_t end = text.find('\n'); end != std::string::npos; end = text.find('\n')) {
            take(text.substr(0, end));
            text.erase(0, end + 1);
        }
    }
    void take(const std::string& line) {
        const std::size_t at = line.find(mark);
        if (at == std::string::npos) return;
        const auto number = static_cast<std::size_t>(std::stoul(line.substr(at + mark.size())));
        if (number >= counts.size()) counts.resize(number + 1);
        ++counts[number];
    }
    void caught_up() override {}
    void file_changed() override {
        if (!text.empty()) ++cut_lines;
        ++changes;
        changes.notify_all();
    }
    void finding(const AuditLogFinding& finding) override {
        findings.emplace_back(to_string(finding.kind));
        if (finding.kind == AuditLogFinding::Kind::gap) UNSCOPED_INFO(finding.text);
    }
    void condition(const AuditLogCondition& condition) override {
        const std::string kind(to_string(condition.kind));
        const bool before = std::exchange(wrong[kind], !condition.found.empty());
        if (before != wrong[kind]) findings.push_back(before ? kind + " back" : kind);
    }
    void blind(const std::string& reason) override { blindness = reason; }
    void seeing() override { blindness.clear(); }
    [[nodiscard]] bool told(const std::string& kind) const {
        return std::find(findings.begin(), findings.end(), kind) != findings.end();
    }

    std::string text;
    std::vector<int> counts;
    std::vector<std::string> findings;
    std::map<std::string, bool> wrong;
    std::string blindness;
    std::atomic<int> changes = 0;
    int cut_lines = 0;
};

// Sends records of a user program through the kernel.
class Talker {
public:
    Talker() : fd_(audit_open()) {}
    [[nodiscard]] bool say(const std::string& text) const {
        return audit_log_user_message(fd_.get(), AUDIT_USER, text.c_str(), nullptr, nullptr, nullptr, 1) > 0;
    }

private:
    UniqueFd fd_;
};

struct Rig {
    AuditHost host;
    Config config;
    std::unique_ptr<Opener> opener;
    SdEventLoop loop;
    std::unique_ptr<Worker> worker = make_thread_worker(loop);
    Heard heard;
    std::unique_ptr<AuditLog> log;
    Talker talker;
    int said = 0;

    Rig() {
        config.audit.log = host.log();
        opener = make_direct_opener(config, {}, host.kernel());
        (void)host.start_auditd();
    }
    void follow() {
        AuditLogSettings settings;
        settings.path = host.log();
        settings.rights.group = 0;
        log = std::make_unique<AuditLog>(loop, *worker, *opener, settings, heard);
        log->start(std::nullopt);
    }
    bool say() { return talker.say(std::string(mark) + std::to_string(said++)); }
    // Runs the loop until it is so; false when for failure_bound no rotation was seen.
    bool wait(const std::function<bool()>& over) {
        Monotonic late = loop.now() + test::failure_bound;
        while (!over()) {
            if (loop.now() > late) return false;
            const int before = heard.changes;
            loop.run_once(std::chrono::milliseconds(100));
            if (heard.changes != before) late = loop.now() + test::failure_bound;
        }
        return true;
    }
    // Everything that was said until now has come, each once.
    bool complete() {
        const auto wanted = static_cast<std::size_t>(said);
        if (!wait([&] { return heard.counts.size() >= wanted && heard.counts.back() > 0; })) return false;
        return std::all_of(heard.counts.begin(), heard.counts.end(), [](int count) { return count == 1; });
    }
    bool wait_for(const std::string& kind) {
        return wait([&] { return heard.told(kind); });
    }
};

bool can_run() {
    const std::string reason = AuditHost::why_not();
    return skip_unless(reason.empty(), reason);
}

}  // namespace

TEST_CASE("the real auditd rotates 1,000 times under load: every record once, and no finding") {
    if (!can_run()) return;
    Rig rig;
    rig.follow();
    constexpr int rotations = 1000;
    std::atomic<bool> refused = false;
    std::thread load([&] {
        // A rotation a time: auditd makes one of several signals, and keeps four older files.
        for (int i = 0; i < rotations && !refused; ++i) {
            for (int message = 0; message < 20; ++message)
                if (!rig.say()) refused = true;
            const int before = rig.heard.changes;
            rig.host.signal_auditd(SIGUSR1);
            for (int message = 0; message < 20; ++message)
                if (!rig.say()) refused = true;
            if (!refused) rig.heard.changes.wait(before);
        }
    });
    CHECK(rig.wait([&] { return rig.heard.changes >= rotations || refused; }));
    refused = refused || rig.heard.changes < rotations;
    rig.heard.changes += rotations;  // nobody waits any more, whatever has happened
    rig.heard.changes.notify_all();
    load.join();
    CHECK(rig.heard.changes >= 2 * rotations);
    CHECK(rig.complete());
    CHECK(rig.heard.counts.size() == std::size_t{rotations} * 40);
    CHECK(rig.heard.cut_lines == 0);
    CHECK(rig.heard.findings.empty());
    CHECK(rig.log->counters().at("log_rotations") == rotations);
}

TEST_CASE("what is done to the real auditd's log is told, and its records go on being read") {
    if (!can_run()) return;
    Rig rig;
    rig.follow();
    REQUIRE(rig.say());
    REQUIRE(rig.complete());
    const std::string path = rig.host.log();

    REQUIRE(chmod(path.c_str(), 0644) == 0);
    CHECK(rig.wait_for("permissions"));
    REQUIRE(chmod(path.c_str(), 0600) == 0);
    CHECK(rig.wait_for("permissions back"));

    const UniqueFd writing(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
    REQUIRE(pwrite(writing.get(), "#", 1, 20) == 1);
    CHECK(rig.wait_for("rewritten"));

    std::filesystem::resize_file(path, 0);
    CHECK(rig.wait_for("truncated"));
    REQUIRE(rig.say());
    CHECK(rig.complete());

    std::filesystem::remove(path);
    CHECK(rig.wait_for("removed"));
    REQUIRE(rig.say());
    CHECK(rig.complete());
    CHECK(rig.host.end_auditd(SIGTERM));
    (void)rig.host.start_auditd();
    CHECK(rig.wait_for("removed back"));
    REQUIRE(rig.say());
    CHECK(rig.complete());
    CHECK(rig.heard.findings == std::vector<std::string>{"permissions", "permissions back", "rewritten", "truncated",
                                                         "removed", "removed back"});
}
