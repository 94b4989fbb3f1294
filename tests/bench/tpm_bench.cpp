// Figures of the TPM: what a look costs with a software TPM, and that one that hangs delays nobody.
#include <cstdio>
#include <cstdlib>

#include "bench/figure.hpp"
#include "bench/signal_times.hpp"
#include "sources/tpm_esys.hpp"
#include "sources/tpm_reading.hpp"
#include "sources/tpm_seal.hpp"
#include "support/swtpm.hpp"

using namespace integrityd;
using namespace integrityd::test;
using namespace integrityd::bench;

namespace {

constexpr double not_measured = 1e9;

// Everything that the watcher reads: facts, four banks of 24 PCRs, both indexes.
void look(Figures& figures) {
    constexpr int looks = 200;
    const Swtpm swtpm;
    swtpm.measure_boot();
    const auto open = tpm_opener(swtpm.tcti());
    TpmSeal seal(open, "");
    if (!seal.provision() || !seal.seal(std::string(32, 'a')))
        return figures.print("tpm_look_p99", not_measured, "ms", 50, Better::lower);
    EsysTpm tpm(open);
    std::vector<double> taken;
    for (int i = 0; i < looks; ++i) {
        const auto begin = SteadyClock::now();
        if (read_tpm(tpm).failure) break;
        taken.push_back(seconds(SteadyClock::now() - begin) * 1000);
    }
    const bool all = taken.size() == looks;
    figures.print("tpm_look_p99", all ? percentile(taken, 0.99) : not_measured, "ms", 50, Better::lower);
    if (all) figures.tell("tpm_look_p50", percentile(taken, 0.5), "ms");
}

// In a daemon whose watchers ask a TPM that takes commands and answers none: every second a look that waits for it
// until its deadline.
double signal_latency(const Swtpm& swtpm, double quantile) {
    constexpr unsigned turns = 200;
    const auto taken = signal_times(turns, "[tpm]\ntcti = \"" + swtpm.tcti() +
                                               "\"\n[boot]\nenabled = true\ninterval = \"1s\"\n"
                                               "[luks]\nenabled = true\ninterval = \"1s\"\n");
    return taken.size() == turns ? percentile(taken, quantile) : not_measured;
}

void hung(Figures& figures) {
    const Swtpm swtpm;
    swtpm.hang();
    figures.print("tpm_hung_record_to_signal_p99", signal_latency(swtpm, 0.99), "ms", 10, Better::lower);
    swtpm.go_on();
    figures.tell("tpm_well_record_to_signal_p99", signal_latency(swtpm, 0.99), "ms");
}

}  // namespace

int main() {
    Figures figures;
    if (!Swtpm::why_not().empty()) {
        std::printf("SKIPPED: tpm: %s\n", Swtpm::why_not().c_str());
        return 0;
    }
    (void)setenv("TSS2_LOG", "all+NONE", 0);
    look(figures);
    hung(figures);
    return figures.status();
}
