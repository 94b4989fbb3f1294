// What looking at TLS endpoints takes, on loopback, with real openssl servers and a silent stub; and whether an
// independent scanner (sslscan) sees the same. The program starts itself again to measure, so that the servers' making
// is not counted.
#include <array>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <set>
#include <sstream>
#include <unistd.h>

#include "bench/figure.hpp"
#include "bench/usage.hpp"
#include "core/event_loop_sd.hpp"
#include "core/worker.hpp"
#include "sources/tls_suites.hpp"
#include "support/temporary_directory.hpp"
#include "support/tls_server.hpp"
#include "support/tls_stub.hpp"
#include "watchers/tls/tls_sweep.hpp"

using namespace integrityd;
using bench::SteadyClock;

namespace {

constexpr std::size_t endpoints_of_a_sweep = 200;
constexpr Duration silent_timeout = std::chrono::seconds(2);

// The daemon's loop, which also says how long the longest handler has kept it.
class TimedLoop final : public EventLoop {
public:
    explicit TimedLoop(SdEventLoop& loop) : loop_(loop) {}
    [[nodiscard]] Monotonic now() const override { return loop_.now(); }
    std::unique_ptr<IoSource> add_io(int fd, std::uint32_t events,
                                     std::function<void(std::uint32_t)> handler) override {
        return loop_.add_io(fd, events, [this, handler = std::move(handler)](std::uint32_t ready) {
            const auto begin = SteadyClock::now();
            handler(ready);
            count(begin);
        });
    }
    std::unique_ptr<Timer> add_timer(std::function<void()> handler, Duration accuracy) override {
        return loop_.add_timer(timed(std::move(handler)), accuracy);
    }
    std::unique_ptr<Source> add_signal(int signal, std::function<void()> handler) override {
        return loop_.add_signal(signal, std::move(handler));
    }
    std::unique_ptr<Source> add_child(pid_t pid, std::function<void(int)> handler) override {
        return loop_.add_child(pid, std::move(handler));
    }
    void post(std::function<void()> job) override { loop_.post(timed(std::move(job))); }
    int run() override { return loop_.run(); }
    void exit(int code) override { loop_.exit(code); }

    double longest_ms = 0;

private:
    std::function<void()> timed(std::function<void()> handler) {
        return [this, handler = std::move(handler)] {
            const auto begin = SteadyClock::now();
            handler();
            count(begin);
        };
    }
    void count(SteadyClock::time_point begin) {
        longest_ms = std::max(longest_ms, bench::seconds(SteadyClock::now() - begin) * 1000);
    }

