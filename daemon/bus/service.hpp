// Service: what the bus objects ask of the daemon. The daemon implements it; the bus knows no more.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "core/values.hpp"
#include "state/store.hpp"
#include "state/verdict.hpp"
#include "state/violation_filter.hpp"
#include "watchers/watcher.hpp"

namespace integrityd {

struct WatcherStatus {
    std::string name;
    WatcherState state = WatcherState::starting;
    std::string detail;        // why, one line
    WallTime blind_since = 0;  // 0: not blind
    WallTime last_look = 0;    // 0: none yet
    WallTime next_look = 0;    // 0: none planned
    std::map<std::string, std::uint64_t> counters;

    bool operator==(const WatcherStatus&) const = default;
};

struct ManagerStatus {
    Verdict verdict = Verdict::unknown;
    WallTime since = 0;
    std::map<std::string, std::uint32_t> open_violations;  // by severity: present or returned
    std::uint64_t last_sequence = 0;
    std::string stream;
    WallTime maintenance_until = 0;
};

struct ViolationPage {
    std::vector<Violation> violations;
    std::uint64_t sequence = 0;  // the answer is true as of this event
};

// Errors: ENOENT → NotFound, EINVAL → InvalidArgument, EBUSY → Busy, ECANCELED → Changed, else Internal.
class Service {
public:
    virtual ~Service() = default;

    [[nodiscard]] virtual ManagerStatus manager_status() const = 0;
    [[nodiscard]] virtual std::vector<WatcherStatus> watcher_statuses() const = 0;

    [[nodiscard]] virtual Result<ViolationPage> list_violations(const ViolationFilter& filter, std::uint64_t after_id,
                                                                std::size_t limit) = 0;
    [[nodiscard]] virtual Result<Violation> get_violation(std::uint64_t id) = 0;
    [[nodiscard]] virtual Result<EventPage> list_events(std::uint64_t after, std::size_t limit) = 0;
    [[nodiscard]] virtual Result<std::vector<std::string>> export_events(std::uint64_t after, std::size_t limit) = 0;

    virtual Result<void> acknowledge(const std::vector<std::uint64_t>& ids, const Requester& by,
                                     std::string_view comment) = 0;
    virtual Result<void> check(std::string_view watcher, const Requester& by) = 0;
    // `done` is called once, perhaps later: when what the watcher noticed so far has been read.
    virtual void diff_baseline(std::string_view watcher,
                               const std::function<void(const Result<BaselineDiff>&)>& done) = 0;
    // `done` is called once, later: with the number of violations that the acceptance resolved.
    virtual void accept_baseline(std::string_view watcher, std::string_view digest,
                                 const std::vector<std::uint64_t>& ids, const Requester& by, std::string_view comment,
                                 std::function<void(Result<std::uint32_t>)> done) = 0;
    // `done` is called once, later: with the digest of the document that is now accepted.
    virtual void import_baseline(std::string_view watcher, std::string_view document, const Requester& by,
                                 std::string_view comment, std::function<void(const Result<std::string>&)> done) = 0;
    // JSON for integrityctl: watchers, recipients, baseline, and by their names those watchers that have one.
    [[nodiscard]] virtual Result<std::string> report(std::string_view topic) = 0;
    // `done` is called once, later.
    virtual void verify_events(std::function<void(Result<ChainCheck>)> done) = 0;
    // Sends one notice to the recipient of that name, as `integrityctl notify test` asks.
    virtual Result<void> test_recipient(std::string_view name, const Requester& by) = 0;
};

}  // namespace integrityd
