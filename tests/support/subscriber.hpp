// Subscriber: a product application in a test; keeps what libintegrity told it.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include <integrity/integrity.hpp>

#include "support/failure_bound.hpp"

namespace integrityd::test {

class Subscriber {
public:
    explicit Subscriber(const integrity::Start& start = {}) {
        client_.subscribe([this](const integrity::Item& item) { take(item); }, {}, start);
    }

    // Goes on until `over`; false when that never comes.
    bool wait_until(const std::function<bool()>& over) {
        const auto late = std::chrono::steady_clock::now() + failure_bound;
        while (!over()) {
            if (std::chrono::steady_clock::now() > late) return false;
            if (client_.process() == 0) client_.wait(std::chrono::milliseconds(100));
        }
        return true;
    }
    // Takes what is there without waiting for more.
    void take_what_is_there() {
        while (client_.process() > 0) {
        }
    }
    // An event of this type about this kind and subject came.
    bool wait_for(const std::string& type, const std::string& kind, const std::string& subject = "") {
        return wait_until([&] { return find(type, kind, subject) != nullptr; });
    }
    [[nodiscard]] const integrity::Event* find(const std::string& type, const std::string& kind,
                                               const std::string& subject = "") const {
        for (auto event = events.rbegin(); event != events.rend(); ++event) {
            const auto violation = event->violation();
            if (event->type() == type && violation && violation.kind() == kind &&
                (subject.empty() || violation.subject() == subject)) {
                return &*event;
            }
        }
        return nullptr;
    }
    // This verdict, and the snapshot is complete: what comes after it comes as events.
    bool wait_for_verdict(integrity::VerdictWord word) {
        return wait_until([&] { return verdict == word && snapshots > 0; });
    }
    bool wait_for_notice(const std::string& kind) {
        return wait_until([&] {
            for (const auto& event : events) {
                if (event.type() == "notice" && event.data()["kind"].text() == kind) return true;
            }
            return false;
        });
    }
    [[nodiscard]] integrity::Client& client() { return client_; }

    std::vector<integrity::Event> events;
    std::map<std::uint64_t, integrity::Violation> snapshot;
    integrity::VerdictWord verdict = INTEGRITY_UNKNOWN;
    unsigned snapshots = 0;
    unsigned lost = 0;
    unsigned back = 0;
    unsigned stream_changes = 0;
    std::uint64_t missed = 0;

private:
    void take(const integrity::Item& item) {
        switch (item.type()) {
            case INTEGRITY_SNAPSHOT_BEGIN:
                snapshot.clear();
                break;
            case INTEGRITY_SNAPSHOT_VIOLATION:
                snapshot.emplace(item.violation().id(), item.violation());
                break;
            case INTEGRITY_SNAPSHOT_END:
                ++snapshots;
                break;
            case INTEGRITY_EVENT:
                events.push_back(item.event());
                break;
            case INTEGRITY_VERDICT_CHANGED:
                verdict = item.verdict();
                break;
            case INTEGRITY_MONITORING_LOST:
                ++lost;
                break;
            case INTEGRITY_MONITORING_BACK:
                ++back;
                break;
            case INTEGRITY_STREAM_CHANGED:
                ++stream_changes;
                break;
            case INTEGRITY_GAP:
                missed += item.count();
                break;
            default:
                break;
        }
    }

    integrity::Client client_;
};

}  // namespace integrityd::test
