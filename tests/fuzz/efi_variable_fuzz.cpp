// A variable of an event, of efivarfs, its signature lists and who is in them.
#include <cstdint>
#include <cstdlib>

#include "sources/certificate_name.hpp"
#include "sources/efi_variable.hpp"

namespace {

void read_lists(std::string_view bytes) {
    const auto database = integrityd::parse_signature_lists(bytes);
    if (database.signatures.size() > integrityd::most_signatures) std::abort();
    for (const auto& signature : database.signatures) {
        const bool inside = signature.data.data() >= bytes.data() &&
                            signature.data.data() + signature.data.size() <= bytes.data() + bytes.size();
        if (!inside || signature.key().empty()) std::abort();
        if (signature.type == integrityd::SignatureType::x509)
            (void)integrityd::is_test_key(integrityd::certificate_subject(signature.data));
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    if (const auto variable = integrityd::parse_efi_variable(bytes)) read_lists(variable->data);
    if (const auto value = integrityd::efivarfs_value(bytes)) read_lists(*value);
    if (const auto authority = integrityd::parse_authority(bytes))
        (void)integrityd::certificate_subject(authority->data);
    (void)integrityd::utf16_text(bytes);
    return 0;
}
