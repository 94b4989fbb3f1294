#include "sources/event_backing.hpp"

#include <array>

#include "sources/efi_variable.hpp"
#include "sources/event_types.hpp"

namespace integrityd {

namespace {

using namespace event_type;

// What GRUB writes before the words that it measures.
constexpr std::array<std::string_view, 4> grub_prefixes = {
    "grub_cmd: ", "kernel_cmdline: ", "module_cmdline: ", "grub_cmd "};

bool matches(TcgHash& hash, std::string_view bytes, std::string_view digest) {
    return hash.digest({bytes}).view() == digest;
}

// Of a variable either the whole structure is measured, or its value alone. shim before 15.3 logs a byte more than it
// measures.
bool variable_matches(TcgHash& hash, std::string_view data, std::string_view digest) {
    if (matches(hash, data, digest)) return true;
    if (!data.empty() && matches(hash, data.substr(0, data.size() - 1), digest)) return true;
    const auto variable = parse_efi_variable(data);
    return variable && matches(hash, variable->data, digest);
}

// Of text for people the words may be measured with or without what ends them and what names them.
bool text_matches(TcgHash& hash, std::string_view data, std::string_view digest) {
    if (matches(hash, data, digest)) return true;
    std::string_view words = data;
    while (words.ends_with('\0'))
        words.remove_suffix(1);
    if (words.size() != data.size() && matches(hash, words, digest)) return true;
    for (const std::string_view prefix : grub_prefixes) {
        if (words.starts_with(prefix) && matches(hash, words.substr(prefix.size()), digest)) return true;
    }
    return false;
}

}  // namespace

std::string_view to_string(Backing backing) {
    switch (backing) {
        case Backing::data:
            return "data";
        case Backing::opaque:
            return "opaque";
        default:
            return "differs";
    }
}

Backing backing_of(const LogEvent& event, std::string_view digest, TcgHash& hash) {
    const auto otherwise = [](bool same, Backing backing) { return same ? Backing::data : backing; };
    switch (event.type) {
        case separator:
        case action:
        case efi_action:
        case variable_driver_config:
        case gpt_event:
            return otherwise(matches(hash, event.data, digest), Backing::differs);
        case variable_authority:
            return otherwise(variable_matches(hash, event.data, digest), Backing::differs);
        case variable_boot:
        case variable_boot2:
            return otherwise(variable_matches(hash, event.data, digest), Backing::opaque);
        case ipl:
            return otherwise(text_matches(hash, event.data, digest), Backing::opaque);
        case s_crtm_version:
        case event_tag:
        case nonhost_info:
        case compact_hash:
        case post_code:
        case platform_config_flags:
            return otherwise(matches(hash, event.data, digest), Backing::opaque);
        default:
            return Backing::opaque;
    }
}

}  // namespace integrityd
