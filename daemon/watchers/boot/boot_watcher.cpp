#include "watchers/boot/boot_watcher.hpp"

#include <algorithm>
#include <cerrno>

#include "catalogue_kinds.hpp"
#include "core/escape.hpp"
#include "sources/boot_command_line.hpp"
#include "sources/tpm_reading.hpp"
#include "watchers/boot/boot_files.hpp"
#include "watchers/boot/boot_keys.hpp"
#include "watchers/boot/boot_mounts.hpp"

namespace integrityd {

namespace {

constexpr std::size_t longest_problem = 512;
constexpr Duration timer_accuracy = std::chrono::seconds(1);
// A lane that is full is asked again then.
constexpr Duration retry = std::chrono::seconds(1);
// What keeps a TPM busy for a while is over by then (sources/tpm_reading.hpp).
constexpr Duration tpm_is_busy = std::chrono::seconds(60);

// Digests of images that are not accepted, one behind the other: what files are looked for.
std::string unknown_images(const std::vector<BootDifference>& differences) {
    std::string out;
    for (const BootDifference& difference : differences) {
        if (difference.kind != BootDifference::Kind::unexpected || !is_image(difference.component)) continue;
        for (const RunEvent& event : difference.events)
            out += event.digest;
    }
    return out;
}

}  // namespace

struct BootWatcher::Reading {
    MeasuredBoot measured;
    BootSurroundings surroundings;
};

BootWatcher::BootWatcher(const WatcherContext& context, BootWorld world)
    : context_(context),
      config_(context.config.boot),
      world_(std::move(world)),
      tpm_(world_.tpm ? world_.tpm : std::shared_ptr<Tpm>(make_tpm(context.config, context.opener))),
      timer_(context.loop.add_timer([this] { look(); }, timer_accuracy)),
      mount_watch_(context.loop, context.worker, world_.root,
                   [this](const std::vector<Mount>& mounts) { mounts_changed(mounts); }),
      kept_(context.sink.kept().value_or("")) {
    reference_.restore(kept_, context.clock.boot_id());
    told_of_log_ = told_of_ima_ = !reference_.values().empty();
}

BootWatcher::~BootWatcher() = default;

void BootWatcher::when_settled(const std::function<void()>& then) {
    if (!looking_) return then();
    waiting_.add(then);
    once_more_ = true;  // the one under way may have passed what was done meanwhile
}

void BootWatcher::start() {
    look_open_ = true;
    look();
}

Result<void> BootWatcher::check() {
    look_open_ = true;
    named_for_.clear();  // a boot partition may have been mounted since
    look();
    return {};
}

// Most mounts are none of ours, and a look asks the TPM.
void BootWatcher::mounts_changed(const std::vector<Mount>& mounts) {
    if (!view_ || covering_mounts(mounts) != covering_mounts(view_->surroundings.mounts)) look();
}

void BootWatcher::look() {
    timer_->stop();
    if (looking_) {
        once_more_ = true;
        return;
    }
    looking_ = true;
    once_more_ = false;
    const auto job = [tpm = tpm_, ima = ima_, opener = &context_.opener, efivars = config_.efivars, root = world_.root,
                      at_boot = reference_.values()] {
        Reading reading;
        reading.measured = read_measured_boot(*tpm, *opener);
        reading.surroundings = read_surroundings(efivars, root);
        reading.surroundings.root = read_root_device(*opener);
        // PCR 10 was read above, before the list is.
        ima->read(*opener, reading.measured.pcrs, at_boot.empty() ? reading.measured.pcrs : at_boot);
        return reading;
    };
    const auto submitted =
        context_.worker.run(Lane::tpm, job, [this, alive = std::weak_ptr<int>(alive_)](Reading reading) {
            if (!alive.expired()) read(std::move(reading));
        });
    if (submitted) return;
    looking_ = false;
    timer_->start(retry);
}

void BootWatcher::read(Reading reading) {
    load_accepted();
    // What the TPM said at the last look stands for one look, and what needs no TPM is judged as it is now.
    const bool was_busy = std::exchange(tpm_busy_, is_busy(reading.measured.tpm_error));
    in_doubt_ = tpm_busy_ && !was_busy;
    if (in_doubt_ && view_ && view_->problem().empty() && view_->log.whole()) reading.measured = view_->measured;
    view_ = std::make_unique<BootView>(std::move(reading.measured), std::move(reading.surroundings),
                                       accepted_ ? accepted_->bank : HashAlgorithm{0});
    if (!view_->measured.tpm_error) {
        reference_.update(view_->measured.pcrs);
        if (const auto& verity = view_->surroundings.root.verity) reference_.update_root(verity->root_hash);
        keep_reference();
    }
    name_files();
}

// What is not known is told once, with the name of its file: that takes as long as hashing what may be booted.
void BootWatcher::name_files() {
    const std::string unknown =
        accepted_ && view_->readable() ? unknown_images(compare_boot(view_->runs, *accepted_)) : std::string();
    if (unknown.empty() || unknown == named_for_) return judge();
    named_for_ = unknown;
    const auto submitted = context_.worker.run(
        Lane::disk,
        [directories = world_.image_directories, bank = view_->story.bank] { return name_images(directories, bank); },
        [this, alive = std::weak_ptr<int>(alive_)](std::map<std::string, std::string> names) {
            if (alive.expired()) return;
            file_names_ = std::move(names);
            judge();
        });
    if (!submitted) judge();
}

void BootWatcher::judge() {
    looking_ = false;
    ++looks_;
    const auto none = std::map<PcrOfBank, std::string>();
    pcrs_ = view_->measured.tpm_error ? std::vector<PcrState>()
                                      : match_pcrs(view_->replay, view_->measured.pcrs, reference_,
                                                   accepted_ ? accepted_->unreplayable : none);
    const std::weak_ptr<int> alive = alive_;
    tell();
    tell_running();
    if (Health now = health();
        !told_ || told_->can_look != now.can_look || told_->reason != now.reason || told_->absent != now.absent) {
        told_ = now;
        context_.sink.health(std::move(now));
    }
    if (alive.expired()) return;
    const Duration next = in_doubt_ ? std::min(config_.interval, tpm_is_busy) : config_.interval;
    timer_->start(next);
    next_look_ = context_.clock.wall() + static_cast<WallTime>(next.count());
    finish_look();
    if (alive.expired()) return;
    if (once_more_) return look();
    waiting_.release();
}

void BootWatcher::report_look(std::vector<const Kind*> kinds, std::vector<Observation> seen, bool complete) {
    Look look;
    look.scope = {"boot", std::move(kinds), std::nullopt};
    look.seen = std::move(seen);
    look.complete = complete;
    context_.sink.report(std::move(look));
}

std::string BootWatcher::file_of(const std::string& digest) const {
    const auto found = file_names_.find(digest);
    return found == file_names_.end() ? std::string() : found->second;
}

// Without the TPM the log is only a claim: nothing in it is judged, and nothing that was told is taken back.
void BootWatcher::tell() {
    const bool absent = health().absent;
    if (view_->measured.log_error)
        return report_look({&kinds::boot_log_unavailable},
                           absent ? std::vector<Observation>() : judge_log(*view_, pcrs_, accepted(), {}), true);
    report_look({&kinds::boot_log_unavailable}, {}, true);
    if (view_->readable()) tell_log();
}

void BootWatcher::tell_log() {
    Look look;
    look.scope = {"boot", log_kinds(*view_, accepted_.has_value()), std::nullopt};
    look.seen = judge_log(*view_, pcrs_, accepted(), [this](const std::string& digest) { return file_of(digest); });
    look.complete = view_->problem().empty() && !lacks_baseline();
    if (told_of_log_) {
        look.still_present = [this](const Violation& told) {
            return may_still_hold(view_->surroundings.variables, accepted_keys(), told);
        };
    }
    told_of_log_ = true;
    context_.sink.report(std::move(look));
}

// Without a list there is nothing to say of this boot, and nothing to take back but what was said of another one.
void BootWatcher::tell_ima() {
    const ImaState ima = ima_->state();
    const bool gone = ima == ImaState::none && told_of_ima_;
    if (gone || ima == ImaState::unread || ima == ImaState::unreadable) return;
    told_of_ima_ = true;
    report_look({&kinds::boot_ima_violation, &kinds::boot_ima_mismatch}, ima_->judge(), true);
}

void BootWatcher::tell_running() {
    if (!view_->measured.tpm_error)
        report_look({&kinds::boot_pcr_extended}, judge_moved(reference_, view_->measured.pcrs, ima_->may_extend()),
                    true);
    tell_ima();
    // What log and baseline say of the hash is not known without them: then nothing is taken back.
    if (view_->surroundings.root.known)
        report_look({&kinds::boot_root_unverified}, judge_root(root_facts(), accepted_root()),
                    view_->problem().empty() && view_->log.whole() && !lacks_baseline());
    if (view_->surroundings.mounts_known && accepted_ && accepted_->mounts)
        report_look({&kinds::boot_mount_shadowed}, judge_mounts(view_->surroundings, *accepted_->mounts), true);
}

const AcceptedSecureBoot* BootWatcher::accepted_keys() const {
    return accepted_ && accepted_->secure_boot ? &*accepted_->secure_boot : nullptr;
}

const AcceptedRoot* BootWatcher::accepted_root() const {
    return accepted_ && accepted_->root ? &*accepted_->root : nullptr;
}

std::string BootWatcher::command_line() const {
    return measured_command_line(view_->log, view_->story.bank, view_->surroundings.command_line, pcrs_);
}

RootFacts BootWatcher::root_facts() const {
    return {view_->surroundings.root, config_.root_hash, named_root_hash(command_line()), images_of(view_->runs),
            reference_.root_hash()};
}

void BootWatcher::keep_reference() {
    std::string text = reference_.to_text(context_.clock.boot_id());
    if (text == kept_) return;
    kept_ = std::move(text);
    context_.sink.keep(kept_);
}

Health BootWatcher::health() const {
    const bool never = !was_accepted_ && config_.enabled == Enabled::automatic;
    const std::string problem = escape_cut(view_->problem(), longest_problem);
    const bool no_log = view_->measured.log_error && view_->measured.log_error->code == ENOENT;
    const bool no_tpm = view_->measured.tpm_error &&
                        (view_->measured.tpm_error->code == ENODEV || view_->measured.tpm_error->code == ENOENT);
    if (never && (no_log || no_tpm)) return {true, "this device has no measured boot: " + problem, true};
    if (!problem.empty()) return {false, problem, false};
    if (!baseline_problem_.empty()) return {false, baseline_problem_, false};
    if (ima_->state() == ImaState::unreadable)
        return {false, "the kernel's list of measured files cannot be read", false};
    if (!view_->surroundings.root.known && is_root_judged(root_facts(), accepted_root()))
        return {false, "what the root lies on is not known: " + view_->surroundings.root.problem, false};
    return {};
}

void BootWatcher::finish_look() {
    if (!look_open_ || once_more_) return;
    look_open_ = false;
    context_.sink.look_finished();
}

std::map<std::string, std::uint64_t> BootWatcher::counters() const {
    std::map<std::string, std::uint64_t> out{{"looks", looks_}};
    // While a job reads, the list is its own.
    if (view_ && !looking_) out["ima_entries"] = ima_->entries();
    if (view_) out["log_events"] = view_->log.events.size();
    if (view_) out["log_bytes"] = view_->measured.log.size();
    return out;
}

std::unique_ptr<Watcher> make_boot_watcher(const WatcherContext& context) {
    return std::make_unique<BootWatcher>(context, BootWorld{nullptr, "", default_image_directories()});
}

}  // namespace integrityd
