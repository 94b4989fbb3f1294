// A TpmWatch on a TPM of the test's own, a fake one or a real software TPM.
#pragma once

#include <memory>

#include "support/fake_tpm.hpp"
#include "unit/watchers/watched_device.hpp"
#include "watchers/luks/tpm_watch.hpp"

namespace integrityd::test {

// A TPM in good health, as a device has it.
inline void fill(FakeTpm& tpm) {
    tpm.facts.manufacturer = "IBM";
    tpm.facts.lockout_limit = 32;
    tpm.facts.reset_count = 10;
    tpm.facts.clock = 5'000'000;
    tpm.facts.safe = true;
    tpm.facts.persistent = {{0x81000001, "srk"}, {0x81010001, "ek"}};
    PcrBank bank{.algorithm = TpmHash::sha256, .values = {}};
    for (unsigned pcr = 0; pcr < pcr_count; ++pcr)
        bank.values[pcr] = std::string(32, static_cast<char>(pcr + 1));
    tpm.pcrs = {bank};
}

inline std::shared_ptr<FakeTpm> good_tpm() {
    auto tpm = std::make_shared<FakeTpm>();
    fill(*tpm);
    return tpm;
}

struct TpmDevice : WatchedDevice {
    explicit TpmDevice(std::shared_ptr<Tpm> used) : tpm(std::move(used)) { boot(); }

    // integrityd starts anew, with what was kept.
    void boot(const std::string& boot_id = {}) {
        if (!boot_id.empty()) clock.boot_id_ = boot_id;
        const std::string kept = watch ? watch->kept() : std::string();
        watch = std::make_unique<TpmWatch>(context(*opener), tpm);
        watch->restore(kept);
        watch->use_baseline(accepted);
    }
    void look() {
        bool over = false;
        watch->look([&over] { over = true; });
        worker.run_all();
        if (!over) std::abort();
    }
    // As the watcher does it: what is there becomes the accepted document.
    void accept(const std::string& digest = "digest") {
        accepted = Baseline{{{std::string(TpmWatch::part), *watch->present()}}, digest};
        watch->use_baseline(accepted, true);
    }
    [[nodiscard]] std::size_t happened(std::string_view kind) const {
        return static_cast<std::size_t>(std::ranges::count_if(
            present.happenings, [&](const Observation& seen) { return seen.kind->name == kind; }));
    }

    std::shared_ptr<Tpm> tpm;
    std::unique_ptr<Opener> opener = direct_opener();
    std::optional<Baseline> accepted;
    std::unique_ptr<TpmWatch> watch;
};

// In good health, and accepted so.
struct AcceptedTpm {
    AcceptedTpm() {
        device.look();
        device.accept();
        device.look();
        if (!device.present.held.empty()) std::abort();
    }
    std::shared_ptr<FakeTpm> tpm = good_tpm();
    TpmDevice device{tpm};
};

}  // namespace integrityd::test
