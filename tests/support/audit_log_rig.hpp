// A log in a temporary directory, written and rotated as auditd does it, and an AuditLog that follows it.
#pragma once

#include <algorithm>
#include <fcntl.h>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

#include "core/config.hpp"
#include "sources/audit_log.hpp"
#include "support/fake_loop.hpp"
#include "support/fakes.hpp"
#include "support/forwarding_opener.hpp"
#include "support/temporary_directory.hpp"
#include "support/turn.hpp"

namespace integrityd::test {

// As auditd: an O_APPEND descriptor; rotation takes the right to write, closes, renames from the highest number down
// and makes a new file.
class AuditLogWriter {
public:
    explicit AuditLogWriter(std::string path, unsigned logs = 5) : path_(std::move(path)), logs_(logs) {}

    void open() {
        fd_.reset(::open(path_.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600));
        (void)fchmod(fd_.get(), 0600);
    }
    void write(const std::string& text) {
        if (!fd_) open();
        if (::write(fd_.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size()))
            throw std::runtime_error("write " + path_);
    }
    void rotate() {
        (void)fchmod(fd_.get(), 0400);
        fd_.reset();
        for (unsigned number = logs_ - 1; number > 1; --number)
            (void)rename(older(number - 1).c_str(), older(number).c_str());
        (void)rename(path_.c_str(), older(1).c_str());
        open();
    }
    void stop() { fd_.reset(); }
    [[nodiscard]] std::string older(unsigned number) const { return path_ + "." + std::to_string(number); }
    [[nodiscard]] const std::string& path() const { return path_; }

private:
    std::string path_;
    unsigned logs_;
    UniqueFd fd_;
};

// What a listener was told.
struct AuditLogHeard final : AuditLogListener {
    using Kind = AuditLogFinding::Kind;

    void bytes(AuditLogPosition first, std::string_view bytes, bool history) override {
        (history ? old : text) += bytes;
        end = {first.file, first.offset + bytes.size()};
    }
    void caught_up() override { ++looks; }
    void file_changed() override { ++changes; }
    void finding(const AuditLogFinding& finding) override { findings.push_back(finding); }
    void blind(const std::string& reason) override { blindness = reason; }
    void seeing() override { blindness.reset(); }

    // As who is told would hold it: each thing that is wrong as a finding, once, and "… back" when none is left.
    void condition(const AuditLogCondition& condition) override {
        ++conditions;
        auto& before = wrong[condition.kind];
        for (const auto& found : condition.found) {
            if (std::find(before.begin(), before.end(), found) != before.end()) continue;
            finding(found);
            before.push_back(found);
        }
        if (!condition.complete) return;
        if (condition.found.empty() && !before.empty()) {
            findings.emplace_back().kind = condition.kind;
            came_back.insert(findings.size() - 1);
        }
        before = condition.found;
    }

    // "truncated", "removed back" …
    [[nodiscard]] std::vector<std::string> kinds() const {
        std::vector<std::string> all;
        for (std::size_t i = 0; i < findings.size(); ++i)
            all.push_back(std::string(to_string(findings[i].kind)) + (came_back.contains(i) ? " back" : ""));
        return all;
    }

    std::string text;
    std::string old;
    AuditLogPosition end;
    int looks = 0;
    int changes = 0;
    std::vector<AuditLogFinding> findings;
    std::set<std::size_t> came_back;  // in findings
    std::map<Kind, std::vector<AuditLogFinding>> wrong;
    int conditions = 0;
    std::optional<std::string> blindness;
};

// Something happens at each opening: a broker answers late, and auditd does not wait for it.
class BusyOpener final : public ForwardingOpener {
public:
    using ForwardingOpener::ForwardingOpener;

    Result<UniqueFd> open(Resource resource) override {
        if (before_open) before_open();
        return ForwardingOpener::open(resource);
    }
    Result<UniqueFd> open_older(Resource resource, unsigned number) override {
        if (before_open) before_open();
        return ForwardingOpener::open_older(resource, number);
    }

    std::function<void()> before_open;
};

struct AuditLogRig {
    TemporaryDirectory directory{memory_path()};
    AuditLogWriter writer;
    FakeAuditKernel kernel;
    BusyOpener opener;
    FakeLoop loop;
    FakeWorker worker;
    AuditLogHeard heard;
    std::uint64_t history = 8U << 20;
    std::unique_ptr<AuditLog> log;

    explicit AuditLogRig(unsigned logs = 5)
        : writer(directory / "audit.log", logs), opener(make_direct_opener(config_of(writer), {}, kernel)) {}

    static Config config_of(const AuditLogWriter& writer) {
        Config config;
        config.audit.log = writer.path();
        return config;
    }
    void start(std::optional<std::string> cursor = std::nullopt) {
        AuditLogSettings settings;
        settings.path = writer.path();
        settings.rights.owner = geteuid();
        settings.rights.group = getegid();
        settings.history = history;
        log = std::make_unique<AuditLog>(loop, worker, opener, settings, heard);
        log->start(std::move(cursor));
        turn();
    }
    // Stops and starts it again where it was told everything.
    void restart() {
        const std::string cursor = log->cursor(heard.end);
        stop();
        start(cursor);
    }
    void stop() {
        log.reset();
        loop.run_posted();
        (void)worker.run_all();
    }
    // Until nothing happens any more.
    void turn() { turn_until_quiet(loop, worker); }
    // One second passes.
    void second() {
        turn();
        loop.advance(std::chrono::seconds(1));
        turn();
    }
    void minutes(int count) {
        for (int i = 0; i < count * 60; ++i)
            second();
    }
    // Changes one byte as an editor does that writes in place.
    void overwrite(const std::string& path, off_t offset, bool close = true) {
        intruder = open_to_write(path);
        if (pwrite(intruder.get(), "#", 1, offset) != 1) throw std::runtime_error("overwrite " + path);
        if (close) intruder.reset();
    }
    static void cut(const std::string& path, off_t size) {
        if (ftruncate(open_to_write(path).get(), size) != 0) throw std::runtime_error("cut " + path);
    }
    // Root needs no right to write what was rotated; its owner takes it for so long.
    static UniqueFd open_to_write(const std::string& path) {
        UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
        if (!fd && chmod(path.c_str(), 0600) == 0) {
            fd.reset(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
            (void)chmod(path.c_str(), 0400);
        }
        return fd;
    }
    UniqueFd intruder;
};

}  // namespace integrityd::test
