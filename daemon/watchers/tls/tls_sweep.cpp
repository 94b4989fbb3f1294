#include "watchers/tls/tls_sweep.hpp"

#include <utility>

namespace integrityd {

struct TlsSweep::Means {
    Policy policy;
    std::map<TlsCredential, Result<std::shared_ptr<TlsContext>>> contexts;
    std::map<std::string, Result<std::shared_ptr<const TlsTrust>>, std::less<>> trusts;
};

struct TlsSweep::Running {
    const TlsEndpoint* endpoint = nullptr;
    std::unique_ptr<Timer> deadline;  // of its token and its name
    std::unique_ptr<TlsSurvey> survey;
};

namespace {

// A full lane empties itself; what waits in it takes milliseconds, mostly.
constexpr Duration lane_is_full = std::chrono::seconds(1);

TlsSweep::Policy read_policy(const TlsSweep::Options& options) {
    auto policy = load_tls_policy(options.policy, options.policy_directory);
    if (!policy) return policy.error();
    return std::make_shared<const TlsPolicy>(std::move(*policy));
}

TlsCredential credential_of(const TlsEndpoint& endpoint) {
    return {endpoint.client_certificate, endpoint.client_key};
}

}  // namespace

TlsSweep::TlsSweep(EventLoop& loop, Worker& worker, std::vector<const TlsEndpoint*> endpoints, const Options& options,
                   Handlers handlers)
    : loop_(loop),
      worker_(worker),
      waiting_(endpoints.begin(), endpoints.end()),
      options_(options),
      handlers_(std::move(handlers)),
      next_(loop.add_timer([this] { turn(); })) {
    prepare();
}

TlsSweep::~TlsSweep() = default;

void TlsSweep::turn() {
    means_ ? fill() : prepare();
}

void TlsSweep::prepare() {
    std::set<TlsCredential> credentials;
    std::set<std::string> files;
    for (const auto* const endpoint : waiting_) {
        if (const auto credential = credential_of(*endpoint); !credential.in_token()) credentials.insert(credential);
        files.insert(endpoint->ca_file);
    }
    const auto job = [credentials, files, options = options_] {
        Means means{read_policy(options), {}, {}};
        for (const auto& each : credentials)
            means.contexts.emplace(each, TlsContext::make(each));
        for (const auto& file : files)
            means.trusts.emplace(file, file.empty() ? TlsTrust::of_system() : TlsTrust::from_file(file));
        return means;
    };
    const auto submitted = worker_.run(Lane::disk, job, [this, alive = std::weak_ptr<int>(alive_)](Means means) {
        if (!alive.expired()) prepared(std::move(means));
    });
    if (!submitted) next_->start(lane_is_full);
}

void TlsSweep::prepared(Means means) {
    means_ = std::make_unique<Means>(std::move(means));
    handlers_.read(means_->policy);
    fill();
}

// One endpoint a turn of the loop: a ClientHello takes a part of a millisecond, two hundred would hold up everybody.
void TlsSweep::fill() {
    if (waiting_.empty() && running_.empty()) {
        const auto done = std::move(handlers_.done);
        return done();  // may destroy this object
    }
    if (waiting_.empty() || running_.size() >= most_at_once) return;
    const TlsEndpoint* const endpoint = waiting_.front();
    waiting_.pop_front();
    next_->start(Duration{0});
    begin(*endpoint);
}

void TlsSweep::begin(const TlsEndpoint& endpoint) {
    const auto& trust = means_->trusts.at(endpoint.ca_file);
    if (!trust) return end_with(endpoint, "ca_file: " + trust.error().message);
    if (!parse_host_port(endpoint.address)) return end_with(endpoint, "address is not HOST:PORT");
    auto running = std::make_unique<Running>();
    running->endpoint = &endpoint;
    running->deadline = loop_.add_timer([this, name = endpoint.name] { late(name); });
    running->deadline->start(options_.timeout);
    Running& it = *running;
    running_[endpoint.name] = std::move(running);
    const TlsCredential credential = credential_of(endpoint);
    if (means_->contexts.contains(credential)) return go_on(it);
    if (opening_.insert(credential).second) open_token(credential);
}

void TlsSweep::open_token(const TlsCredential& credential) {
    const auto opened = [this, alive = std::weak_ptr<int>(alive_),
                         credential](Result<std::shared_ptr<TlsContext>> context) {
        if (alive.expired()) return;
        means_->contexts.emplace(credential, std::move(context));
        token_opened(credential);
    };
    const auto submitted = worker_.run(
        Lane::tokens, [credential] { return TlsContext::make(credential); }, opened);
    if (!submitted) opened(Error{"the token is busy"});
}

void TlsSweep::token_opened(const TlsCredential& credential) {
    std::vector<std::string> names;
    for (const auto& [name, running] : running_) {
        if (credential_of(*running->endpoint) == credential) names.push_back(name);
    }
    for (const auto& name : names)
        go_on(*running_.at(name));
}

void TlsSweep::go_on(Running& running) {
    const TlsEndpoint& endpoint = *running.endpoint;
    if (const auto& context = means_->contexts.at(credential_of(endpoint)); !context) {
        running_.erase(endpoint.name);
        return end_with(endpoint, "client certificate: " + context.error().message);
    }
    const auto where = parse_host_port(endpoint.address);
    if (auto numeric = resolve_numeric(*where)) return survey(running, std::move(*numeric));
    if (asking_ >= most_names)
        unasked_.push_back(endpoint.name);
    else
        ask(running, *where);
}

void TlsSweep::late(const std::string& name) {
    const auto found = running_.find(name);
    if (found == running_.end()) return;
    const TlsEndpoint& endpoint = *found->second->endpoint;
    if (means_->contexts.contains(credential_of(endpoint)))
        return resolved(name, {TlsOutcome::name_unavailable, "the name was not resolved in time", {}});
    running_.erase(found);
    end_with(endpoint, "client certificate: the token did not answer in time");
}

void TlsSweep::ask(Running& running, const TlsHostPort& where) {
    ++asking_;
    const auto answered = [this, alive = std::weak_ptr<int>(alive_),
                           name = running.endpoint->name](TlsResolved result) {
        if (alive.expired()) return;
        --asking_;
        while (!unasked_.empty()) {
            const auto found = running_.find(unasked_.front());
            unasked_.pop_front();
            if (found == running_.end() || found->second->survey) continue;
            ask(*found->second, *parse_host_port(found->second->endpoint->address));
            break;
        }
        resolved(name, std::move(result));
    };
    if (!worker_.run(
            Lane::names, [where] { return resolve(where); }, answered)) {
        --asking_;
        unasked_.push_back(running.endpoint->name);  // asked for when another one is answered, or late
    }
}

// The first of answer and deadline counts.
void TlsSweep::resolved(const std::string& name, TlsResolved result) {
    const auto found = running_.find(name);
    if (found == running_.end() || found->second->survey) return;
    survey(*found->second, std::move(result));
}

void TlsSweep::survey(Running& running, TlsResolved result) {
    if (running.deadline) running.deadline->stop();
    const TlsEndpoint& endpoint = *running.endpoint;
    TlsSurveyTask task{&endpoint,
                       *means_->contexts.at(credential_of(endpoint)),
                       *means_->trusts.at(endpoint.ca_file),
                       means_->policy ? means_->policy->get() : nullptr,
                       options_.now,
                       options_.timeout,
                       &worker_};
    running.survey =
        std::make_unique<TlsSurvey>(loop_, std::move(task), std::move(result),
                                    [this, name = endpoint.name](TlsFacts facts) { ended(name, std::move(facts)); });
}

void TlsSweep::ended(const std::string& name, TlsFacts facts) {
    running_.erase(name);
    handlers_.looked(std::move(facts));
    next_->start(Duration{0});
}

void TlsSweep::end_with(const TlsEndpoint& endpoint, std::string problem) {
    TlsFacts facts;
    facts.endpoint = endpoint.name;
    facts.seen.outcome = TlsOutcome::local;
    facts.problem = std::move(problem);
    handlers_.looked(std::move(facts));
    next_->start(Duration{0});
}

}  // namespace integrityd
