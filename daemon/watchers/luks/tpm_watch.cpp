#include "watchers/luks/tpm_watch.hpp"

#include <algorithm>
#include <cerrno>

#include "core/catalogue_kinds.hpp"
#include "core/config.hpp"
#include "sources/tpm_report.hpp"
#include "watchers/luks/tpm_baseline.hpp"
#include "watchers/luks/tpm_judge.hpp"

namespace integrityd {

namespace {

bool is_against_baseline(const Violation& violation) {
    const auto kinds = TpmWatch::baseline_kinds();
    return std::ranges::find(kinds, violation.kind, &Kind::name) != kinds.end();
}

}  // namespace

TpmWatch::TpmWatch(const WatcherContext& context, std::shared_ptr<Tpm> tpm) : context_(context), tpm_(std::move(tpm)) {}

void TpmWatch::use_baseline(const std::optional<Baseline>& accepted, bool just_accepted) {
    lose_baseline();
    lost_ = false;
    unsealed_ = unsealed_ || just_accepted;  // until a look has read the TPM
    if (!accepted) return;
    digest_ = accepted->digest;
    const auto found = accepted->content.find(part);
    const ValueMap* const content = found != accepted->content.end() ? found->second.get<ValueMap>() : nullptr;
    if (content != nullptr) accepted_ = *content;
}

void TpmWatch::lose_baseline() {
    accepted_.reset();
    digest_.clear();
    lost_ = true;
}

void TpmWatch::look(std::function<void()> done) {
    waiting_.push_back(std::move(done));
    if (looking_) return;
    looking_ = true;
    const std::weak_ptr<bool> alive = alive_;
    const auto back = [this, alive](TpmReading reading) {
        if (!alive.expired()) judge(std::move(reading));
    };
    const auto queued = context_.worker.run(
        Lane::tpm, [tpm = tpm_] { return read_tpm(*tpm); }, back);
    if (!queued) judge(TpmReading{.failure = queued.error(), .facts = {}, .banks = {}, .digest = {}, .counter = {}});
}

void TpmWatch::judge(TpmReading reading) {
    looking_ = false;
    last_ = std::move(reading);
    const bool was_busy = std::exchange(busy_, is_busy(last_->failure));
    in_doubt_ = busy_ && !was_busy;
    if (!in_doubt_) judge_health();
    if (!last_->failure) {
        judge_seal();
        judge_past();
    }
    for (const auto& done : std::exchange(waiting_, {}))
        done();
}

void TpmWatch::judge_health() {
    for (Look& found : judge_tpm(*last_, accepted_, context_.config.tpm.lockout_threshold)) {
        if (lost_) found.still_present = is_against_baseline;
        context_.sink.report(std::move(found));
    }
}

void TpmWatch::judge_seal() {
    // What was accepted without a digest in the TPM needs none; one that is there will be replaced.
    const bool awaited = last_->digest || (accepted_ && was_provisioned(*accepted_));
    if (std::exchange(unsealed_, false) && awaited) return;
    Look found = integrityd::judge_seal(*last_, accepted_, digest_, memory_ ? memory_->seals : 0);
    if (lost_) found.still_present = [](const Violation&) { return true; };
    context_.sink.report(std::move(found));
}

void TpmWatch::judge_past() {
    TpmMemory now = memory_of(*last_, context_.clock.boot_id());
    if (memory_) {
        for (Observation& seen : happened_since(*memory_, now))
            context_.sink.report(std::move(seen));
        // The highest: a counter that went back stays so.
        now.seals = std::max(now.seals, memory_->seals);
    }
    if (!is_news(memory_, now)) return;
    memory_ = std::move(now);
    news_ = true;
}

std::optional<ValueMap> TpmWatch::present() const {
    if (!last_ || last_->failure) return std::nullopt;
    return tpm_content(*last_);
}

ValueMap TpmWatch::difference() const {
    const auto there = present();
    if (!there) return {};
    if (!accepted_) return *there;
    ValueMap differences = tpm_flag_differences(*accepted_, *there);
    if (ValueMap handles = tpm_handle_differences(*accepted_, *there); !handles.empty())
        differences["handles"] = std::move(handles);
    if (was_provisioned(*accepted_) != was_provisioned(*there))
        differences["provisioned"] =
            ValueMap{{"accepted", was_provisioned(*accepted_)}, {"present", was_provisioned(*there)}};
    return differences;
}

std::vector<const Kind*> TpmWatch::baseline_kinds() {
    return {&kinds::tpm_missing, &kinds::tpm_policy_changed, &kinds::tpm_handle_changed};
}

std::string TpmWatch::kept() const {
    return memory_ ? to_text(*memory_) : std::string();
}

bool TpmWatch::take_news() {
    return std::exchange(news_, false);
}

void TpmWatch::restore(std::string_view line) {
    memory_ = parse_tpm_memory(line);
}

bool TpmWatch::missing() const {
    return last_ && last_->failure && last_->failure->code == ENODEV;
}

const std::optional<Error>& TpmWatch::failure() const {
    static const std::optional<Error> none;
    return last_ ? last_->failure : none;
}

ValueMap TpmWatch::report() const {
    ValueMap report =
        last_ ? tpm_report(*last_, context_.config.tpm.lockout_threshold) : ValueMap{{"state", "unknown"}};
    report["tcti"] = context_.config.tpm.tcti;
    report["accepted"] = accepted_.has_value();
    report["seal"] = seal_state(last_ ? &*last_ : nullptr, accepted_, digest_);
    return report;
}

}  // namespace integrityd
