#include "sources/efi_variable.hpp"

#include <array>
#include <cstdio>

#include "core/digest.hpp"
#include "sources/little_endian.hpp"

namespace integrityd {

namespace {

constexpr std::string_view cert_x509 = "a5c059a1-94e4-4aa7-87b5-ab155c2bf072";
constexpr std::string_view cert_sha256 = "c1c41626-504c-4092-aca9-41f936934328";
constexpr std::size_t guid_size = 16;
// A name of a variable has some ten characters; firmware that says more is wrong.
constexpr std::uint64_t longest_name = 1024;

void append_utf8(std::string& out, std::uint32_t code) {
    const auto add = [&out](std::uint32_t byte) { out += static_cast<char>(byte); };
    if (code < 0x80) return add(code);
    if (code < 0x800) {
        add(0xc0U | (code >> 6U));
        return add(0x80U | (code & 0x3fU));
    }
    if (code < 0x10000) {
        add(0xe0U | (code >> 12U));
    } else {
        add(0xf0U | (code >> 18U));
        add(0x80U | ((code >> 12U) & 0x3fU));
    }
    add(0x80U | ((code >> 6U) & 0x3fU));
    add(0x80U | (code & 0x3fU));
}

SignatureType type_of(std::string_view guid) {
    if (guid == cert_x509) return SignatureType::x509;
    return guid == cert_sha256 ? SignatureType::sha256 : SignatureType::other;
}

// EFI_SIGNATURE_LIST; false: malformed.
bool parse_list(LittleEndian& in, EfiSignatureDatabase& out) {
    const auto type = in.take(guid_size);
    const auto list_size = type ? in.u32() : std::nullopt;
    const auto header_size = list_size ? in.u32() : std::nullopt;
    const auto signature_size = header_size ? in.u32() : std::nullopt;
    if (!signature_size || *signature_size <= guid_size) return false;
    constexpr std::uint64_t fixed = guid_size + 12;
    if (*list_size < fixed + std::uint64_t{*header_size}) return false;
    const auto body = in.take(*list_size - fixed);
    if (!body) return false;
    const std::string guid = guid_text(*type);
    LittleEndian each(*body, *header_size);
    if (each.left() % *signature_size != 0) return false;
    while (each.left() > 0) {
        const auto owner = each.take(guid_size);
        const auto data = each.take(*signature_size - guid_size);
        if (!data || out.signatures.size() >= most_signatures) return false;
        out.signatures.push_back({type_of(guid), guid, guid_text(*owner), *data});
    }
    return true;
}

}  // namespace

std::string guid_text(std::string_view guid) {
    LittleEndian in(guid);
    const auto first = in.u32();
    const auto second = first ? in.u16() : std::nullopt;
    const auto third = second ? in.u16() : std::nullopt;
    const auto rest = third ? in.take(8) : std::nullopt;
    if (!rest || in.left() != 0) return {};
    std::array<char, 24> text{};
    (void)std::snprintf(text.data(), text.size(), "%08x-%04x-%04x", *first, *second, *third);
    const std::string tail = to_hex(*rest);
    return std::string(text.data()) + "-" + tail.substr(0, 4) + "-" + tail.substr(4);
}

std::string utf16_text(std::string_view bytes) {
    constexpr std::uint32_t replacement = 0xfffd;
    std::string out;
    LittleEndian in(bytes);
    while (const auto unit = in.u16()) {
        if (*unit == 0) break;
        if (*unit < 0xd800 || *unit > 0xdfff) {
            append_utf8(out, *unit);
            continue;
        }
        LittleEndian ahead = in;
        const auto low = *unit < 0xdc00 ? ahead.u16() : std::nullopt;
        if (!low || *low < 0xdc00 || *low > 0xdfff) {
            append_utf8(out, replacement);
            continue;
        }
        in = ahead;
        append_utf8(out, 0x10000U + ((std::uint32_t{*unit} - 0xd800U) << 10U) + (std::uint32_t{*low} - 0xdc00U));
    }
    return out;
}

std::optional<EfiVariable> parse_efi_variable(std::string_view bytes) {
    LittleEndian in(bytes);
    const auto guid = in.take(guid_size);
    const auto characters = guid ? in.u64() : std::nullopt;
    const auto size = characters ? in.u64() : std::nullopt;
    if (!size || *characters > longest_name) return std::nullopt;
    const auto name = in.take(*characters * 2);
    const auto data = name ? in.take(*size) : std::nullopt;
    if (!data || in.left() != 0) return std::nullopt;
    return EfiVariable{guid_text(*guid), utf16_text(*name), *data};
}

std::optional<std::string_view> efivarfs_value(std::string_view file) {
    constexpr std::size_t attributes = 4;
    if (file.size() < attributes) return std::nullopt;
    return file.substr(attributes);
}

std::string EfiSignature::key() const {
    if (type == SignatureType::sha256) return "sha256:" + to_hex(data);
    return (type == SignatureType::x509 ? "x509" : type_guid) + ":" + sha256_hex(data);
}

EfiSignatureDatabase parse_signature_lists(std::string_view bytes) {
    EfiSignatureDatabase out;
    LittleEndian in(bytes);
    while (in.left() > 0 && out.whole)
        out.whole = parse_list(in, out);
    return out;
}

std::optional<EfiSignature> parse_authority(std::string_view data) {
    if (data.size() <= guid_size) return std::nullopt;
    return EfiSignature{SignatureType::x509, std::string(cert_x509), guid_text(data.substr(0, guid_size)),
                        data.substr(guid_size)};
}

}  // namespace integrityd
