// AideWatcher's part that is about AIDE's database and configuration.
#include "catalogue_kinds.hpp"
#include "watchers/aide/aide_watcher.hpp"

namespace integrityd {

namespace {

// Files that the configuration includes lie in other directories, which are not watched.
constexpr Duration files_interval = std::chrono::minutes(15);
constexpr Duration retry = std::chrono::seconds(1);

}  // namespace

// With enabled = "auto" what was accepted as being there and is gone is grave: nothing else says that it was expected.
void AideWatcher::weigh_loss(Look& look) const {
    if (config_.enabled != Enabled::automatic || !accepted_) return;
    for (Observation& seen : look.seen) {
        if (seen.kind == &kinds::aide_database_missing) seen.severity = Severity::high;
    }
}

void AideWatcher::check_files() {
    if (checking_files_) {
        check_files_again_ = true;
        return;
    }
    load_accepted();
    checking_files_ = true;
    // Opening too: a configuration can have hundreds of includes. The opener outlives the worker's jobs.
    const auto submitted = context_.worker.run(
        Lane::disk, [&opener = context_.opener] { return read_aide_files(open_aide_files(opener)); },
        [this, pins = pins_, alive = std::weak_ptr<int>(alive_)](AideFiles files) {
            if (!alive.expired()) files_read(std::move(files), pins);
        });
    if (!submitted) checking_files_ = false;
    files_timer_->start(submitted ? files_interval : retry);
}

// `pins`: how often was accepted when reading began.
void AideWatcher::files_read(AideFiles files, std::uint64_t pins) {
    checking_files_ = false;
    if (pins != pins_) return check_files();
    files_ = std::move(files);
    for (auto& look : judge_files(*files_, accepted_, config_.database, config_.config)) {
        if (is_absent()) look.seen.clear();
        weigh_loss(look);
        context_.sink.report(std::move(look));
    }
    update_health();
    if (check_files_again_) {
        check_files_again_ = false;
        return check_files();
    }
    waiting_for_files_.release();
    if (judge_again_ && !files_settle_->running() && !command_.configured()) {
        judge_again_ = false;
        forced_ = true;
        return read_report(true);
    }
    finish_look();
}

}  // namespace integrityd
