#include "watchers/luks/luks_baseline.hpp"

#include <algorithm>
#include <cerrno>

#include "catalogue_kinds.hpp"
#include "core/canonical_json.hpp"
#include "core/digest.hpp"
#include "core/escape.hpp"
#include "watchers/luks/luks_judge.hpp"
#include "watchers/luks/tpm_baseline.hpp"

namespace integrityd {

namespace {

constexpr std::string_view watcher = "luks";
constexpr std::size_t longest_problem = 512;

const Value* find(const ValueMap& map, std::string_view name) {
    const auto found = map.find(name);
    return found == map.end() ? nullptr : &found->second;
}

// An acceptance of a part: what else differs goes on being told. That the header was written belongs to what is told of
// the header, so that no other acceptance takes its sequence.
LuksRecord merged(const std::string& volume, LuksRecord accepted, const LuksRecord& present, const Wanted& wanted) {
    if (wanted.any({&kinds::luks_volume_replaced}, volume)) return present;
    const bool slots = wanted.any({&kinds::luks_keyslot_added, &kinds::luks_keyslot_removed}, volume);
    const bool tokens = wanted.any(
        {&kinds::luks_token_added, &kinds::luks_token_removed, &kinds::luks_token_changed, &kinds::luks_policy_changed},
        volume);
    const bool header = wanted.any({&kinds::luks_header_changed}, volume);
    const bool back = wanted.any({&kinds::luks_header_rolled_back}, volume);
    if (slots) accepted.slots = present.slots;
    if (slots || header) {
        accepted.ciphers = present.ciphers;
        accepted.digests = present.digests;
        accepted.priorities = present.priorities;
    }
    if (tokens) accepted.tokens = present.tokens;
    if (header) {
        accepted.segments = present.segments;
        accepted.flags = present.flags;
        accepted.requirements = present.requirements;
    }
    if (wanted.any({&kinds::luks_mapping_unexpected}, volume)) accepted.mapping_flags = present.mapping_flags;
    if (!slots && !tokens && !header && !back) return accepted;
    accepted.sequence = back ? present.sequence : std::max(accepted.sequence, present.sequence);
    accepted.document = present.document;
    return accepted;
}

// Member → {"accepted", "present"} of what differs.
ValueMap differing(const ValueMap& accepted, const ValueMap& present) {
    ValueMap out;
    for (const auto& [name, value] : present) {
        const Value* const before = find(accepted, name);
        if (before != nullptr && *before == value) continue;
        out[name] = ValueMap{{"accepted", before != nullptr ? *before : Value()}, {"present", value}};
    }
    return out;
}

}  // namespace

std::string LuksPresent::digest() const {
    ValueMap all{{"volumes", to_value(volumes)}};
    if (tpm) all["tpm"] = *tpm;
    return sha256_hex(canonical_json(Value(std::move(all))));
}

void LuksBaseline::load() {
    document_.reset();
    volumes_.clear();
    problem_.clear();
    auto loaded = store_.load(watcher);
    unreadable_ = !loaded;
    if (!loaded) {
        problem_ = escape_cut(loaded.error().message, longest_problem);
        return;
    }
    if (!*loaded) {
        problem_ = "no accepted baseline: run `integrityctl baseline accept luks`";
        return;
    }
    auto volumes = read_luks_records((*loaded)->content);
    unreadable_ = !volumes;
    if (!volumes) {
        problem_ = "the accepted baseline of luks cannot be understood";
        return;
    }
    volumes_ = std::move(*volumes);
    document_ = std::move(*loaded);
}

const LuksRecord* LuksBaseline::of(const std::string& volume) const {
    const auto found = volumes_.find(volume);
    return found == volumes_.end() ? nullptr : &found->second;
}

Result<void> LuksBaseline::accept(const LuksPresent& present, const Wanted& wanted) {
    LuksRecords records = volumes_;
    for (const auto& [name, record] : present.volumes) {
        const LuksRecord* const before = of(name);
        if (before != nullptr)
            records[name] = merged(name, *before, record, wanted);
        else if (wanted.any(luks_baseline_kinds(), name))
            records[name] = record;
    }
    ValueMap content{{"version", 1}, {"volumes", to_value(records)}};
    const Value* const tpm = document_ ? find(document_->content, "tpm") : nullptr;
    const ValueMap* const before = tpm != nullptr ? tpm->get<ValueMap>() : nullptr;
    if (wanted.all() && present.tpm)
        content["tpm"] = *present.tpm;
    else if (before != nullptr)
        content["tpm"] = present.tpm ? merged_tpm(*before, *present.tpm, wanted) : *before;
    const auto written = store_.accept(watcher, content);
    if (!written) return written.error();
    load();
    return {};
}

Result<void> LuksBaseline::import(const ValueMap& document) {
    const auto volumes = read_luks_records(document);
    ValueMap content{{"version", 1}, {"volumes", to_value(volumes.value_or(LuksRecords{}))}};
    const Value* const tpm = find(document, "tpm");
    if (tpm != nullptr && tpm->get<ValueMap>() != nullptr) content["tpm"] = *tpm;
    if (content != document)
        return Error{"it is no baseline of luks as `integrityctl baseline export luks` prints it", EINVAL};
    const auto written = store_.accept(watcher, content);
    if (!written) return written.error();
    load();
    return {};
}

ValueMap LuksBaseline::difference(const LuksPresent& present, const ValueMap& of_tpm) const {
    ValueMap differences;
    for (const auto& [name, record] : present.volumes) {
        const LuksRecord* const before = of(name);
        ValueMap each = differing(before == nullptr ? ValueMap() : to_value(*before), to_value(record));
        if (!each.empty()) differences[name] = std::move(each);
    }
    if (!of_tpm.empty()) differences["tpm"] = of_tpm;
    return {{"accepted", document_.has_value()}, {"differences", std::move(differences)}};
}

}  // namespace integrityd
