#include "watchers/tls/tls_survey.hpp"

namespace integrityd {

namespace {

// A peer that does not answer two trials will not answer the others: they would only take time.
constexpr unsigned most_silent = 2;

Starttls starttls_of(const std::string& word) {
    if (word == "smtp") return Starttls::smtp;
    if (word == "imap") return Starttls::imap;
    return word == "ldap" ? Starttls::ldap : Starttls::none;
}

}  // namespace

std::string tls_name_of(const TlsEndpoint& endpoint) {
    if (!endpoint.server_name.empty()) return endpoint.server_name;
    const auto where = parse_host_port(endpoint.address);
    return where ? where->host : "";
}

TlsSurvey::TlsSurvey(EventLoop& loop, TlsSurveyTask task, TlsResolved resolved, Done done)
    : loop_(loop),
      task_(std::move(task)),
      resolved_(std::move(resolved)),
      done_(std::move(done)),
      soon_(loop.add_timer([this] { finish(); })) {
    facts_.endpoint = task_.endpoint->name;
    if (resolved_.outcome == TlsOutcome::finished) {
        connect({}, [this](TlsSeen seen) { looked(std::move(seen)); });
        return;
    }
    facts_.seen.outcome = resolved_.outcome;
    facts_.seen.reason = resolved_.reason;
    soon_->start(Duration{0});
}

void TlsSurvey::connect(const TlsOffer& offer, TlsConnection::Done done) {
    ++facts_.connections;
    const std::string name = tls_name_of(*task_.endpoint);
    // RFC 6066, 3: an address is no server name.
    TlsTarget target{resolved_.addresses, is_numeric_host(name) ? "" : name, starttls_of(task_.endpoint->starttls),
                     task_.endpoint->alpn};
    connection_ = std::make_unique<TlsConnection>(loop_, task_.context, std::move(target), offer, task_.timeout,
                                                  std::move(done), task_.tokens);
}

void TlsSurvey::looked(TlsSeen seen) {
    judge_chain(seen);
    facts_.seen = std::move(seen);
    if (wants_trials()) {
        facts_.full = true;
        const auto& leaf = facts_.path.front();
        trials_ = plan_trials(*task_.policy, task_.now.value_or(INT64_MIN), leaf.key_type == "ec" ? leaf.curve : "");
    }
    next_trial();
}

void TlsSurvey::judge_chain(TlsSeen& seen) {
    facts_.sent = seen.chain.size();
    if (seen.chain.empty()) return;
    facts_.chain = task_.trust->verify({seen.chain, tls_name_of(*task_.endpoint), seen.ocsp, task_.now});
    for (const auto& der : facts_.chain.path) {
        if (auto certificate = read_certificate(der)) facts_.path.push_back(std::move(*certificate));
    }
    facts_.chain.path.clear();
    seen.chain.clear();
    seen.ocsp.clear();
}

bool TlsSurvey::wants_trials() const {
    if (!facts_.reached() || task_.policy == nullptr) return false;
    const auto probe = task_.endpoint->probe;
    return probe == TlsProbe::full || (probe == TlsProbe::automatic && facts_.seen.own_listener);
}

void TlsSurvey::next_trial() {
    while (facts_.trials.size() < trials_.size() && silent_ >= most_silent) {
        const auto& trial = trials_[facts_.trials.size()];
        facts_.trials.push_back({trial.name, trial.about, TlsTrialVerdict::inconclusive,
                                 "not tried: the endpoint does not answer such connections"});
    }
    if (facts_.trials.size() >= trials_.size()) return mute_.empty() ? finish() : confirm();
    connect(trials_[facts_.trials.size()].offer, [this](const TlsSeen& seen) { tried(seen); });
}

void TlsSurvey::tried(const TlsSeen& seen) {
    if (seen.outcome == TlsOutcome::timeout) ++silent_;
    if (seen.hello || seen.outcome == TlsOutcome::alert)
        mute_.clear();
    else if (seen.outcome == TlsOutcome::closed)
        mute_.push_back(facts_.trials.size());
    facts_.trials.push_back(judge_trial(trials_[facts_.trials.size()], seen));
    next_trial();
}

// Who closes without a word refuses what was offered, or has had enough of us: then it closes what was good before too.
void TlsSurvey::confirm() {
    TlsOffer usual;
    usual.stop = TlsStop::hello;
    connect(usual, [this](const TlsSeen& seen) {
        for (const std::size_t index : mute_) {
            if (seen.hello) break;
            facts_.trials[index].verdict = TlsTrialVerdict::inconclusive;
            facts_.trials[index].reason = "not judged: the endpoint closed all connections in the end";
        }
        finish();
    });
}

void TlsSurvey::finish() {
    connection_.reset();
    // Last: it may destroy this object.
    const Done done = std::move(done_);
    done(std::move(facts_));
}

}  // namespace integrityd
