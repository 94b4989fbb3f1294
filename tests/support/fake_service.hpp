// FakeService: a daemon for the bus objects, with what the test puts in; notes what it was asked.
#pragma once

#include <cerrno>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "bus/service.hpp"

namespace integrityd::test {

class FakeService final : public Service {
public:
    ManagerStatus manager_status() const override {
        if (broken) throw std::runtime_error("broken on purpose");
        return status;
    }
    std::vector<WatcherStatus> watcher_statuses() const override { return watchers; }

    Result<ViolationPage> list_violations(const ViolationFilter& filter, std::uint64_t after_id,
                                          std::size_t limit) override {
        note("list " + filter.source + "/" + filter.kind + "/" + filter.state, after_id, limit);
        ViolationPage page{{}, status.last_sequence};
        for (const Violation& violation : violations) {
            if (violation.id > after_id && page.violations.size() < limit) page.violations.push_back(violation);
        }
        return page;
    }
    Result<Violation> get_violation(std::uint64_t id) override {
        note("get", id, 0);
        if (at_get) std::exchange(at_get, {})();
        if (broken) throw 42;  // not even a std::exception
        for (const Violation& violation : violations) {
            if (violation.id == id) return violation;
        }
        return Error{"no such violation", ENOENT};
    }
    Result<EventPage> list_events(std::uint64_t after, std::size_t limit) override {
        note("events", after, limit);
        EventPage page{{}, 5};
        for (const Event& event : events) {
            if (event.sequence > after && page.events.size() < limit) page.events.push_back(event);
        }
        return page;
    }
    Result<std::vector<std::string>> export_events(std::uint64_t after, std::size_t limit) override {
        note("export", after, limit);
        return lines;
    }
    Result<void> acknowledge(const std::vector<std::uint64_t>& ids, const Requester& by,
                             std::string_view comment) override {
        requester = by;
        note("acknowledge " + std::string(comment), ids.size(), ids.empty() ? 0 : ids.front());
        return {};
    }
    Result<void> check(std::string_view watcher, const Requester& by) override {
        requester = by;
        note("check " + std::string(watcher), 0, 0);
        if (watcher == "busy") return Error{"a look is being taken", EBUSY};
        return {};
    }
    void diff_baseline(std::string_view watcher,
                       const std::function<void(const Result<BaselineDiff>&)>& done) override {
        note("diff " + std::string(watcher), 0, 0);
        if (hold_diffs) return diffs.push_back(done);
        done(BaselineDiff{{{"added", std::uint64_t{3}}}, "d1"});
    }
    void accept_baseline(std::string_view watcher, std::string_view digest, const std::vector<std::uint64_t>& ids,
                         const Requester& by, std::string_view comment,
                         std::function<void(Result<std::uint32_t>)> done) override {
        requester = by;
        note("accept " + std::string(watcher) + " " + std::string(digest) + " " + std::string(comment), ids.size(), 0);
        if (digest != "d1") return done(Error{"it changed meanwhile", ECANCELED});
        accepting.push_back(std::move(done));
    }
    void import_baseline(std::string_view watcher, std::string_view document, const Requester& by,
                         std::string_view comment, std::function<void(const Result<std::string>&)> done) override {
        requester = by;
        note("import " + std::string(watcher) + " " + std::string(document) + " " + std::string(comment), 0, 0);
        if (document.empty()) return done(Error{"it accepts nothing", EINVAL});
        done(std::string("d2"));
    }
    Result<std::string> report(std::string_view topic) override {
        note("report " + std::string(topic), 0, 0);
        if (topic == "huge") return std::string(2U << 20, ' ');
        if (topic != "watchers") return Error{"no such report", ENOENT};
        return std::string("{}");
    }
    void verify_events(std::function<void(Result<ChainCheck>)> done) override {
        note("verify", 0, 0);
        done(ChainCheck{true, 12, "head"});
    }
    Result<void> test_recipient(std::string_view name, const Requester& by) override {
        requester = by;
        note("test " + std::string(name), 0, 0);
        return {};
    }

    ManagerStatus status;
    std::vector<WatcherStatus> watchers;
    std::vector<Violation> violations;
    std::vector<Event> events;
    std::vector<std::string> lines;
    bool broken = false;
    bool hold_diffs = false;  // as while a look goes on: they are answered by the test
    std::vector<std::function<void(const Result<BaselineDiff>&)>> diffs;
    std::function<void()> at_get;  // called at the next get_violation()

    std::vector<std::string> asked;  // "WHAT NUMBER NUMBER"
    Requester requester;
    std::vector<std::function<void(Result<std::uint32_t>)>> accepting;

private:
    void note(const std::string& what, std::uint64_t first, std::uint64_t second) {
        asked.push_back(what + " " + std::to_string(first) + " " + std::to_string(second));
    }
};

}  // namespace integrityd::test
