#include "watchers/luks/luks_facts.hpp"

#include <algorithm>
#include <cerrno>

#include "core/escape.hpp"
#include "core/read_file.hpp"

namespace integrityd {

namespace {

// Both copies of the largest header; and of a table what the broker's buffer holds.
constexpr std::size_t longest_header = 8U << 20;
constexpr std::size_t longest_table = 256U << 10;
constexpr std::size_t longest_reason = 256;

std::string reason_of(const Error& error) {
    return escape_cut(error.message, longest_reason);
}

bool is_missing(int code) {
    return code == ENOENT || code == ENXIO || code == ENODEV;
}

void read_header(Opener& opener, LuksFacts& facts) {
    auto area = opener.luks_header(facts.volume.name);
    const auto bytes = area ? read_whole(area->header, longest_header) : Result<std::string>(area.error());
    if (!bytes) {
        facts.missing = is_missing(bytes.error().code);
        facts.unread = reason_of(bytes.error());
        return;
    }
    facts.device = area->device;
    facts.header = parse_luks_header(*bytes);
    if (const LuksMetadata* const metadata = facts.metadata())
        for (const LuksToken& token : metadata->tokens)
            facts.tokens[token.number] = parse_luks_token(token);
}

void read_table(Opener& opener, LuksFacts& facts) {
    const auto file = opener.dm_table(facts.volume.name);
    const auto text = file ? read_whole(*file, longest_table) : Result<std::string>(file.error());
    if (!text) {
        facts.inactive = text.error().code == ENXIO;
        if (!facts.inactive) facts.table_unread = reason_of(text.error());
        return;
    }
    auto table = parse_dm_table(*text);
    if (table)
        facts.table = std::move(*table);
    else
        facts.table_unread = table.error().message;
}

void read_mount(const Result<std::vector<Mount>>& mounts, const std::string& root, LuksFacts& facts) {
    if (!mounts) facts.mounts_unread = reason_of(mounts.error());
    const Mount* const mounted = mounts ? mounted_at(*mounts, facts.volume.mount) : nullptr;
    if (mounted == nullptr) return;
    facts.mounted = *mounted;
    auto holding = devices_holding(root, *mounted, facts.ground());
    if (holding)
        facts.holding = std::move(*holding);
    else
        facts.mounts_unread = reason_of(holding.error());
}

}  // namespace

const LuksMetadata* LuksFacts::metadata() const {
    const LuksCopy* const chosen = copy();
    return chosen != nullptr && chosen->metadata ? &*chosen->metadata : nullptr;
}

std::vector<std::string> LuksFacts::means_of(unsigned slot) const {
    std::vector<std::string> means;
    const LuksMetadata* const all = metadata();
    if (all == nullptr) return means;
    const LuksDigest* const digest = all->digest_of_keyslot(slot);
    if (digest == nullptr || digest->segments.empty()) return {"unbound"};
    for (const LuksToken& token : all->tokens) {
        if (std::ranges::find(token.keyslots, slot) == token.keyslots.end()) continue;
        const std::string word(to_string(tokens.at(token.number).means));
        if (std::ranges::find(means, word) == means.end()) means.push_back(word);
    }
    if (means.empty()) means.emplace_back(to_string(LuksMeans::password));
    return means;
}

std::uint64_t LuksFacts::key_size() const {
    const LuksMetadata* const all = metadata();
    const LuksDigest* const key = all == nullptr ? nullptr : all->volume_key();
    if (key == nullptr || key->keyslots.empty()) return 0;
    const LuksKeyslot* const slot = all->keyslot(key->keyslots.front());
    return slot == nullptr ? 0 : slot->key_size;
}

std::vector<LuksFacts> read_luks_facts(Opener& opener, const std::vector<LuksVolume>& volumes,
                                       const std::string& root) {
    std::vector<LuksFacts> all;
    const auto mounts = read_mount_table(root);
    for (const LuksVolume& volume : volumes) {
        LuksFacts facts;
        facts.volume = volume;
        read_header(opener, facts);
        if (!volume.mapping.empty()) read_table(opener, facts);
        if (!volume.mount.empty()) read_mount(mounts, root, facts);
        if (facts.table) facts.suspended = is_suspended(root, facts.table->device);
        all.push_back(std::move(facts));
    }
    return all;
}

}  // namespace integrityd
