// BootWatcher: what this device booted, judged once and again, and watched while it runs.
//
// A look reads the PCRs, the event log, the IMA list, efivarfs and the mount table in the TPM's lane, and judges on the
// loop. Every look is a whole one: what there is to read is small, and there is one path to get right.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "core/config.hpp"
#include "core/waiters.hpp"
#include "state/baseline.hpp"
#include "watchers/boot/boot_ima.hpp"
#include "watchers/boot/boot_judge.hpp"
#include "watchers/boot/boot_root.hpp"
#include "watchers/mount_watch.hpp"
#include "watchers/watcher.hpp"

namespace integrityd {

// What tests put in place of the device.
struct BootWorld {
    std::shared_ptr<Tpm> tpm;  // none: make_tpm()
    std::string root;          // before the paths of efivarfs, /proc and /sys
    std::vector<std::string> image_directories;
};

class BootWatcher final : public Watcher {
public:
    BootWatcher(const WatcherContext& context, BootWorld world);
    ~BootWatcher() override;

    [[nodiscard]] std::string_view name() const override { return "boot"; }
    void start() override;
    Result<void> check() override;
    [[nodiscard]] WallTime next_look() const override { return next_look_; }
    [[nodiscard]] std::map<std::string, std::uint64_t> counters() const override;
    [[nodiscard]] std::optional<ValueMap> report() const override;
    void when_settled(const std::function<void()>& then) override;
    [[nodiscard]] std::vector<const Kind*> baseline_kinds() const override;
    [[nodiscard]] Result<BaselineDiff> diff_baseline() override;
    Result<void> accept_baseline(std::string_view digest, const Wanted& wanted) override;
    Result<void> import_baseline(const ValueMap& document) override;

private:
    struct Reading;

    void look();
    void mounts_changed(const std::vector<Mount>& mounts);
    void read(Reading reading);
    void judge();
    void name_files();
    void tell();
    void tell_log();
    void tell_running();
    void tell_ima();
    void load_accepted();
    void keep_reference();
    void finish_look();
    [[nodiscard]] Health health() const;
    [[nodiscard]] std::string command_line() const;
    [[nodiscard]] RootFacts root_facts() const;
    [[nodiscard]] std::string file_of(const std::string& digest) const;
    [[nodiscard]] const AcceptedSecureBoot* accepted_keys() const;
    [[nodiscard]] const AcceptedRoot* accepted_root() const;
    [[nodiscard]] const BootAccepted* accepted() const { return accepted_ ? &*accepted_ : nullptr; }
    // What the baseline decides about cannot be decided: there is one, and it cannot be used.
    [[nodiscard]] bool lacks_baseline() const { return was_accepted_ && !accepted_; }
    void report_look(std::vector<const Kind*> kinds, std::vector<Observation> seen, bool complete);
    [[nodiscard]] std::string present_digest() const;
    Result<void> write(const BootAccepted& accepted);

    WatcherContext context_;
    const BootConfig& config_;
    BootWorld world_;
    std::shared_ptr<int> alive_ = std::make_shared<int>(0);  // continuations of jobs ask for it
    std::shared_ptr<Tpm> tpm_;
    std::shared_ptr<BootIma> ima_ = std::make_shared<BootIma>();  // a job's own while it runs
    std::unique_ptr<Timer> timer_;
    MountWatch mount_watch_;

    std::unique_ptr<BootView> view_;  // none: nothing was read yet
    std::vector<PcrState> pcrs_;
    PcrReference reference_;
    std::string kept_;
    std::optional<BootAccepted> accepted_;
    std::string baseline_problem_;
    bool was_accepted_ = false;  // there is a document, good or not
    // Since this boot something may have been told of it; what was told before is of another boot.
    bool told_of_log_ = false;
    bool told_of_ima_ = false;
    std::map<std::string, std::string> file_names_;
    std::string named_for_;  // digests that file_names_ was made for
    Waiters waiting_;        // for the end of the look that is under way
    bool looking_ = false;
    bool once_more_ = false;
    bool look_open_ = false;  // look_finished() is owed
    bool tpm_busy_ = false;   // at the last look
    bool in_doubt_ = false;   // and not at the one before: the next decides
    WallTime next_look_ = 0;
    std::uint64_t looks_ = 0;
    std::optional<Health> told_;
};

// For the list of watchers.
[[nodiscard]] std::unique_ptr<Watcher> make_boot_watcher(const WatcherContext& context);

}  // namespace integrityd
