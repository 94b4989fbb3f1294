// LuksWatcher: encrypted volumes, what opens them, and whether the next boot still can; and the TPM that seals their
// keys.
//
// A look reads headers, mappings and mounts in Lane::disk and the PCRs in Lane::tpm, so that a TPM that hangs delays
// nothing but what needs it. What is doubtful, because a header is just being written, is looked at once more a moment
// later before it is told.
#pragma once

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "core/waiters.hpp"
#include "sources/tpm.hpp"
#include "watchers/luks/luks_baseline.hpp"
#include "watchers/luks/luks_findings.hpp"
#include "watchers/luks/luks_keep.hpp"
#include "watchers/luks/luks_unseal.hpp"
#include "watchers/luks/tpm_watch.hpp"
#include "watchers/mount_watch.hpp"
#include "watchers/watcher.hpp"

namespace integrityd {

class LuksWatcher final : public Watcher {
public:
    // `root`: of proc and sysfs.
    LuksWatcher(const WatcherContext& context, std::shared_ptr<Tpm> tpm, std::string root = "/");

    [[nodiscard]] std::string_view name() const override { return "luks"; }
    void start() override;
    Result<void> check() override;
    [[nodiscard]] WallTime next_look() const override { return next_; }
    [[nodiscard]] std::map<std::string, std::uint64_t> counters() const override;
    [[nodiscard]] std::optional<ValueMap> report() const override;
    void when_settled(const std::function<void()>& then) override;
    [[nodiscard]] std::vector<const Kind*> baseline_kinds() const override;
    [[nodiscard]] Result<BaselineDiff> diff_baseline() override;
    Result<void> accept_baseline(std::string_view digest, const Wanted& wanted) override;
    Result<void> import_baseline(const ValueMap& document) override;

private:
    enum class Part : std::uint8_t { facts, pcrs, tpm };

    void begin_look();
    void plan(Duration after);
    void mounts_changed(const std::vector<Mount>& mounts);
    void read_facts();
    void read_pcrs();
    void look_at_tpm();
    void facts_read(std::vector<LuksFacts> facts);
    void pcrs_read(Result<PcrForecast> pcrs);
    void judge();
    void tell_unsealing();
    void keep();
    void finish(Part part);
    // Nothing is configured, and nothing was accepted.
    [[nodiscard]] bool is_without_task() const;
    void tell_health();
    [[nodiscard]] bool is_absent() const;
    [[nodiscard]] std::string problem() const;
    [[nodiscard]] LuksPresent present() const;
    [[nodiscard]] Result<void> may_accept(const Wanted& wanted) const;

    WatcherContext context_;
    const LuksConfig& config_;
    std::shared_ptr<Tpm> tpm_;
    const std::string root_;
    LuksBaseline baseline_;
    TpmWatch tpm_watch_;
    bool just_accepted_ = false;
    LuksKeep keep_;
    LuksKeep kept_;  // as it was kept last
    std::unique_ptr<Timer> interval_;
    std::unique_ptr<Timer> again_;  // a second look at what was doubtful, or the first where the lane was full
    MountWatch mount_watch_;
    std::set<Part> waiting_for_;  // of the look that is under way
    bool once_more_ = false;      // asked for while one was
    bool known_ = false;          // one look at the volumes is over
    std::vector<LuksFacts> facts_;
    std::set<std::string> doubted_;    // volumes that were doubtful once
    std::set<std::string> undecided_;  // those of the last look that were so for the first time when it was over
    bool repeated_ = false;            // the look is at its second reading
    LuksPcrs pcrs_;
    std::string pcr_problem_;
    LuksFindings findings_;  // of volumes, as of the last look
    LuksFindings unsealing_;
    Waiters settled_;
    WallTime next_ = 0;
    std::uint64_t looks_ = 0;
    std::shared_ptr<int> alive_ = std::make_shared<int>(0);  // a job may come back after our end
};

// For the list of watchers.
[[nodiscard]] std::unique_ptr<Watcher> make_luks_watcher(const WatcherContext& context);

}  // namespace integrityd
