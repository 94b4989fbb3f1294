// Figures of the TPM: what a look costs with a software TPM, and that one that hangs delays nobody.
#include <cstdio>
#include <cstdlib>

#include "bench/figure.hpp"
#include "bench/record_latency.hpp"
#include "sources/tpm_esys.hpp"
#include "sources/tpm_reading.hpp"
#include "sources/tpm_seal.hpp"
#include "support/swtpm.hpp"

using namespace integrityd;
using namespace integrityd::test;
using namespace integrityd::bench;

namespace {

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

// In a daemon whose watchers of the TPM look every second, and wait for it until their deadline.
double signal_latency(const Swtpm& swtpm) {
    const std::vector<double> taken =
        record_latencies("[tpm]\ntcti = \"" + swtpm.tcti() + "\"\n[boot]\nenabled = true\ninterval = \"1s\"\n" +
                             "[luks]\nenabled = true\ninterval = \"1s\"\n",
                         10);
    return taken.empty() ? not_measured : percentile(taken, 0.99);
}

// One that takes commands and answers none.
void hung(Figures& figures) {
    const Swtpm swtpm;
    swtpm.hang();
    figures.print("tpm_hung_record_to_signal_p99", signal_latency(swtpm), "ms", 10, Better::lower);
    swtpm.go_on();
    figures.tell("tpm_well_record_to_signal_p99", signal_latency(swtpm), "ms");
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
