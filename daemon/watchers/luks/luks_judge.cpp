#include "watchers/luks/luks_judge.hpp"

#include <algorithm>
#include <array>

#include "catalogue_kinds.hpp"
#include "core/escape.hpp"

namespace integrityd {

namespace {

// Ciphers of dm-crypt that cryptsetup, CIP and BSI TR-02102 use for disks; whatever is not here is told.
constexpr std::array<std::string_view, 10> strong = {"aes-xts-plain64",
                                                     "aes-xts-plain",
                                                     "aes-xts-essiv:sha256",
                                                     "aes-cbc-essiv:sha256",
                                                     "serpent-xts-plain64",
                                                     "twofish-xts-plain64",
                                                     "camellia-xts-plain64",
                                                     "paes-xts-plain64",
                                                     "xchacha12,aes-adiantum-plain64",
                                                     "xchacha20,aes-adiantum-plain64"};
constexpr std::uint64_t least_key_size = 32;

void leave_open(const LuksFacts& facts, const std::vector<const Kind*>& kinds, LuksFindings& findings) {
    for (const Kind* const kind : kinds)
        findings.leave_open(*kind, facts.volume.name);
}

std::vector<const Kind*> all_but(std::initializer_list<const Kind*> decided) {
    auto kinds = luks_volume_kinds();
    std::erase_if(kinds, [&](const Kind* each) { return std::ranges::find(decided, each) != decided.end(); });
    return kinds;
}

std::string problem_of(const LuksHeader& header) {
    std::string text;
    if (!header.first.intact()) text += "the first copy: " + header.first.problem;
    if (header.format == LuksFormat::luks2 && !header.second.intact())
        text += (text.empty() ? "" : "; ") + ("the second copy: " + header.second.problem);
    for (const auto& difference : header.differences)
        text += (text.empty() ? "the copies differ in: " : ", ") + difference;
    return text;
}

// False: there is nothing more to judge of this header.
bool judge_presence(const LuksFacts& facts, LuksFindings& findings) {
    const std::string& name = facts.volume.name;
    if (facts.missing) {
        findings.add(kinds::luks_volume_missing, name, "the volume's device is not there",
                     {{"device", escape(facts.volume.device)}});
        leave_open(facts, all_but({&kinds::luks_volume_missing}), findings);
        return false;
    }
    if (!facts.unread.empty()) {
        leave_open(facts, luks_volume_kinds(), findings);
        return false;
    }
    if (facts.header.format != LuksFormat::none) return true;
    findings.add(kinds::luks_volume_not_encrypted, name, "there is no LUKS header on the volume's device",
                 {{"device", escape(facts.volume.device)}});
    leave_open(facts, all_but({&kinds::luks_volume_missing, &kinds::luks_volume_not_encrypted}), findings);
    return false;
}

}  // namespace

std::vector<const Kind*> luks_volume_kinds() {
    return {&kinds::luks_volume_missing,     &kinds::luks_volume_not_encrypted, &kinds::luks_volume_replaced,
            &kinds::luks_mapping_unexpected, &kinds::luks_keyslot_added,        &kinds::luks_keyslot_removed,
            &kinds::luks_token_added,        &kinds::luks_token_removed,        &kinds::luks_token_changed,
            &kinds::luks_header_changed,     &kinds::luks_header_inconsistent,  &kinds::luks_header_rolled_back,
            &kinds::luks_cipher_weak,        &kinds::luks_policy_empty,         &kinds::luks_policy_changed,
            &kinds::luks_keyslot_weak_kdf};
}

std::vector<const Kind*> luks_baseline_kinds() {
    return {&kinds::luks_volume_replaced, &kinds::luks_mapping_unexpected, &kinds::luks_keyslot_added,
            &kinds::luks_keyslot_removed, &kinds::luks_token_added,        &kinds::luks_token_removed,
            &kinds::luks_token_changed,   &kinds::luks_header_changed,     &kinds::luks_header_rolled_back,
            &kinds::luks_policy_changed};
}

bool is_doubtful(const LuksFacts& facts) {
    if (facts.missing || !facts.unread.empty()) return false;
    const bool wrong = facts.header.format != LuksFormat::none && !facts.header.consistent();
    return wrong || facts.suspended;
}

void judge_volume(const LuksFacts& facts, const LuksAround& around, LuksFindings& findings) {
    if (around.doubtful) return leave_open(facts, luks_volume_kinds(), findings);
    if (!judge_presence(facts, findings)) return;
    judge_copies(facts, findings);
    if (facts.metadata() == nullptr) {
        leave_open(
            facts,
            all_but({&kinds::luks_volume_missing, &kinds::luks_volume_not_encrypted, &kinds::luks_header_inconsistent}),
            findings);
        return;
    }
    if (around.accepted_unknown) {
        leave_open(facts, luks_baseline_kinds(), findings);
        // What opened a slot when it was accepted is not known either.
        findings.leave_open(kinds::luks_keyslot_weak_kdf, facts.volume.name);
    }
    judge_ciphers(facts, findings);
    judge_policies(facts, around, findings);
    judge_identity(facts, around, findings);
    judge_mapping(facts, around, findings);
}

void judge_copies(const LuksFacts& facts, LuksFindings& findings) {
    const LuksHeader& header = facts.header;
    if (header.consistent()) return;
    const std::string what = problem_of(header);
    findings.add(kinds::luks_header_inconsistent, facts.volume.name,
                 (header.copy() == nullptr ? "no copy of the header is valid: "
                                           : "the copies of the header are not both valid and equal: ") +
                     what,
                 {{"first", header.first.problem},
                  {"second", header.second.problem},
                  {"differences", text_list(header.differences)},
                  {"sequences", ValueList{header.first.sequence, header.second.sequence}}});
}

bool is_strong_cipher(const std::string& cipher, std::uint64_t key_size) {
    return std::ranges::find(strong, cipher) != strong.end() && (key_size == 0 || key_size >= least_key_size);
}

void judge_ciphers(const LuksFacts& facts, LuksFindings& findings) {
    ValueList weak;
    std::string first;
    const auto tell = [&](const std::string& where, const std::string& cipher) {
        const std::string shown = escape_cut(cipher.empty() ? "none" : cipher, 100);
        if (first.empty()) first = where + ": " + shown;
        weak.emplace_back(ValueMap{{"where", where}, {"cipher", shown}});
    };
    for (const LuksSegment& segment : facts.metadata()->segments)
        if (!segment.is_backup() && !is_strong_cipher(segment.encryption, facts.key_size()))
            tell("segment " + std::to_string(segment.number), segment.encryption);
    for (const LuksKeyslot& slot : facts.metadata()->keyslots)
        if (slot.type != "reencrypt" && !is_strong_cipher(slot.encryption, slot.encryption_key_size))
            tell("keyslot " + std::to_string(slot.number), slot.encryption);
    for (const DmTarget& target : facts.table ? facts.table->targets : std::vector<DmTarget>())
        if (const auto crypt = as_crypt(target); crypt && !is_strong_cipher(crypt->cipher, crypt->key_size))
            tell("active table", crypt->cipher);
    if (weak.empty()) return;
    findings.add(kinds::luks_cipher_weak, facts.volume.name, "a cipher that protects nothing, or not enough: " + first,
                 {{"ciphers", std::move(weak)}});
}

}  // namespace integrityd
