// LUKS: headers parsed a second, one look at a volume with a real TPM in software, and how long the loop is held by it.
#include <algorithm>
#include <chrono>
#include <deque>
#include <memory>
#include <optional>

#include "bench/figure.hpp"
#include "sources/luks_header.hpp"
#include "sources/tpm.hpp"
#include "support/luks_image.hpp"
#include "support/luks_maker.hpp"
#include "support/swtpm.hpp"
#include "unit/watchers/watched_device.hpp"
#include "watchers/luks/luks_facts.hpp"
#include "watchers/luks/luks_judge.hpp"
#include "watchers/luks/luks_unseal.hpp"
#include "watchers/luks/luks_watcher.hpp"

using namespace integrityd;
using Steady = std::chrono::steady_clock;

namespace {

double seconds_since(Steady::time_point begin) {
    return std::chrono::duration<double>(Steady::now() - begin).count();
}

// Headers a second, for one second.
double headers_per_second(const std::string& area) {
    const auto begin = Steady::now();
    std::size_t read = 0;
    for (; seconds_since(begin) < 1.0; ++read)
        if (!parse_luks_header(area).consistent()) std::abort();
    return static_cast<double>(read) / seconds_since(begin);
}

struct Looking : test::WatchedDevice {
    test::Swtpm swtpm;
    test::LuksImage image{swtpm.tcti()};
    std::unique_ptr<Opener> opener;
    std::unique_ptr<Tpm> tpm;

    Looking() {
        swtpm.measure_boot();
        image.enroll();
        image.wipe_password();
        config.tpm.tcti = swtpm.tcti();
        config.luks.volumes = {{.name = "var", .device = image.path()}};
        opener = direct_opener();
        tpm = make_tpm(config, *opener);
    }
    // All that a look does, but for the loop and the lanes.
    void look() const {
        const auto facts = read_luks_facts(*opener, config.luks.volumes, "/");
        const auto pcrs = read_pcr_forecast(*tpm, *opener, config.boot.efivars);
        if (facts.size() != 1 || !pcrs) std::abort();
        const auto record = record_of(facts[0]);
        LuksFindings findings;
        judge_volume(facts[0], {.accepted = &*record}, findings);
        judge_unsealing(facts[0], *pcrs, findings);
        if (!findings.seen().empty()) std::abort();
    }
};

constexpr int looks = 21;

// Times what runs on the loop; a job runs in its lane.
class TimedLoop final : public Worker {
public:
    Result<void> submit(Lane /*lane*/, std::function<std::function<void()>()> job) override {
        jobs_.push_back(std::move(job));
        return {};
    }
    void on_loop(const std::function<void()>& work) {
        const auto begin = Steady::now();
        work();
        longest_ms = std::max(longest_ms, seconds_since(begin) * 1000);
    }
    void run_jobs() {
        while (!jobs_.empty()) {
            const auto job = std::move(jobs_.front());
            jobs_.pop_front();
            on_loop(job());
        }
    }

    double longest_ms = 0;

private:
    std::deque<std::function<std::function<void()>()>> jobs_;
};

// The longest turn of the loop in some looks of the whole watcher, the first one and its acceptance among them.
double longest_turn_ms(Looking& looking) {
    TimedLoop timed;
    LuksWatcher watcher({looking.loop, timed, *looking.opener, looking.clock, looking.config, looking.baselines,
                         looking.present, looking.traces},
                        make_tpm(looking.config, *looking.opener));
    timed.on_loop([&] { watcher.start(); });
    timed.run_jobs();
    timed.on_loop([&] {
        const auto diff = watcher.diff_baseline();
        if (!diff || !watcher.accept_baseline(diff->digest, Wanted())) std::abort();
    });
    timed.run_jobs();
    for (int i = 0; i < looks; ++i) {
        timed.on_loop([&] { (void)watcher.check(); });
        timed.run_jobs();
    }
    if (!looking.present.health_now.can_look || !looking.present.held.empty()) std::abort();
    return timed.longest_ms;
}

double median_look_ms(const Looking& looking) {
    std::vector<double> all;
    for (int i = 0; i < looks; ++i) {
        const auto begin = Steady::now();
        looking.look();
        all.push_back(seconds_since(begin) * 1000);
    }
    std::ranges::nth_element(all, all.begin() + looks / 2);
    return all[looks / 2];
}

}  // namespace

int main() {
    bench::Figures figures;
    const std::string token =
        R"({"0":{"type":"systemd-recovery","keyslots":["0"]},"1":{"type":"x","keyslots":[],"data":")" +
        std::string(1500, 'A') + R"("}})";
    figures.print("luks.headers", headers_per_second(test::LuksMaker().area(test::luks_json(token))), "1/s", 2000,
                  bench::Better::higher);
    const std::string missing = test::Swtpm::why_not() + test::LuksImage::why_not();
    if (!missing.empty()) {
        std::printf("luks.look: left out: %s\n", missing.c_str());
        return figures.status();
    }
    Looking looking;
    figures.print("luks.look", median_look_ms(looking), "ms", 50, bench::Better::lower);
    figures.print("luks.loop_blocked", longest_turn_ms(looking), "ms", 5, bench::Better::lower);
    return figures.status();
}
