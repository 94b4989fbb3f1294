#include "sources/luks_token.hpp"

#include <array>

namespace integrityd {

namespace {

struct Known {
    std::string_view type;
    LuksMeans means;
};
constexpr std::array known = {Known{"systemd-recovery", LuksMeans::recovery}, Known{"systemd-fido2", LuksMeans::fido2},
                              Known{"systemd-pkcs11", LuksMeans::pkcs11}, Known{"systemd-empty", LuksMeans::nothing},
                              Known{"luks2-keyring", LuksMeans::keyring}};

}  // namespace

std::string_view to_string(LuksMeans means) {
    switch (means) {
        case LuksMeans::password:
            return "password";
        case LuksMeans::tpm2:
            return "tpm2";
        case LuksMeans::clevis:
            return "clevis";
        case LuksMeans::recovery:
            return "recovery";
        case LuksMeans::fido2:
            return "fido2";
        case LuksMeans::pkcs11:
            return "pkcs11";
        case LuksMeans::keyring:
            return "keyring";
        case LuksMeans::nothing:
            return "nothing";
        case LuksMeans::unknown:
            break;
    }
    return "unknown";
}

LuksTokenFacts parse_luks_token(const LuksToken& token) {
    if (token.type == "systemd-tpm2") return parse_systemd_tpm2_token(token.content);
    if (token.type == "clevis") return parse_clevis_token(token.content);
    LuksTokenFacts facts;
    for (const Known& each : known)
        if (each.type == token.type) facts.means = each.means;
    return facts;
}

}  // namespace integrityd
