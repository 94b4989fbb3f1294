// AideWatcher's part that is about what was accepted, and about accepting it.
#include <algorithm>
#include <cerrno>

#include "catalogue_kinds.hpp"
#include "core/digest.hpp"
#include "core/escape.hpp"
#include "watchers/aide/aide_watcher.hpp"

namespace integrityd {

void AideWatcher::load_accepted() {
    auto loaded = baseline_.load();
    baseline_readable_ = loaded.ok();
    accepted_.reset();
    baseline_problem_.clear();
    if (!loaded)
        baseline_problem_ = escape_cut(loaded.error().message, 512);
    else if (!*loaded)
        baseline_problem_ = "no accepted baseline: run `integrityctl baseline accept aide`";
    else
        accepted_ = std::move(**loaded);
    // Only one of the two was accepted so far.
    if (accepted_ && accepted_->databases.empty()) baseline_problem_ = "AIDE's database was not accepted yet";
    if (accepted_ && accepted_->configs.empty()) baseline_problem_ = "AIDE's configuration was not accepted yet";
}

// Whether the last report's entries are part of what is there and can be accepted: then a new database has to be made.
bool AideWatcher::may_be_accepted() const {
    return difference_ && difference_->entries > 0 && difference_->hindrance.empty() && files_->database &&
           difference_database_ == files_->database->sha256;
}

// A change that is waited out for what may follow is read at once.
void AideWatcher::when_settled(const std::function<void()>& then) {
    if (!checking_files_ && !files_settle_->running()) return then();
    waiting_for_files_.add(then);
    if (!files_settle_->running()) return;
    files_settle_->stop();
    check_files();
}

Result<BaselineDiff> AideWatcher::diff_baseline() {
    if (!files_ || checking_files_) return Error{"AIDE's files are being read", EAGAIN};
    const std::string hindered = files_problem(*files_);
    if (!hindered.empty()) return Error{hindered, ENOENT};
    BaselineDiff diff;
    diff.digest = files_->digest();
    diff.difference = difference(*files_, accepted_.value_or(AideAccepted{}), config_.database, config_.config);
    diff.difference["image"] = escape(baseline_.image());
    if (difference_ && difference_->entries > 0) diff.difference["entries"] = difference_->shown;
    if (may_be_accepted()) diff.digest = sha256_hex(diff.digest + difference_->digest);
    return diff;
}

std::vector<const Kind*> AideWatcher::baseline_kinds() const {
    std::vector<const Kind*> settled = {&kinds::aide_database_changed, &kinds::aide_config_changed};
    if (may_be_accepted()) {
        settled.insert(settled.end(),
                       {&kinds::aide_entry_added, &kinds::aide_entry_removed, &kinds::aide_entry_changed});
    }
    return settled;
}

Result<void> AideWatcher::accept_baseline(std::string_view digest, const Wanted& wanted) {
    const auto diff = diff_baseline();
    if (!diff) return diff.error();
    if (diff->digest != digest) return Error{"AIDE's files are others than those that were shown", ECANCELED};
    AideAccepted next = accepted_.value_or(AideAccepted{});
    if (wanted.any({&kinds::aide_database_changed})) next.databases = {files_->database->sha256};
    if (wanted.any({&kinds::aide_config_changed})) next.configs = {files_->config->sha256};
    if (auto accepted = baseline_.accept(next); !accepted) return accepted.error();
    look_by_new_baseline();
    return {};
}

Result<void> AideWatcher::import_baseline(const ValueMap& document) {
    if (renewal_.running()) return Error{"AIDE is making a new database", EBUSY};
    if (auto imported = baseline_.import(document); !imported) return imported;
    look_by_new_baseline();
    return {};
}

void AideWatcher::look_by_new_baseline() {
    // What was counted with another database says nothing of this one.
    last_.last_total = 0;
    look_open_ = true;
    forced_ = true;
    check_files();
    read_report(true);
}

// Files that differ are accepted by a database that holds them: the acceptance is over when that is in force.
Result<void> AideWatcher::begin_acceptance(std::string_view digest, const Wanted& wanted, const Accepted& accepted) {
    const bool files = wanted.any({&kinds::aide_entry_added, &kinds::aide_entry_removed, &kinds::aide_entry_changed});
    if (files && !wanted.all()) return Error{"a new database can only be made of all that differs", EINVAL};
    if (!files || !may_be_accepted()) return Watcher::begin_acceptance(digest, wanted, accepted);
    const auto diff = diff_baseline();
    if (!diff) return diff.error();
    if (diff->digest != digest) return Error{"what is there is not what was shown", ECANCELED};
    if (command_.running() || judging_command_) return Error{"a check is running", EBUSY};
    if (auto begun = renewal_.begin({difference_->digest, files_->database->sha256}); !begun) return begun;
    wanted_ = {{files_->database->sha256}, {files_->config->sha256}};
    before_ = accepted_;
    accepted_then_ = accepted;
    command_.hold(true);
    return {};
}

// The configuration as it was shown belongs to it.
Result<void> AideWatcher::pin(const std::vector<std::string>& databases) {
    ++pins_;
    if (auto accepted = baseline_.accept({databases, wanted_.configs}); !accepted) return accepted.error();
    return {};
}

// Between pinning and moving both databases are accepted; now it is known which one it is. A check with it follows,
// which resolves what it holds.
void AideWatcher::renewed(const Result<std::string>& made, bool pinned) {
    command_.hold(false);
    const auto then = std::exchange(accepted_then_, {});
    if (!made) {
        // Where this fails as well, the old database is still among the accepted ones.
        if (pinned) (void)baseline_.accept(before_.value_or(wanted_));
        ++pins_;
        then(made.error());
        return check_files();
    }
    const auto accepted = pin({*made});
    last_.last_total = 0;
    difference_.reset();
    look_open_ = true;
    command_.run_and_tell();
    check_files();
    then(accepted);
}

std::vector<std::string> AideWatcher::accepted_databases() const {
    return accepted_ && baseline_readable_ ? accepted_->databases : std::vector<std::string>();
}

}  // namespace integrityd
