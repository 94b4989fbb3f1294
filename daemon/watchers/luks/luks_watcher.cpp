#include "watchers/luks/luks_watcher.hpp"

#include <algorithm>
#include <cerrno>
#include <iterator>

#include "catalogue_kinds.hpp"
#include "core/config.hpp"
#include "watchers/luks/luks_judge.hpp"
#include "watchers/luks/luks_report.hpp"

namespace integrityd {

namespace {

// cryptsetup writes one copy of a header, syncs, and writes the other: some 10 ms on flash, more on a busy disk.
constexpr Duration doubt_settles = std::chrono::seconds(1);
constexpr Duration accuracy = std::chrono::seconds(1);
// A full lane empties itself; what waits in it takes milliseconds, mostly.
constexpr Duration lane_is_full = std::chrono::seconds(1);
// What keeps a TPM busy for a while is over by then (sources/tpm_reading.hpp).
constexpr Duration tpm_is_busy = std::chrono::seconds(60);

std::set<std::string> doubtful_of(const std::vector<LuksFacts>& facts) {
    std::set<std::string> names;
    for (const LuksFacts& each : facts)
        if (is_doubtful(each)) names.insert(each.volume.name);
    return names;
}

}  // namespace

LuksWatcher::LuksWatcher(const WatcherContext& context, std::shared_ptr<Tpm> tpm, std::string root)
    : context_(context),
      config_(context.config.luks),
      tpm_(std::move(tpm)),
      root_(std::move(root)),
      baseline_(context.baselines),
      tpm_watch_(context, tpm_),
      keep_(parse_luks_keep(context.sink.kept().value_or(""))),
      kept_(keep_),
      interval_(context.loop.add_timer([this] { begin_look(); }, accuracy)),
      again_(context.loop.add_timer([this] { read_facts(); })),
      mount_watch_(context.loop, context.worker, root_,
                   [this](const std::vector<Mount>& mounts) { mounts_changed(mounts); }) {
    tpm_watch_.restore(keep_.tpm);
}

void LuksWatcher::start() {
    begin_look();
}

Result<void> LuksWatcher::check() {
    begin_look();
    return {};
}

void LuksWatcher::begin_look() {
    if (!waiting_for_.empty()) {
        once_more_ = true;
        return;
    }
    once_more_ = false;
    plan(config_.interval);
    baseline_.load();
    waiting_for_ = {Part::facts, Part::pcrs, Part::tpm};
    doubted_ = std::exchange(undecided_, {});
    repeated_ = false;
    read_facts();
    read_pcrs();
    look_at_tpm();
}

void LuksWatcher::plan(Duration after) {
    interval_->start(after);
    next_ = context_.clock.wall() + static_cast<WallTime>(after.count());
}

void LuksWatcher::mounts_changed(const std::vector<Mount>& mounts) {
    const bool ours = std::ranges::any_of(facts_, [&](const LuksFacts& each) {
        const Mount* const now = each.volume.mount.empty() ? nullptr : mounted_at(mounts, each.volume.mount);
        const std::uint32_t before = each.mounted ? each.mounted->id : 0;
        return (now == nullptr ? 0 : now->id) != before;
    });
    // The first look may have read the table before it changed.
    if (ours || !known_) begin_look();
}

bool LuksWatcher::is_without_task() const {
    return config_.enabled == Enabled::automatic && config_.volumes.empty() && baseline_.is_none();
}

void LuksWatcher::look_at_tpm() {
    if (is_without_task()) return finish(Part::tpm);
    if (baseline_.is_unreadable())
        tpm_watch_.lose_baseline();
    else
        tpm_watch_.use_baseline(baseline_.document(), std::exchange(just_accepted_, false));
    tpm_watch_.look([this, alive = std::weak_ptr<int>(alive_)] {
        if (!alive.expired()) finish(Part::tpm);
    });
}

void LuksWatcher::read_facts() {
    const auto back = [this, alive = std::weak_ptr<int>(alive_)](std::vector<LuksFacts> facts) {
        if (!alive.expired()) facts_read(std::move(facts));
    };
    const auto queued = context_.worker.run(
        Lane::disk,
        [opener = &context_.opener, volumes = config_.volumes, root = root_] {
            return read_luks_facts(*opener, volumes, root);
        },
        back);
    if (!queued) again_->start(lane_is_full);
}

void LuksWatcher::read_pcrs() {
    const auto back = [this, alive = std::weak_ptr<int>(alive_)](Result<PcrForecast> pcrs) {
        if (!alive.expired()) pcrs_read(std::move(pcrs));
    };
    if (config_.volumes.empty()) return finish(Part::pcrs);
    const auto queued = context_.worker.run(
        Lane::tpm,
        [tpm = tpm_, opener = &context_.opener, efivars = root_ + context_.config.boot.efivars] {
            return read_pcr_forecast(*tpm, *opener, efivars);
        },
        back);
    if (!queued) pcrs_read(queued.error());
}

void LuksWatcher::facts_read(std::vector<LuksFacts> facts) {
    const std::set<std::string> doubtful = doubtful_of(facts);
    undecided_.clear();
    std::ranges::set_difference(doubtful, doubted_, std::inserter(undecided_, undecided_.end()));
    // Once: volumes that are in doubt by turns would let no look end.
    if (!undecided_.empty() && !std::exchange(repeated_, true)) {
        doubted_.insert(doubtful.begin(), doubtful.end());
        return again_->start(doubt_settles);
    }
    facts_ = std::move(facts);
    known_ = true;
    judge();
    tell_unsealing();
    finish(Part::facts);
}

void LuksWatcher::pcrs_read(Result<PcrForecast> pcrs) {
    pcrs_.reset();
    pcr_problem_.clear();
    if (pcrs)
        pcrs_ = std::move(*pcrs);
    else
        pcr_problem_ = pcrs.error().message;
    tell_unsealing();
    finish(Part::pcrs);
}

void LuksWatcher::judge() {
    findings_ = LuksFindings();
    if (!is_absent()) {
        for (const LuksFacts& each : facts_) {
            const auto record = record_of(each);
            const std::uint64_t highest = record ? keep_.highest(each.volume.name, record->key) : 0;
            judge_volume(each,
                         {.accepted = baseline_.of(each.volume.name),
                          .accepted_unknown = baseline_.is_unreadable(),
                          .highest = highest,
                          .doubtful = undecided_.contains(each.volume.name)},
                         findings_);
        }
    }
    context_.sink.report(findings_.look(luks_volume_kinds()));
}

// When both are known, whichever came last.
void LuksWatcher::tell_unsealing() {
    const bool both = !waiting_for_.contains(Part::facts) || !waiting_for_.contains(Part::pcrs);
    if (!known_ || !both) return;
    unsealing_ = LuksFindings();
    const bool absent = is_absent();
    for (const LuksFacts& each : facts_) {
        if (undecided_.contains(each.volume.name))
            unsealing_.leave_open(kinds::luks_unseal_failing, each.volume.name);
        else if (!absent)
            judge_unsealing(each, pcrs_, unsealing_);
    }
    context_.sink.report(unsealing_.look({&kinds::luks_unseal_failing}));
}

void LuksWatcher::keep() {
    for (const LuksFacts& each : facts_)
        if (const auto record = record_of(each)) keep_.see(each.volume.name, *record);
    if (tpm_watch_.take_news()) keep_.tpm = tpm_watch_.kept();
    if (keep_ == kept_) return;
    kept_ = keep_;
    context_.sink.keep(to_text(keep_));
}

void LuksWatcher::finish(Part part) {
    waiting_for_.erase(part);
    if (!waiting_for_.empty()) return;
    ++looks_;
    keep();
    tell_health();
    if (once_more_) return begin_look();
    if (tpm_watch_.in_doubt()) plan(std::min(config_.interval, tpm_is_busy));
    const std::weak_ptr<int> alive = alive_;
    context_.sink.look_finished();
    if (!alive.expired()) settled_.release();
}

bool LuksWatcher::is_absent() const {
    if (config_.enabled != Enabled::automatic || !baseline_.is_none()) return false;
    return std::ranges::all_of(facts_, [](const LuksFacts& each) {
        return each.missing || (each.unread.empty() && each.header.format == LuksFormat::none);
    });
}

void LuksWatcher::tell_health() {
    if (is_absent())
        return context_.sink.health({.can_look = true, .reason = "there is no LUKS volume", .absent = true});
    const std::string found = problem();
    context_.sink.health({.can_look = found.empty(), .reason = found});
}

std::string LuksWatcher::problem() const {
    for (const LuksFacts& each : facts_) {
        const std::string name = "volume " + each.volume.name + ": ";
        if (!each.missing && !each.unread.empty()) return name + each.unread;
        if (!each.table_unread.empty()) return name + "the active table cannot be read: " + each.table_unread;
        if (!each.mounts_unread.empty()) return name + "what is mounted is not known: " + each.mounts_unread;
        if (undecided_.contains(each.volume.name)) return name + "it was being written, or suspended";
    }
    if (!baseline_.problem().empty()) return baseline_.problem();
    for (const LuksFacts& each : facts_)
        if (baseline_.of(each.volume.name) == nullptr)
            return "volume " + each.volume.name + " was not accepted yet: run `integrityctl baseline accept luks`";
    return "";
}

std::map<std::string, std::uint64_t> LuksWatcher::counters() const {
    std::map<std::string, std::uint64_t> counters{{"looks", looks_}, {"volumes", facts_.size()}};
    for (const LuksFacts& each : facts_)
        counters["volumes_sealed"] += is_sealed(each) ? 1 : 0;
    return counters;
}

std::optional<ValueMap> LuksWatcher::report() const {
    LuksFindings all = findings_;
    for (const Observation& each : unsealing_.seen())
        all.add(*each.kind, each.subject, each.summary, each.evidence);
    ValueList volumes;
    for (const LuksFacts& each : facts_)
        volumes.emplace_back(report_of(each, baseline_.of(each.volume.name) != nullptr, pcrs_, all));
    return ValueMap{{"volumes", std::move(volumes)},
                    {"baseline", baseline_.problem()},
                    {"pcrs", pcr_problem_},
                    {"tpm", tpm_watch_.report()}};
}

void LuksWatcher::when_settled(const std::function<void()>& then) {
    settled_.add(then);
    begin_look();  // one that is under way may have passed what was done meanwhile
}

std::vector<const Kind*> LuksWatcher::baseline_kinds() const {
    auto kinds = luks_baseline_kinds();
    const auto of_tpm = TpmWatch::baseline_kinds();
    kinds.insert(kinds.end(), of_tpm.begin(), of_tpm.end());
    return kinds;
}

LuksPresent LuksWatcher::present() const {
    LuksPresent present;
    for (const LuksFacts& each : facts_)
        if (auto record = record_of(each)) present.volumes[each.volume.name] = std::move(*record);
    present.tpm = tpm_watch_.present();
    return present;
}

Result<BaselineDiff> LuksWatcher::diff_baseline() {
    if (looks_ == 0) return Error{"the volumes are being read", EAGAIN};
    // What would be accepted without it lacks the TPM for good.
    if (is_busy(tpm_watch_.failure())) return Error{"the TPM is busy; ask again in a minute", EBUSY};
    const LuksPresent there = present();
    if (there.volumes.empty() && !there.tpm) return Error{"there is no volume that can be accepted", ENOENT};
    return BaselineDiff{baseline_.difference(there, tpm_watch_.difference()), there.digest()};
}

// There is no part of what nobody knows, and none of a volume that nothing was accepted of: to take that as good is to
// take all of it as good, and all that was told of it.
Result<void> LuksWatcher::may_accept(const Wanted& wanted) const {
    if (!wanted.all() && baseline_.is_unreadable())
        return Error{"what was accepted cannot be read; it can only be accepted as a whole", EINVAL};
    const auto settled = luks_baseline_kinds();
    for (const Observation& each : findings_.seen()) {
        if (baseline_.of(each.subject) != nullptr || !wanted.any(settled, each.subject)) continue;
        if (std::ranges::find(settled, each.kind) == settled.end() || wanted.any({each.kind}, each.subject)) continue;
        return Error{"nothing was accepted of volume " + each.subject +
                         " yet, so that all that is told of it has to be: " + std::string(each.kind->name) + " too",
                     EINVAL};
    }
    return {};
}

Result<void> LuksWatcher::accept_baseline(std::string_view digest, const Wanted& wanted) {
    const auto diff = diff_baseline();
    if (!diff) return diff.error();
    if (diff->digest != digest) return Error{"the volumes are not as they were shown", ECANCELED};
    if (auto allowed = may_accept(wanted); !allowed) return allowed;
    const LuksPresent there = present();
    if (auto accepted = baseline_.accept(there, wanted); !accepted) return accepted;
    just_accepted_ = true;
    // What is newer than this was seen, and stays so for whoever accepted something else.
    for (const auto& [name, record] : there.volumes)
        if (wanted.any({&kinds::luks_header_rolled_back, &kinds::luks_volume_replaced}, name))
            keep_.accept(name, record);
    begin_look();
    return {};
}

Result<void> LuksWatcher::import_baseline(const ValueMap& document) {
    if (auto imported = baseline_.import(document); !imported) return imported;
    just_accepted_ = true;
    begin_look();
    return {};
}

std::unique_ptr<Watcher> make_luks_watcher(const WatcherContext& context) {
    return std::make_unique<LuksWatcher>(context, make_tpm(context.config, context.opener));
}

}  // namespace integrityd
