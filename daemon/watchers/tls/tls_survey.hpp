// TlsSurvey: one endpoint from its first connection to its last trial.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/clock.hpp"
#include "core/config.hpp"
#include "core/event_loop.hpp"
#include "sources/tls_names.hpp"
#include "sources/tls_probe.hpp"
#include "watchers/tls/tls_facts.hpp"

namespace integrityd {

// What a survey needs; everything but the endpoint is shared by many.
struct TlsSurveyTask {
    const TlsEndpoint* endpoint = nullptr;
    std::shared_ptr<TlsContext> context;
    std::shared_ptr<const TlsTrust> trust;
    const TlsPolicy* policy = nullptr;  // null: no trials
    std::optional<std::int64_t> now;    // none: the clock is wrong
    Duration timeout{0};
    Worker* tokens = nullptr;  // as of TlsConnection
};

class TlsSurvey {
public:
    // `done` is called once, from the loop, never from the constructor; it may destroy this object.
    using Done = std::function<void(TlsFacts)>;
    TlsSurvey(EventLoop& loop, TlsSurveyTask task, TlsResolved resolved, Done done);

    [[nodiscard]] unsigned connections() const { return facts_.connections; }

private:
    void connect(const TlsOffer& offer, TlsConnection::Done done);
    void looked(TlsSeen seen);
    void judge_chain(TlsSeen& seen);
    [[nodiscard]] bool wants_trials() const;
    void next_trial();
    void tried(const TlsSeen& seen);
    void confirm();
    void finish();

    EventLoop& loop_;
    TlsSurveyTask task_;
    TlsResolved resolved_;
    Done done_;
    TlsFacts facts_;
    std::vector<TlsTrial> trials_;
    unsigned silent_ = 0;            // trials that ran into their deadline
    std::vector<std::size_t> mute_;  // trials that the peer closed without a word, and nothing was answered since
    std::unique_ptr<TlsConnection> connection_;
    std::unique_ptr<Timer> soon_;
};

// The name that the endpoint's certificate must have.
[[nodiscard]] std::string tls_name_of(const TlsEndpoint& endpoint);

}  // namespace integrityd
