#include "sources/tpm_esys.hpp"

#include <algorithm>
#include <cerrno>
#include <tss2/tss2_esys.h>

#include "core/opener.hpp"

namespace integrityd {

namespace {

// What ESYS has allocated.
struct Free {
    void operator()(void* held) const { Esys_Free(held); }
};
template <typename T>
using Held = std::unique_ptr<T, Free>;

// Persistent handles and properties come in portions; more portions than this is no TPM's answer.
constexpr int most_portions = 16;
// A TPM has room for some 7 to 64 persistent objects.
constexpr std::size_t most_objects = 256;
// TPM2_PT_NV_BUFFER_MAX is at least 512 by the PC client profile.
constexpr std::uint16_t nv_portion = 512;
constexpr std::uint16_t most_nv_data = 2048;

std::string bytes_of(const std::uint8_t* data, std::size_t size) {
    return {reinterpret_cast<const char*>(data), size};
}

Result<Held<TPMS_CAPABILITY_DATA>> capability(TpmSession& session, TPM2_CAP what, std::uint32_t from,
                                              std::uint32_t count, bool& more) {
    TPMI_YES_NO more_data = TPM2_NO;
    TPMS_CAPABILITY_DATA* data = nullptr;
    const TSS2_RC code = Esys_GetCapability(session.context(), ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, what, from,
                                            count, &more_data, &data);
    if (code != TSS2_RC_SUCCESS) return session.error("TPM2_GetCapability", code);
    more = more_data == TPM2_YES;
    Held<TPMS_CAPABILITY_DATA> held(data);
    if (held->capability != what) return Error{"TPM2_GetCapability: another capability than was asked for", EPROTO};
    return held;
}

// PCRs

bool is_selected(const TPMS_PCR_SELECTION& bank, unsigned pcr) {
    return pcr / 8 < bank.sizeofSelect && (bank.pcrSelect[pcr / 8] >> (pcr % 8) & 1U) != 0;
}

// Eight PCRs, one byte of the selection: what a TPM answers at once. It may leave out some, which are then asked again.
Result<void> read_octet(TpmSession& session, TPMS_PCR_SELECTION asked, PcrBank& into) {
    for (bool progress = true; progress;) {
        progress = false;
        const TPML_PCR_SELECTION selection{.count = 1, .pcrSelections = {asked}};
        TPML_PCR_SELECTION* selected = nullptr;
        TPML_DIGEST* digests = nullptr;
        const TSS2_RC code = Esys_PCR_Read(session.context(), ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, &selection,
                                           nullptr, &selected, &digests);
        if (code != TSS2_RC_SUCCESS) return session.error("TPM2_PCR_Read", code);
        const Held<TPML_PCR_SELECTION> held_selection(selected);
        const Held<TPML_DIGEST> held_digests(digests);
        std::uint32_t next = 0;
        for (unsigned pcr = 0; selected->count == 1 && pcr < pcr_count; ++pcr) {
            if (!is_selected(selected->pcrSelections[0], pcr)) continue;
            if (!is_selected(asked, pcr) || next >= digests->count)
                return Error{"TPM2_PCR_Read: other PCRs than were asked for", EPROTO};
            const TPM2B_DIGEST& digest = digests->digests[next++];
            if (digest.size != digest_size(into.algorithm))
                return Error{"TPM2_PCR_Read: a digest of another size than its bank's", EPROTO};
            into.values[pcr] = bytes_of(digest.buffer, digest.size);
            asked.pcrSelect[pcr / 8] = static_cast<BYTE>(asked.pcrSelect[pcr / 8] & ~(1U << (pcr % 8)));
            progress = true;
        }
        progress = progress && std::any_of(asked.pcrSelect, asked.pcrSelect + sizeof asked.pcrSelect,
                                           [](BYTE octet) { return octet != 0; });
    }
    return {};
}

Result<PcrBank> read_bank(TpmSession& session, const TPMS_PCR_SELECTION& allocated) {
    PcrBank bank{.algorithm = static_cast<TpmHash>(allocated.hash), .values = {}};
    for (unsigned octet = 0; octet < std::min<unsigned>(allocated.sizeofSelect, pcr_count / 8); ++octet) {
        if (allocated.pcrSelect[octet] == 0) continue;
        TPMS_PCR_SELECTION asked{.hash = allocated.hash, .sizeofSelect = pcr_count / 8, .pcrSelect = {}};
        asked.pcrSelect[octet] = allocated.pcrSelect[octet];
        if (auto read = read_octet(session, asked, bank); !read) return read.error();
    }
    return bank;
}

// Facts

Result<void> read_clock(TpmSession& session, TpmFacts& facts) {
    TPMS_TIME_INFO* time = nullptr;
    const TSS2_RC code = Esys_ReadClock(session.context(), ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, &time);
    if (code != TSS2_RC_SUCCESS) return session.error("TPM2_ReadClock", code);
    const Held<TPMS_TIME_INFO> held(time);
    facts.clock = time->clockInfo.clock;
    facts.reset_count = time->clockInfo.resetCount;
    facts.restart_count = time->clockInfo.restartCount;
    facts.safe = time->clockInfo.safe == TPM2_YES;
    return {};
}

void take_property(const TPMS_TAGGED_PROPERTY& property, TpmFacts& facts) {
    const std::uint32_t value = property.value;
    switch (property.property) {
        case TPM2_PT_MANUFACTURER:
            for (int shift = 24; shift >= 0; shift -= 8) {
                if (const std::uint32_t letter = value >> shift & 0xffU; letter != 0)
                    facts.manufacturer += static_cast<char>(letter);
            }
            break;
        case TPM2_PT_PERMANENT:
            facts.owner_auth_set = (value & TPMA_PERMANENT_OWNERAUTHSET) != 0;
            facts.endorsement_auth_set = (value & TPMA_PERMANENT_ENDORSEMENTAUTHSET) != 0;
            facts.lockout_auth_set = (value & TPMA_PERMANENT_LOCKOUTAUTHSET) != 0;
            facts.disable_clear = (value & TPMA_PERMANENT_DISABLECLEAR) != 0;
            facts.in_lockout = (value & TPMA_PERMANENT_INLOCKOUT) != 0;
            break;
        case TPM2_PT_LOCKOUT_COUNTER:
            facts.lockout_counter = value;
            break;
        case TPM2_PT_MAX_AUTH_FAIL:
            facts.lockout_limit = value;
            break;
        case TPM2_PT_LOCKOUT_INTERVAL:
            facts.lockout_interval = value;
            break;
        case TPM2_PT_LOCKOUT_RECOVERY:
            facts.lockout_recovery = value;
            break;
        default:
            break;
    }
}

// From this property to that one, in as many portions as the TPM makes of them.
Result<void> read_properties(TpmSession& session, std::uint32_t from, std::uint32_t last, TpmFacts& facts) {
    bool more = true;
    for (int portion = 0; more && from <= last && portion < most_portions; ++portion) {
        const auto data = capability(session, TPM2_CAP_TPM_PROPERTIES, from, last - from + 1, more);
        if (!data) return data.error();
        const TPML_TAGGED_TPM_PROPERTY& properties = (*data)->data.tpmProperties;
        if (properties.count == 0) return {};
        for (std::uint32_t i = 0; i < properties.count; ++i) {
            if (properties.tpmProperty[i].property <= last) take_property(properties.tpmProperty[i], facts);
        }
        from = properties.tpmProperty[properties.count - 1].property + 1;
    }
    return {};
}

Result<std::vector<std::uint32_t>> persistent_handles(TpmSession& session) {
    std::vector<std::uint32_t> handles;
    std::uint32_t from = TPM2_PERSISTENT_FIRST;
    bool more = true;
    for (int portion = 0; more && portion < most_portions && handles.size() < most_objects; ++portion) {
        const auto data = capability(session, TPM2_CAP_HANDLES, from, TPM2_MAX_CAP_HANDLES, more);
        if (!data) return data.error();
        const TPML_HANDLE& found = (*data)->data.handles;
        if (found.count == 0) break;
        handles.insert(handles.end(), found.handle, found.handle + found.count);
        from = handles.back() + 1;
    }
    return handles;
}

// A handle of the TPM as ESYS has it, given back at the end of the scope.
class Object {
public:
    static Result<Object> open(TpmSession& session, std::uint32_t handle) {
        Object object(session);
        const TSS2_RC code = Esys_TR_FromTPMPublic(session.context(), handle, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE,
                                                   &object.reference_);
        if (code != TSS2_RC_SUCCESS) return session.error("TPM2_ReadPublic", code);
        return object;
    }
    Object(Object&& other) noexcept
        : session_(other.session_), reference_(std::exchange(other.reference_, ESYS_TR_NONE)) {}
    Object(const Object&) = delete;
    Object& operator=(const Object&) = delete;
    Object& operator=(Object&&) = delete;
    ~Object() {
        if (reference_ != ESYS_TR_NONE) (void)Esys_TR_Close(session_.context(), &reference_);
    }

