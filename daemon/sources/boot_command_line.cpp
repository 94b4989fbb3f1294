#include "sources/boot_command_line.hpp"

#include <algorithm>
#include <vector>

#include "sources/event_types.hpp"
#include "sources/tcg_hash.hpp"

namespace integrityd {

namespace {

constexpr std::string_view boot_image = "BOOT_IMAGE=";  // GRUB's name for what it measures without one
constexpr std::string_view root_hash = "roothash=";

std::string as_utf16(std::string_view text) {
    std::string out;
    for (const char c : text) {
        out += c;
        out += '\0';
    }
    return out;
}

// A section of a PE file is filled with zeros to these.
constexpr std::size_t file_alignment = 512;
constexpr std::size_t page = 4096;

std::string filled(std::string text, std::size_t alignment) {
    text.resize((text.size() + alignment - 1) / alignment * alignment, '\0');
    return text;
}

// How those who measure it hold it: UTF-16 with its end (Linux's stub, systemd's override), without, and as the whole
// section that EFI Boot Guard's stub hands over; as it is (GRUB, systemd's section), with its end.
std::vector<std::string> forms_of(std::string_view line) {
    const std::string plain(line);
    const std::string wide = as_utf16(plain + '\0');
    std::vector<std::string> forms = {wide,  as_utf16(plain), filled(wide, file_alignment), filled(wide, page),
                                      plain, plain + '\0'};
    if (line.starts_with(boot_image)) forms.emplace_back(line.substr(boot_image.size()));
    return forms;
}

bool may_hold_it(const LogEvent& event) {
    return may_hold_command_line(event.pcr) && (event.type == event_type::event_tag || event.type == event_type::ipl);
}

bool is_hex(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

}  // namespace

bool may_hold_command_line(std::uint32_t pcr) {
    return pcr == 8 || pcr == 9 || pcr == 11 || pcr == 12;
}

bool is_measured_command_line(const EventLog& log, HashAlgorithm bank, std::string_view line) {
    auto hash = TcgHash::make(bank);
    if (!hash || line.empty() || line.size() > longest_command_line) return false;
    std::vector<TcgDigest> wanted;
    for (const std::string& form : forms_of(line))
        wanted.push_back(hash->digest({form}));
    return std::ranges::any_of(log.events, [&](const LogEvent& event) {
        return may_hold_it(event) && std::ranges::any_of(wanted, [&](const TcgDigest& digest) {
                   return log.digest(event, bank) == digest.view();
               });
    });
}

std::string named_root_hash(std::string_view line) {
    std::string found;
    while (!line.empty()) {
        std::string_view word = line.substr(0, line.find(' '));
        line.remove_prefix(std::min(line.size(), word.size() + 1));
        if (!word.starts_with(root_hash)) continue;
        std::string hash(word.substr(root_hash.size()));
        std::ranges::transform(hash, hash.begin(),
                               [](char c) { return c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c; });
        if (!std::ranges::all_of(hash, is_hex) || (!found.empty() && found != hash)) return "";
        found = hash;
    }
    return found;
}

}  // namespace integrityd
