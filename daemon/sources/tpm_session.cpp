#include "sources/tpm_session.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <tss2/tss2_esys.h>
#include <tss2/tss2_rc.h>

namespace integrityd {

namespace {

// What an operator meets; for the others tpm2-tss has words.
struct Explained {
    TSS2_RC code;
    int error;
    const char* words;
};

constexpr std::array<Explained, 11> explained = {{
    {TPM2_RC_FAILURE, EIO,
     "the TPM is in failure mode: its self-test failed, and it takes no commands until it is reset"},
    {TPM2_RC_INITIALIZE, EIO, "the TPM was not started up by the firmware"},
    {TPM2_RC_LOCKOUT, EBUSY, "the TPM is in lockout after too many wrong authorisations"},
    {TPM2_RC_RETRY, EBUSY, "the TPM was not able to start the command; it may be asked again"},
    {TPM2_RC_YIELDED, EBUSY, "the TPM has suspended the command; it may be asked again"},
    {TPM2_RC_TESTING, EBUSY, "the TPM is testing itself"},
    {TPM2_RC_NV_RATE, EBUSY, "the TPM limits how often its memory is written"},
    {TPM2_RC_NV_UNAVAILABLE, EBUSY, "the TPM's memory cannot be used now"},
    {TPM2_RC_BAD_AUTH, EACCES, "the authorisation is wrong"},
    {TPM2_RC_AUTH_FAIL, EACCES, "the authorisation is wrong, and the TPM counted it"},
    {TPM2_RC_NV_DEFINED, EEXIST, "the TPM holds something at this handle already"},
}};

// Of format one (bit 7) the numbers of a handle, parameter or session are no part of what went wrong.
TSS2_RC without_position(TSS2_RC code) {
    constexpr TSS2_RC format_one = 0x080;
    return (code & format_one) != 0 ? code & (format_one | 0x03fU) : code;
}

bool is_of_tpm(TSS2_RC code) {
    const TSS2_RC layer = code & TSS2_RC_LAYER_MASK;
    return layer == TSS2_TPM_RC_LAYER || layer == TSS2_RESMGR_TPM_RC_LAYER;
}

std::string hex(TSS2_RC code) {
    std::array<char, 16> text{};
    (void)std::snprintf(text.data(), text.size(), "0x%x", code);
    return text.data();
}

}  // namespace

Error explain_tpm_code(std::uint32_t code) {
    const TSS2_RC base = without_position(code & ~TSS2_RC_LAYER_MASK);
    const auto* const known = std::ranges::find(explained, base, &Explained::code);
    if (is_of_tpm(code) && known != explained.end())
        return Error{std::string(known->words) + " (" + hex(code) + ")", known->error};
    const bool no_such_handle = is_of_tpm(code) && base == TPM2_RC_HANDLE;
    return Error{std::string(Tss2_RC_Decode(code)) + " (" + hex(code) + ")", no_such_handle ? ENOENT : EPROTO};
}

TpmSession::TpmSession(UniqueFd tpm, TpmLink::Time deadline) : tcti_(std::move(tpm), deadline) {
    const TSS2_RC code = Esys_Initialize(&context_, tcti_.context(), nullptr);
    if (code != TSS2_RC_SUCCESS) unusable_ = error("Esys_Initialize", code);
}

TpmSession::~TpmSession() {
    Esys_Finalize(&context_);
}

Error TpmSession::error(std::string_view command, std::uint32_t code) const {
    if (tcti_.failure()) return *tcti_.failure();
    Error explained_code = explain_tpm_code(code);
    explained_code.message = std::string(command) + ": " + explained_code.message;
    return explained_code;
}

}  // namespace integrityd
