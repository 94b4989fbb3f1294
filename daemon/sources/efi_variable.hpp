// EFI variables as boot events carry them (UEFI_VARIABLE_DATA) and as efivarfs shows them, and the signature lists in
// PK, KEK, db and dbx (UEFI 2.10, section 32.4.1).
//
// Total: what is malformed gives nothing, or a list that says it is not whole. Views point into the bytes given.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace integrityd {

// PK, KEK, db and dbx of real devices hold a few hundred entries; revocation lists grow by some hundred a year.
inline constexpr std::size_t most_signatures = 16384;

// "8be4df61-93ca-11d2-aa0d-00e098032b8c" of 16 bytes (the first three fields are little-endian); empty for other sizes.
[[nodiscard]] std::string guid_text(std::string_view guid);

// UTF-16LE as UTF-8, until the first NUL; unpaired surrogates become U+FFFD.
[[nodiscard]] std::string utf16_text(std::string_view bytes);

// UEFI_VARIABLE_DATA of an event.
struct EfiVariable {
    std::string guid;
    std::string name;
    std::string_view data;
};
// Exactly the whole of `bytes`, else none.
[[nodiscard]] std::optional<EfiVariable> parse_efi_variable(std::string_view bytes);

// What a file of efivarfs holds: four bytes of attributes, then the value.
[[nodiscard]] std::optional<std::string_view> efivarfs_value(std::string_view file);

enum class SignatureType : std::uint8_t { x509, sha256, other };

struct EfiSignature {
    SignatureType type = SignatureType::other;
    std::string type_guid;
    std::string owner;  // GUID; who put it there, not what it is
    std::string_view data;

    // What it is in a set: "x509:" or "sha256:" and hex, for others the type's GUID; a certificate by its SHA-256.
    [[nodiscard]] std::string key() const;
};

struct EfiSignatureDatabase {
    std::vector<EfiSignature> signatures;
    bool whole = true;  // false: the rest is malformed
};
[[nodiscard]] EfiSignatureDatabase parse_signature_lists(std::string_view bytes);

// One EFI_SIGNATURE_DATA with a certificate, as EV_EFI_VARIABLE_AUTHORITY carries it; none when too short for an owner.
[[nodiscard]] std::optional<EfiSignature> parse_authority(std::string_view data);

}  // namespace integrityd
