#include "sources/tpm_seal.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <tss2/tss2_esys.h>

#include "core/tpm_address.hpp"
#include "core/tpm_index.hpp"
#include "sources/tpm_session.hpp"

namespace integrityd {

namespace {

constexpr std::uint16_t digest_bytes = 32;
constexpr std::uint16_t counter_bytes = 8;
constexpr TPMA_NV common_attributes = TPMA_NV_OWNERWRITE | TPMA_NV_OWNERREAD | TPMA_NV_AUTHREAD | TPMA_NV_NO_DA;
constexpr TPMA_NV counter_attributes = common_attributes | TPM2_NT_COUNTER << TPMA_NV_TPM2_NT_SHIFT;

struct Free {
    void operator()(void* held) const { Esys_Free(held); }
};

// A session that may act as the owner. Writing waits for the TPM's memory: the deadline is that of a look, twice.
class Owner {
public:
    Owner(UniqueFd tpm, const std::string& auth)
        : session_(std::move(tpm), std::chrono::steady_clock::now() + 2 * tpm_deadline) {
        if (session_.unusable()) return;
        TPM2B_AUTH secret{.size = static_cast<UINT16>(std::min(auth.size(), sizeof secret.buffer)), .buffer = {}};
        std::memcpy(secret.buffer, auth.data(), secret.size);
        (void)Esys_TR_SetAuth(session_.context(), ESYS_TR_RH_OWNER, &secret);
    }

    [[nodiscard]] const std::optional<Error>& unusable() const { return session_.unusable(); }

    // None: it is not defined.
    [[nodiscard]] Result<std::optional<ESYS_TR>> find(std::uint32_t index) {
        ESYS_TR found = ESYS_TR_NONE;
        const TSS2_RC code =
            Esys_TR_FromTPMPublic(session_.context(), index, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, &found);
        if (code == TSS2_RC_SUCCESS) return std::optional(found);
        const Error error = session_.error("TPM2_NV_ReadPublic", code);
        return error.code == ENOENT ? Result<std::optional<ESYS_TR>>(std::optional<ESYS_TR>()) : error;
    }

    // Whether the index is as define() makes it, written or not.
    [[nodiscard]] Result<bool> is_ours(ESYS_TR index, TPMA_NV attributes, std::uint16_t size) {
        TPM2B_NV_PUBLIC* area = nullptr;
        const TSS2_RC code =
            Esys_NV_ReadPublic(session_.context(), index, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, &area, nullptr);
        if (code != TSS2_RC_SUCCESS) return session_.error("TPM2_NV_ReadPublic", code);
        const std::unique_ptr<TPM2B_NV_PUBLIC, Free> held(area);
        return (area->nvPublic.attributes & ~TPMA_NV_WRITTEN) == attributes && area->nvPublic.dataSize == size;
    }

    Result<void> define(std::uint32_t index, TPMA_NV attributes, std::uint16_t size) {
        const TPM2B_AUTH none{};
        const TPM2B_NV_PUBLIC area{.size = 0,
                                   .nvPublic = {.nvIndex = index,
                                                .nameAlg = TPM2_ALG_SHA256,
                                                .attributes = attributes,
                                                .authPolicy = {},
                                                .dataSize = size}};
        ESYS_TR made = ESYS_TR_NONE;
        return checked("TPM2_NV_DefineSpace",
                       Esys_NV_DefineSpace(session_.context(), ESYS_TR_RH_OWNER, ESYS_TR_PASSWORD, ESYS_TR_NONE,
                                           ESYS_TR_NONE, &none, &area, &made));
    }

    Result<void> undefine(ESYS_TR index) {
        return checked("TPM2_NV_UndefineSpace", Esys_NV_UndefineSpace(session_.context(), ESYS_TR_RH_OWNER, index,
                                                                      ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE));
    }

    Result<void> increment(ESYS_TR index) {
        return checked("TPM2_NV_Increment", Esys_NV_Increment(session_.context(), ESYS_TR_RH_OWNER, index,
                                                              ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE));
    }