    SdEventLoop& loop_;
};

struct Swept {
    double seconds = 0;
    double longest_ms = 0;
    std::vector<TlsFacts> facts;
};

// Without its policy nothing would be tried.
void need_policy(const TlsSweep::Policy& policy) {
    if (policy) return;
    (void)std::fprintf(stderr, "%s\n", policy.error().message.c_str());
    std::exit(1);
}

Swept sweep(SdEventLoop& base, const std::vector<TlsEndpoint>& endpoints, Duration timeout) {
    TimedLoop loop(base);
    const auto worker = make_thread_worker(loop);
    Swept swept;
    bool over = false;
    std::vector<const TlsEndpoint*> which;
    for (const auto& endpoint : endpoints)
        which.push_back(&endpoint);
    const auto begin = SteadyClock::now();
    auto running = std::make_unique<TlsSweep>(
        loop, *worker, which,
        TlsSweep::Options{timeout, "bsi-tr-02102-2", std::string(INTEGRITYD_SOURCE_ROOT) + "/policy/tls",
                          std::time(nullptr)},
        TlsSweep::Handlers{need_policy, [&](TlsFacts facts) { swept.facts.push_back(std::move(facts)); },
                           [&] { over = true; }});
    while (!over)
        base.run_once(std::chrono::seconds(1));
    swept.seconds = bench::seconds(SteadyClock::now() - begin);
    swept.longest_ms = loop.longest_ms;
    return swept;
}

std::vector<TlsEndpoint> endpoints_at(const std::vector<std::string>& addresses, const std::string& ca_file,
                                      std::size_t count, TlsProbe probe) {
    std::vector<TlsEndpoint> endpoints;
    for (std::size_t i = 0; i < count; ++i) {
        TlsEndpoint endpoint;
        endpoint.name = "endpoint-" + std::to_string(i);
        endpoint.address = addresses[i % addresses.size()];
        endpoint.server_name = "endpoint.test";
        endpoint.ca_file = ca_file;
        endpoint.probe = probe;
        endpoints.push_back(std::move(endpoint));
    }
    return endpoints;
}

// In a process of its own: `addresses` are those of real servers.
int measure(const std::string& ca_file, const std::vector<std::string>& addresses) {
    bench::Figures figures;
    SdEventLoop loop;
    {
        const auto endpoints = endpoints_at(addresses, ca_file, endpoints_of_a_sweep, TlsProbe::negotiated);
        const auto swept = sweep(loop, endpoints, std::chrono::seconds(10));
        std::size_t good = 0;
        for (const auto& facts : swept.facts)
            good += facts.chain.trusted && facts.chain.name_matches ? 1 : 0;
        figures.print("tls-sweep-200-reached", static_cast<double>(good), "endpoints", endpoints_of_a_sweep,
                      bench::Better::higher);
        figures.print("tls-sweep-200", swept.seconds, "s", 5, bench::Better::lower);
        figures.print("tls-sweep-200-loop-blocked", swept.longest_ms, "ms", 20, bench::Better::lower);
        figures.print("tls-sweep-200-rss", bench::usage_of(getpid()).peak_rss_mb, "MB", 24, bench::Better::lower);
    }
    {
        const auto endpoints = endpoints_at({addresses.front()}, ca_file, 1, TlsProbe::full);
        const auto swept = sweep(loop, endpoints, std::chrono::seconds(10));
        figures.print("tls-full-probes", swept.seconds, "s", 1, bench::Better::lower);
        figures.print("tls-full-connections", swept.facts.front().connections, "connections", most_tls_connections,
                      bench::Better::lower);
    }
    {
        const test::TlsStub silent(loop, {});
        const auto endpoints = endpoints_at({silent.address()}, ca_file, endpoints_of_a_sweep, TlsProbe::negotiated);
        const auto swept = sweep(loop, endpoints, silent_timeout);
        const double timeout = std::chrono::duration<double>(silent_timeout).count();
        figures.print("tls-silent-200", swept.seconds / timeout, "timeouts", 1.5, bench::Better::lower);
        figures.print("tls-silent-200-rss", bench::usage_of(getpid()).peak_rss_mb, "MB", 24, bench::Better::lower);
    }
    return figures.status();
}

std::string output_of(const std::string& command) {
    std::string text;
    FILE* const pipe = popen(command.c_str(), "r");
    std::array<char, 4096> block{};
    while (pipe != nullptr && std::fgets(block.data(), block.size(), pipe) != nullptr)
        text += block.data();
    if (pipe != nullptr) pclose(pipe);
    return text;
}

// What sslscan saw, in the words of our trials.
std::set<std::string> scanned(const std::string& address) {
    std::set<std::string> seen;
    std::istringstream lines(
        output_of("sslscan --no-colour --no-check-certificate --no-heartbleed --no-groups " + address));
    for (std::string line; std::getline(lines, line);) {
        std::istringstream words(line);
        std::string first;
        std::string second;
        std::string bits;
        std::string unit;
        std::string cipher;
        words >> first >> second >> bits >> unit >> cipher;
        if (second == "enabled" && first == "TLSv1.0") seen.insert("TLS 1.0");
        if (second == "enabled" && first == "TLSv1.1") seen.insert("TLS 1.1");
        const bool listed = first == "Accepted" || first == "Preferred";
        if (!listed) continue;
        const std::string version = second == "TLSv1.3" ? "TLS 1.3" : "up to TLS 1.2";
        for (const auto& suite : offerable_suites()) {
            if (suite.openssl == cipher || suite.name == cipher) seen.insert(version + " with " + suite.family);
        }
    }
    return seen;
}

void compare(bench::Figures& figures, const std::string& ca_file,
             const std::vector<std::pair<std::string, std::string>>& servers) {
    if (output_of("command -v sslscan").empty()) {
        std::printf("tls-scanner not compared: sslscan is not installed\n");
        return;
    }
    SdEventLoop loop;
    std::size_t compared = 0;
    std::size_t same = 0;
    for (const auto& [name, address] : servers) {
        const auto theirs = scanned(address);
        const auto swept = sweep(loop, endpoints_at({address}, ca_file, 1, TlsProbe::full), std::chrono::seconds(10));
        for (const auto& trial : swept.facts.front().trials) {
            if (trial.about == TlsTrialAbout::group || trial.verdict == TlsTrialVerdict::inconclusive) continue;
            const bool accepted = trial.verdict == TlsTrialVerdict::accepted;
            ++compared;
            if (accepted == theirs.contains(trial.name))
                ++same;
            else
                std::printf("tls-scanner %s: %s: we say %s, sslscan says %s\n", name.c_str(), trial.name.c_str(),
                            accepted ? "accepted" : "refused", accepted ? "no" : "accepted");
        }
    }
    figures.tell("tls-scanner-compared", static_cast<double>(compared), "verdicts");
    figures.print("tls-scanner-same", static_cast<double>(same), "verdicts", static_cast<double>(compared),
                  bench::Better::higher);
}

int run() {
    const test::TemporaryDirectory directory;
    const test::TlsAuthority authority(directory.path());
    const auto ec = authority.issue("ec");
    const auto rsa = authority.issue("rsa", {.key = "rsa:2048"});
    std::vector<std::unique_ptr<test::TlsServer>> servers;
    std::string command = "'" + std::string(program_invocation_name) + "' --measure '" + authority.file() + "'";
    for (int i = 0; i < 8; ++i) {
        servers.push_back(std::make_unique<test::TlsServer>(i % 2 == 0 ? rsa : ec));
        command += " " + servers.back()->address();
    }
    (void)std::fflush(stdout);
    const int status = std::system(command.c_str());
    bench::Figures figures;
    const test::TlsServer lax(rsa, {"-cipher", "ALL:COMPLEMENTOFALL:@SECLEVEL=0", "-min_protocol", "TLSv1"});
    const test::TlsServer strict(ec, {"-tls1_3", "-ciphersuites", "TLS_AES_256_GCM_SHA384"});
    const test::TlsServer old(rsa, {"-tls1_2", "-cipher", "AES128-SHA:ECDHE-RSA-AES128-SHA256"});
    const test::TlsServer oldest(rsa,
                                 {"-max_protocol", "TLSv1.1", "-min_protocol", "TLSv1", "-cipher", "ALL:@SECLEVEL=0"});
    compare(
        figures, authority.file(),
        {{"lax", lax.address()}, {"strict", strict.address()}, {"old", old.address()}, {"oldest", oldest.address()}});
    return status == 0 ? figures.status() : 1;
}

}  // namespace

int main(int argc, char** argv) {
    try {
        if (argc > 3 && std::string(argv[1]) == "--measure")
            return measure(argv[2], std::vector<std::string>(argv + 3, argv + argc));
        return run();
    } catch (const std::exception& error) {
        (void)std::fprintf(stderr, "%s\n", error.what());
        return 1;
    }
}
