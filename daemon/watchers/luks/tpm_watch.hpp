// TpmWatch: the TPM's part of the watcher `luks`: its health, its authorisations, its persistent objects, and whether
// it was cleared or something else booted. Owned by the LuksWatcher, which owns baseline, schedule and memory.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sources/tpm.hpp"
#include "sources/tpm_reading.hpp"
#include "state/baseline.hpp"
#include "watchers/luks/tpm_memory.hpp"
#include "watchers/watcher.hpp"

namespace integrityd {

class TpmWatch {
public:
    // The member of the watcher's baseline document that is the TPM's.
    static constexpr std::string_view part = "tpm";

    // `tpm` is asked in Lane::tpm alone.
    TpmWatch(const WatcherContext& context, std::shared_ptr<Tpm> tpm);

    // What is judged against from the next look on: the accepted document of the whole watcher; none: nothing was
    // accepted. After an acceptance the next look does not ask yet whether the TPM holds the document's digest: root
    // has to bring it there (`integrityctl tpm seal`).
    void use_baseline(const std::optional<Baseline>& accepted, bool just_accepted = false);
    // Instead: something was accepted, and cannot be read. What was told against it stays.
    void lose_baseline();

    // Begins a look; `done` runs on the loop when it was reported. While one is under way another is not begun: its
    // `done` then follows the one that is.
    void look(std::function<void()> done);

    // What is there, for the baseline's member `part`; none: the TPM was not read, or there is none.
    [[nodiscard]] std::optional<ValueMap> present() const;
    // What is there against what was accepted, for people; empty: nothing differs, or it cannot be said.
    [[nodiscard]] ValueMap difference() const;
    // The conditions that an acceptance settles.
    [[nodiscard]] static std::vector<const Kind*> baseline_kinds();

    // For the watcher's own WatcherSink::keep(): one line, without its end. Empty: nothing was read yet.
    [[nodiscard]] std::string kept() const;
    // Whether that line is worth keeping again; once.
    [[nodiscard]] bool take_news();
    // What was kept, before the first look. Total: anything else is as nothing.
    void restore(std::string_view line);

    // It was busy at the last look, and not at the one before. That was not told: the next look decides, and should be
    // soon.
    [[nodiscard]] bool in_doubt() const { return in_doubt_; }
    // ENODEV at the last look: there is no TPM.
    [[nodiscard]] bool missing() const;
    // Why the TPM could not be read at the last look; none: it was read, or there was no look yet.
    [[nodiscard]] const std::optional<Error>& failure() const;
    // Of the last look, for GetReport: the member `tpm` of the watcher's report.
    [[nodiscard]] ValueMap report() const;

private:
    void judge(TpmReading reading);
    void judge_health();
    void judge_past();
    void judge_seal();

    WatcherContext context_;
    std::shared_ptr<Tpm> tpm_;
    std::optional<ValueMap> accepted_;  // the part; none: nothing was accepted of the TPM
    std::string digest_;                // of the accepted document
    bool lost_ = false;                 // the accepted document cannot be read
    bool unsealed_ = false;             // accepted since the last look that read the TPM
    std::optional<TpmReading> last_;
    std::optional<TpmMemory> memory_;
    bool news_ = false;
    bool busy_ = false;  // at the last look
    bool in_doubt_ = false;
    std::vector<std::function<void()>> waiting_;
    bool looking_ = false;
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  // a look may come back after our end
};

}  // namespace integrityd