    Result<void> write(ESYS_TR index, std::string_view data) {
        TPM2B_MAX_NV_BUFFER buffer{.size = static_cast<UINT16>(data.size()), .buffer = {}};
        std::memcpy(buffer.buffer, data.data(), data.size());
        return checked("TPM2_NV_Write", Esys_NV_Write(session_.context(), ESYS_TR_RH_OWNER, index, ESYS_TR_PASSWORD,
                                                      ESYS_TR_NONE, ESYS_TR_NONE, &buffer, 0));
    }

    Result<std::uint64_t> counter(ESYS_TR index) {
        TPM2B_MAX_NV_BUFFER* read = nullptr;
        const TSS2_RC code = Esys_NV_Read(session_.context(), index, index, ESYS_TR_PASSWORD, ESYS_TR_NONE,
                                          ESYS_TR_NONE, counter_bytes, 0, &read);
        if (code != TSS2_RC_SUCCESS) return session_.error("TPM2_NV_Read", code);
        const std::unique_ptr<TPM2B_MAX_NV_BUFFER, Free> held(read);
        std::uint64_t number = 0;
        for (std::uint16_t i = 0; i < std::min(read->size, counter_bytes); ++i)
            number = number << 8U | read->buffer[i];
        return number;
    }

private:
    Result<void> checked(std::string_view command, TSS2_RC code) const {
        return code == TSS2_RC_SUCCESS ? Result<void>() : session_.error(command, code);
    }

    TpmSession session_;
};

Result<void> ensure(Owner& owner, std::uint32_t index, TPMA_NV attributes, std::uint16_t size) {
    const auto found = owner.find(index);
    if (!found) return found.error();
    if (!*found) return owner.define(index, attributes, size);
    const auto ours = owner.is_ours(**found, attributes, size);
    if (!ours) return ours.error();
    if (!*ours) return Error{"the TPM holds another index at the place of integrityd's", EEXIST};
    return {};
}

Result<ESYS_TR> must_find(Owner& owner, std::uint32_t index) {
    const auto found = owner.find(index);
    if (!found) return found.error();
    if (!*found) return Error{"the TPM is not provisioned: see `integrityctl tpm provision`", ENOENT};
    return **found;
}

}  // namespace

Result<void> TpmSeal::provision() {
    auto tpm = open_();
    if (!tpm) return tpm.error();
    Owner owner(std::move(*tpm), owner_auth_);
    if (owner.unusable()) return *owner.unusable();
    if (auto made = ensure(owner, tpm_counter_index, counter_attributes, counter_bytes); !made) return made;
    return ensure(owner, tpm_digest_index, common_attributes, digest_bytes);
}

Result<void> TpmSeal::unprovision() {
    auto tpm = open_();
    if (!tpm) return tpm.error();
    Owner owner(std::move(*tpm), owner_auth_);
    if (owner.unusable()) return *owner.unusable();
    for (const std::uint32_t index : {tpm_digest_index, tpm_counter_index}) {
        const auto found = owner.find(index);
        if (!found) return found.error();
        if (!*found) continue;
        if (auto gone = owner.undefine(**found); !gone) return gone;
    }
    return {};
}

Result<std::uint64_t> TpmSeal::seal(std::string_view digest) {
    if (digest.size() != digest_bytes) return Error{"not a SHA-256 digest", EINVAL};
    auto tpm = open_();
    if (!tpm) return tpm.error();
    Owner owner(std::move(*tpm), owner_auth_);
    if (owner.unusable()) return *owner.unusable();
    const auto counter = must_find(owner, tpm_counter_index);
    if (!counter) return counter.error();
    const auto index = must_find(owner, tpm_digest_index);
    if (!index) return index.error();
    // The counter first: a digest without its count would be one that nobody ordered.
    if (auto raised = owner.increment(*counter); !raised) return raised.error();
    if (auto written = owner.write(*index, digest); !written) return written.error();
    return owner.counter(*counter);
}

std::function<Result<UniqueFd>()> tpm_opener(const std::string& tcti) {
    return [tcti]() -> Result<UniqueFd> {
        const auto address = parse_tpm_address(tcti);
        if (!address) return address.error();
        return open_tpm(*address);
    };
}

}  // namespace integrityd
