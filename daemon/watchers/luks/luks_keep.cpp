#include "watchers/luks/luks_keep.hpp"

#include <algorithm>
#include <charconv>

namespace integrityd {

namespace {

std::string_view next_word(std::string_view& line) {
    const std::string_view word = line.substr(0, line.find(' '));
    line.remove_prefix(std::min(line.size(), word.size() + 1));
    return word;
}

void take_volume(std::string_view line, LuksKeep& keep) {
    const std::string name(next_word(line));
    const std::string key(next_word(line));
    std::uint64_t sequence = 0;
    const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), sequence);
    if (error != std::errc() || end != line.data() + line.size() || name.empty()) return;
    keep.volumes[name] = {key, sequence};
}

}  // namespace

std::uint64_t LuksKeep::highest(const std::string& volume, const std::string& key) const {
    const auto found = volumes.find(volume);
    return found != volumes.end() && found->second.key == key ? found->second.sequence : 0;
}

void LuksKeep::see(const std::string& volume, const LuksRecord& record) {
    volumes[volume] = {record.key, std::max(highest(volume, record.key), record.sequence)};
}

std::string to_text(const LuksKeep& keep) {
    std::string text;
    for (const auto& [name, seen] : keep.volumes)
        text += "volume " + name + " " + seen.key + " " + std::to_string(seen.sequence) + "\n";
    if (!keep.tpm.empty()) text += keep.tpm + "\n";
    return text;
}

LuksKeep parse_luks_keep(std::string_view text) {
    constexpr std::string_view volume = "volume ";
    LuksKeep keep;
    while (!text.empty()) {
        const std::string_view line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(text.size(), line.size() + 1));
        if (line.starts_with(volume))
            take_volume(line.substr(volume.size()), keep);
        else if (!line.empty())
            keep.tpm = std::string(line);
    }
    return keep;
}

}  // namespace integrityd
