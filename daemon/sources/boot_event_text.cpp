#include "sources/boot_event_text.hpp"

#include <algorithm>

#include "core/digest.hpp"
#include "core/escape.hpp"
#include "sources/certificate_name.hpp"
#include "sources/efi_variable.hpp"
#include "sources/event_types.hpp"
#include "sources/little_endian.hpp"

namespace integrityd {

namespace {

using namespace event_type;

constexpr std::size_t longest = 200;
// Of a path that is put together from nodes: more than what is shown, and a bound on the work for a path of a MiB.
constexpr std::size_t longest_path = 512;

std::string cut(std::string_view text) {
    return escape_cut(text, longest);
}

bool is_ascii_text(std::string_view data) {
    return !data.empty() && std::ranges::all_of(data, [](char c) { return c >= ' ' && c <= '~'; });
}

// Text as it stands there: ASCII or UTF-16, with or without a NUL.
std::string words(std::string_view data) {
    std::string_view ascii = data;
    while (ascii.ends_with('\0'))
        ascii.remove_suffix(1);
    if (is_ascii_text(ascii)) return std::string(ascii);
    if (data.size() >= 4 && data.size() % 2 == 0 && data[1] == '\0') return utf16_text(data);
    return {};
}

// UEFI_IMAGE_LOAD_EVENT: address, length, link time address, length of the path, path.
std::string image_text(std::string_view data) {
    LittleEndian in(data);
    (void)in.take(24);
    const auto length = in.u64();
    const auto path = length ? in.take(*length) : std::nullopt;
    return path ? device_path_file(*path) : std::string();
}

std::string variable_text(std::string_view data) {
    const auto variable = parse_efi_variable(data);
    if (!variable) return {};
    if (variable->name == "SecureBoot" && variable->data.size() == 1)
        return variable->name + (variable->data[0] == 1 ? ": on" : ": off");
    const auto authority = parse_authority(variable->data);
    const std::string subject = authority ? certificate_subject(authority->data) : std::string();
    if (!subject.empty()) return variable->name + ": " + subject;
    return variable->name + ", " + std::to_string(variable->data.size()) + " bytes";
}

// TCG_PCClientTaggedEvent: id, size, data. The kernel's stub says what it measured.
std::string tagged_text(std::string_view data) {
    LittleEndian in(data);
    const auto id = in.u32();
    const auto size = id ? in.u32() : std::nullopt;
    const auto body = size ? in.take(*size) : std::nullopt;
    return body ? words(*body) : std::string();
}

// UEFI_PLATFORM_FIRMWARE_BLOB2 begins with the length of its description.
std::string blob_text(std::string_view data) {
    LittleEndian in(data);
    const auto length = in.u8();
    const auto text = length ? in.take(*length) : std::nullopt;
    return text ? words(*text) : std::string();
}

std::string text_of(const LogEvent& event) {
    switch (event.type) {
        case boot_services_application:
        case boot_services_driver:
        case runtime_services_driver:
            return image_text(event.data);
        case variable_driver_config:
        case variable_boot:
        case variable_boot2:
        case variable_authority:
            return variable_text(event.data);
        case event_tag:
            return tagged_text(event.data);
        case platform_firmware_blob2:
        case handoff_tables2:
            return blob_text(event.data);
        case separator:
            return event.data.find_first_not_of('\0') == std::string_view::npos ? "" : to_hex(event.data.substr(0, 16));
        default:
            return words(event.data);
    }
}

// A node that names what is booted from; empty for the many that say where it hangs.
std::string node_text(std::uint8_t type, std::uint8_t subtype, std::string_view body) {
    if (type == 4 && subtype == 4) return utf16_text(body);
    if (type == 4 && subtype == 6) return "firmware file " + guid_text(body);
    if (type == 3 && subtype == 11) return "network";
    return {};
}

}  // namespace

std::string device_path_file(std::string_view path) {
    std::string found;
    LittleEndian in(path);
    while (found.size() < longest_path) {
        const auto type = in.u8();
        const auto subtype = type ? in.u8() : std::nullopt;
        const auto length = subtype ? in.u16() : std::nullopt;
        if (!length || *length < 4 || *type == 0x7f) break;
        const auto body = in.take(*length - 4U);
        if (!body) break;
        const std::string text = node_text(*type, *subtype, *body);
        if (text.empty()) continue;
        // A path may be split into several nodes.
        const bool joins = !found.empty() && *type == 4 && *subtype == 4 && !found.ends_with('\\');
        if (!joins || text.starts_with('\\')) found.clear();
        if (!found.empty()) found += '\\';
        found += text;
    }
    return found;
}

std::string boot_event_text(const LogEvent& event) {
    return cut(text_of(event));
}

}  // namespace integrityd
