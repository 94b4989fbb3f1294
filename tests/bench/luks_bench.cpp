// LUKS: headers parsed a second, and one look at a volume with a real TPM in software.
#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>

#include "bench/figure.hpp"
#include "core/config.hpp"
#include "core/opener.hpp"
#include "sources/audit_kernel.hpp"
#include "sources/luks_header.hpp"
#include "sources/tpm.hpp"
#include "support/luks_image.hpp"
#include "support/luks_maker.hpp"
#include "support/swtpm.hpp"
#include "watchers/luks/luks_facts.hpp"
#include "watchers/luks/luks_judge.hpp"
#include "watchers/luks/luks_unseal.hpp"

using namespace integrityd;
using Clock = std::chrono::steady_clock;

namespace {

double seconds_since(Clock::time_point begin) {
    return std::chrono::duration<double>(Clock::now() - begin).count();
}

// Headers a second, for one second.
double headers_per_second(const std::string& area) {
    const auto begin = Clock::now();
    std::size_t read = 0;
    for (; seconds_since(begin) < 1.0; ++read)
        if (!parse_luks_header(area).consistent()) std::abort();
    return static_cast<double>(read) / seconds_since(begin);
}

struct Looking {
    test::Swtpm swtpm;
    test::LuksImage image{swtpm.tcti()};
    std::unique_ptr<AuditKernel> kernel = make_audit_kernel();
    Config config;
    std::unique_ptr<Opener> opener;
    std::unique_ptr<Tpm> tpm;

    Looking() {
        swtpm.measure_boot();
        image.enroll();
        image.wipe_password();
        config.tpm.tcti = swtpm.tcti();
        config.luks.volumes = {{.name = "var", .device = image.path()}};
        opener = make_direct_opener(
            config, [](std::string_view) { return std::vector<std::string>(); }, *kernel);
        tpm = make_tpm(config, *opener);
    }
    // All that a look does, but for the loop and the lanes.
    void look() const {
        const auto facts = read_luks_facts(*opener, config.luks.volumes, "/");
        const auto pcrs = tpm->read_pcrs();
        if (facts.size() != 1 || !pcrs) std::abort();
        const auto record = record_of(facts[0]);
        LuksFindings findings;
        judge_volume(facts[0], {.accepted = &*record}, findings);
        judge_unsealing(facts[0], *pcrs, findings);
        if (!findings.seen().empty()) std::abort();
    }
};

double median_look_ms(const Looking& looking) {
    std::vector<double> all;
    for (int i = 0; i < 21; ++i) {
        const auto begin = Clock::now();
        looking.look();
        all.push_back(seconds_since(begin) * 1000);
    }
    std::ranges::nth_element(all, all.begin() + 10);
    return all[10];
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
    figures.print("luks.look", median_look_ms(Looking()), "ms", 50, bench::Better::lower);
    return figures.status();
}