    [[nodiscard]] ESYS_TR reference() const { return reference_; }
    [[nodiscard]] Result<std::string> name() const {
        TPM2B_NAME* name = nullptr;
        const TSS2_RC code = Esys_TR_GetName(session_.context(), reference_, &name);
        if (code != TSS2_RC_SUCCESS) return session_.error("TPM2_ReadPublic", code);
        const Held<TPM2B_NAME> held(name);
        return bytes_of(name->name, name->size);
    }

private:
    explicit Object(TpmSession& session) : session_(session) {}

    TpmSession& session_;
    ESYS_TR reference_ = ESYS_TR_NONE;
};

Result<void> read_persistent(TpmSession& session, TpmFacts& facts) {
    const auto handles = persistent_handles(session);
    if (!handles) return handles.error();
    for (const std::uint32_t handle : *handles) {
        const auto object = Object::open(session, handle);
        if (!object && object.error().code == ENOENT) continue;  // taken away meanwhile
        if (!object) return object.error();
        auto name = object->name();
        if (!name) return name.error();
        facts.persistent.push_back({handle, std::move(*name)});
    }
    std::ranges::sort(facts.persistent, {}, &TpmName::handle);
    return {};
}

// NV

Result<std::string> read_nv_data(TpmSession& session, const Object& index, std::uint16_t size) {
    std::string data;
    while (data.size() < size) {
        const auto at = static_cast<std::uint16_t>(data.size());
        const auto portion = std::min<std::uint16_t>(nv_portion, static_cast<std::uint16_t>(size - at));
        TPM2B_MAX_NV_BUFFER* read = nullptr;
        const TSS2_RC code = Esys_NV_Read(session.context(), index.reference(), index.reference(), ESYS_TR_PASSWORD,
                                          ESYS_TR_NONE, ESYS_TR_NONE, portion, at, &read);
        if (code == TPM2_RC_NV_UNINITIALIZED) return std::string();
        if (code != TSS2_RC_SUCCESS) return session.error("TPM2_NV_Read", code);
        const Held<TPM2B_MAX_NV_BUFFER> held(read);
        if (read->size == 0 || read->size > portion) return Error{"TPM2_NV_Read: not what was asked for", EPROTO};
        data += bytes_of(read->buffer, read->size);
    }
    return data;
}

Result<TpmNvIndex> read_index(TpmSession& session, std::uint32_t handle) {
    const auto index = Object::open(session, handle);
    if (!index) return index.error();
    TPM2B_NV_PUBLIC* area = nullptr;
    TPM2B_NAME* name = nullptr;
    const TSS2_RC code = Esys_NV_ReadPublic(session.context(), index->reference(), ESYS_TR_NONE, ESYS_TR_NONE,
                                            ESYS_TR_NONE, &area, &name);
    if (code != TSS2_RC_SUCCESS) return session.error("TPM2_NV_ReadPublic", code);
    const Held<TPM2B_NV_PUBLIC> held_area(area);
    const Held<TPM2B_NAME> held_name(name);
    TpmNvIndex found{.name = bytes_of(name->name, name->size), .attributes = area->nvPublic.attributes, .data = {}};
    auto data = read_nv_data(session, *index, std::min(area->nvPublic.dataSize, most_nv_data));
    if (!data) return data.error();
    found.data = std::move(*data);
    return found;
}

TpmLink::Time from_now(std::chrono::milliseconds duration) {
    return std::chrono::steady_clock::now() + duration;
}

}  // namespace

Result<std::vector<PcrBank>> EsysTpm::read_pcrs() {
    auto tpm = open_();
    if (!tpm) return tpm.error();
    TpmSession session(std::move(*tpm), from_now(deadline_));
    if (session.unusable()) return *session.unusable();
    bool more = false;
    const auto data = capability(session, TPM2_CAP_PCRS, 0, TPM2_MAX_PCRS, more);
    if (!data) return data.error();
    std::vector<PcrBank> banks;
    const TPML_PCR_SELECTION& allocated = (*data)->data.assignedPCR;
    for (std::uint32_t i = 0; i < allocated.count; ++i) {
        if (digest_size(static_cast<TpmHash>(allocated.pcrSelections[i].hash)) == 0) continue;
        auto bank = read_bank(session, allocated.pcrSelections[i]);
        if (!bank) return bank.error();
        if (!bank->values.empty()) banks.push_back(std::move(*bank));  // empty: the bank is switched off
    }
    return banks;
}

Result<TpmFacts> EsysTpm::read_facts() {
    auto tpm = open_();
    if (!tpm) return tpm.error();
    TpmSession session(std::move(*tpm), from_now(deadline_));
    if (session.unusable()) return *session.unusable();
    TpmFacts facts;
    // The clock first: in failure mode a TPM refuses it, and answers of the others what is of no use.
    if (auto read = read_clock(session, facts); !read) return read.error();
    if (auto read = read_properties(session, TPM2_PT_MANUFACTURER, TPM2_PT_MANUFACTURER, facts); !read)
        return read.error();
    if (auto read = read_properties(session, TPM2_PT_PERMANENT, TPM2_PT_LOCKOUT_RECOVERY, facts); !read)
        return read.error();
    if (auto read = read_persistent(session, facts); !read) return read.error();
    return facts;
}

Result<TpmNvIndex> EsysTpm::read_nv(std::uint32_t index) {
    auto tpm = open_();
    if (!tpm) return tpm.error();
    TpmSession session(std::move(*tpm), from_now(deadline_));
    if (session.unusable()) return *session.unusable();
    return read_index(session, index);
}

std::unique_ptr<Tpm> make_tpm(const Config& /*config*/, Opener& opener) {
    return std::make_unique<EsysTpm>([&opener] { return opener.tpm_commands(); });
}

}  // namespace integrityd
