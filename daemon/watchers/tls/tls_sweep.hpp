// TlsSweep: one round over endpoints, many at a time, none of them able to hold up the others.
//
// What blocks (names, files, tokens) is done by the worker first. An endpoint's time begins when its name is asked for,
// so a round takes one timeout where nobody answers, not one each.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "core/config.hpp"
#include "core/event_loop.hpp"
#include "core/worker.hpp"
#include "watchers/tls/tls_survey.hpp"

namespace integrityd {

class TlsSweep {
public:
    // Sockets and handshakes at once: the memory of a handshake is some 40 KiB, and a process has 1024 descriptors.
    static constexpr std::size_t most_at_once = 256;
    // Questions for names at once: as many as the worker has threads for, and some to wait.
    static constexpr std::size_t most_names = 16;

    struct Options {
        Duration timeout{0};
        std::string policy;  // as load_tls_policy() takes it; one that cannot be read: no trials
        std::string policy_directory;
        std::optional<std::int64_t> now;
    };
    using Policy = Result<std::shared_ptr<const TlsPolicy>>;
    struct Handlers {
        std::function<void(const Policy&)> read;  // once, before the first endpoint
        std::function<void(TlsFacts)> looked;     // an endpoint is done
        std::function<void()> done;               // the round is over; may destroy this object
    };
    // `endpoints` must outlive it.
    TlsSweep(EventLoop& loop, Worker& worker, std::vector<const TlsEndpoint*> endpoints, const Options& options,
             Handlers handlers);
    ~TlsSweep();
    TlsSweep(const TlsSweep&) = delete;
    TlsSweep& operator=(const TlsSweep&) = delete;

private:
    struct Means;  // what is read once for all: the policy, contexts by credential, authorities by file
    struct Running;

    void turn();
    void prepare();
    void prepared(Means means);
    void fill();
    void begin(const TlsEndpoint& endpoint);
    void open_token(const TlsCredential& credential);
    void token_opened(const TlsCredential& credential);
    void go_on(Running& running);
    void late(const std::string& name);
    void ask(Running& running, const TlsHostPort& where);
    void resolved(const std::string& name, TlsResolved result);
    void survey(Running& running, TlsResolved result);
    void ended(const std::string& name, TlsFacts facts);
    void end_with(const TlsEndpoint& endpoint, std::string problem);

    EventLoop& loop_;
    Worker& worker_;
    std::deque<const TlsEndpoint*> waiting_;
    Options options_;
    Handlers handlers_;
    std::unique_ptr<Means> means_;  // none: they are being read
    std::map<std::string, std::unique_ptr<Running>, std::less<>> running_;
    std::deque<std::string> unasked_;  // endpoints whose name waits to be asked for
    std::size_t asking_ = 0;
    std::set<TlsCredential> opening_;  // by the tokens' lane
    std::unique_ptr<Timer> next_;
    std::shared_ptr<int> alive_ = std::make_shared<int>(0);
};

}  // namespace integrityd
