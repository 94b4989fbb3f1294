// The running mapping: whether what is mounted lies on the volume as its header says.
//
// A name and a uuid in device-mapper are free texts; so the active table decides: its target, its cipher, its device.
#include <algorithm>

#include "catalogue_kinds.hpp"
#include "core/escape.hpp"
#include "watchers/luks/luks_judge.hpp"

namespace integrityd {

namespace {

constexpr std::uint64_t sector = 512;

// cryptsetup names a mapping "CRYPT-LUKS2-UUID-NAME", the UUID without dashes.
std::string uuid_prefix(const LuksFacts& facts) {
    std::string uuid = facts.copy()->uuid;
    std::erase(uuid, '-');
    return (facts.header.format == LuksFormat::luks1 ? "CRYPT-LUKS1-" : "CRYPT-LUKS2-") + uuid + "-";
}

const LuksSegment* data_segment(const LuksMetadata& metadata) {
    const auto found =
        std::ranges::find_if(metadata.segments, [](const LuksSegment& each) { return !each.is_backup(); });
    return found == metadata.segments.end() ? nullptr : &*found;
}

void compare_crypt(const LuksFacts& facts, const DmCrypt& crypt, std::vector<std::string>& found) {
    const LuksSegment* const segment = data_segment(*facts.metadata());
    if (segment == nullptr) return;
    // With integrity the kernel's cipher has another name than the header's.
    if (segment->integrity.empty() && crypt.cipher != segment->encryption)
        found.push_back("its cipher is " + escape_cut(crypt.cipher, 64) + ", the header says " +
                        escape_cut(segment->encryption, 64));
    if (segment->integrity.empty() && facts.key_size() != 0 && crypt.key_size != facts.key_size())
        found.push_back("its key has " + std::to_string(crypt.key_size * 8) + " bits, the header's " +
                        std::to_string(facts.key_size() * 8));
    if (!facts.device.empty() && crypt.device != facts.device && segment->integrity.empty())
        found.push_back("it lies on device " + escape_cut(crypt.device, 64) + ", not on " + facts.device);
    if (std::to_string(crypt.offset * sector) != segment->offset && segment->integrity.empty())
        found.emplace_back("it begins elsewhere on the device than the header says");
}

void compare_flags(const LuksFacts& facts, const LuksAround& around, const DmCrypt& crypt,
                   std::vector<std::string>& found) {
    // Without a baseline those count that the header asks for.
    for (const std::string& flag : crypt.flags) {
        const bool discards = flag == "allow_discards";
        const bool in_header =
            std::ranges::find(facts.metadata()->flags, "allow-discards") != facts.metadata()->flags.end();
        const bool accepted = around.accepted != nullptr
                                  ? std::ranges::find(around.accepted->mapping_flags, escape_cut(flag, 200)) !=
                                        around.accepted->mapping_flags.end()
                                  : !discards || in_header;
        if (!accepted) found.push_back("it runs with " + escape_cut(flag, 64));
    }
}

void check_table(const LuksFacts& facts, const LuksAround& around, std::vector<std::string>& found) {
    const DmTable& table = *facts.table;
    if (table.targets.size() != 1)
        return found.push_back("it has " + std::to_string(table.targets.size()) + " targets instead of one");
    const DmTarget& target = table.targets.front();
    const auto crypt = as_crypt(target);
    if (!crypt) return found.push_back("it is a " + escape_cut(target.type, 64) + " device, not an encrypted one");
    if (!table.uuid.starts_with(uuid_prefix(facts))) found.emplace_back("it is not of this volume's UUID");
    compare_crypt(facts, *crypt, found);
    compare_flags(facts, around, *crypt, found);
    if (facts.suspended) found.emplace_back("it is suspended");
}

// All of it has to lie on the volume: what is mirrored beside it is written in clear there. Which directory of it is
// mounted (by a bind mount, or a subvolume) is no matter: its data lies on the volume all the same.
void check_mount(const LuksFacts& facts, std::vector<std::string>& found) {
    const std::string place = escape_cut(facts.volume.mount, 100);
    if (!facts.mounted) return found.push_back("nothing is mounted on " + place);
    const auto is_ground = [&](const std::string& each) { return each == facts.ground(); };
    const auto on_it = std::ranges::count_if(facts.holding, is_ground);
    if (on_it == 0)
        return found.push_back(place + " is mounted from " + escape_cut(facts.mounted->source, 100) + " (" +
                               escape_cut(facts.mounted->type, 64) + ")");
    const auto other = std::ranges::find_if_not(facts.holding, is_ground);
    if (other != facts.holding.end()) found.push_back(place + " lies on device " + *other + " too");
}

}  // namespace

void judge_mapping(const LuksFacts& facts, const LuksAround& around, LuksFindings& findings) {
    const std::string& name = facts.volume.name;
    if (!facts.table_unread.empty() || !facts.mounts_unread.empty())
        return findings.leave_open(kinds::luks_mapping_unexpected, name);
    std::vector<std::string> found;
    if (facts.inactive) found.push_back("the mapping " + escape_cut(facts.volume.mapping, 100) + " is not active");
    if (facts.table) check_table(facts, around, found);
    const bool has_ground = facts.table || facts.volume.mapping.empty();
    if (!facts.volume.mount.empty() && has_ground) check_mount(facts, found);
    if (found.empty()) return;
    ValueMap evidence{{"reasons", text_list(found)}, {"mapping", escape(facts.volume.mapping)}};
    if (facts.mounted) evidence["mounted_from"] = escape_cut(facts.mounted->source, 200);
    findings.add(kinds::luks_mapping_unexpected, name,
                 facts.volume.mapping.empty()
                     ? found.front()
                     : "mapping " + escape_cut(facts.volume.mapping, 64) + ": " + found.front(),
                 std::move(evidence));
}

}  // namespace integrityd
