// The TPM commands that pass the broker, and those that must not.
#include "broker/tpm_filter.hpp"

#include <cerrno>

#include <catch2/catch.hpp>

#include "tpm_commands.hpp"

using namespace integrityd;
using namespace integrityd::test;

namespace {

int refused(const TpmBytes& command) {
    const auto may = check_tpm_command(command);
    return may ? 0 : may.error().code;
}

}  // namespace

TEST_CASE("what reading needs passes", "[REQ-60]") {
    CHECK(refused(read_clock_command()) == 0);
    CHECK(refused(pcr_read_command()) == 0);
    CHECK(refused(tpm_command(0x17a, {0, 0, 0, 6, 0, 0, 2, 0, 0, 0, 0, 64})) == 0);  // GetCapability
    CHECK(refused(tpm_command(0x173, {0x81, 0, 0, 1})) == 0);                        // ReadPublic
    CHECK(refused(tpm_command(0x169, {1, 0x81, 0x94, 1})) == 0);                     // NV_ReadPublic
    CHECK(refused(nv_read_command()) == 0);
    CHECK(refused(nv_read_command(tpm_counter_index, tpm_counter_index)) == 0);
}

TEST_CASE("no command that changes the TPM passes", "[REQ-60]") {
    struct Forbidden {
        const char* name;
        TpmBytes command;
    };
    const Forbidden forbidden[] = {
        {"Clear", authorised_command(0x126, {lockout_handle})},
        {"Clear by the platform", authorised_command(0x126, {platform_handle})},
        {"ClearControl", authorised_command(0x127, {lockout_handle}, {0})},
        {"HierarchyChangeAuth", authorised_command(0x129, {owner_handle}, {0, 1, 'x'})},
        {"HierarchyControl", authorised_command(0x121, {owner_handle}, {0x40, 0, 0, 1, 0})},
        {"NV_UndefineSpace", authorised_command(0x122, {owner_handle, tpm_digest_index})},
        {"NV_DefineSpace", authorised_command(0x12a, {owner_handle}, {0, 0, 0, 0})},
        {"NV_Write", authorised_command(0x137, {tpm_digest_index, tpm_digest_index}, {0, 1, 0, 0, 0})},
        {"NV_Increment", authorised_command(0x134, {tpm_counter_index, tpm_counter_index})},
        {"NV_Extend", authorised_command(0x136, {tpm_digest_index, tpm_digest_index}, {0, 1, 0})},
        {"NV_WriteLock", authorised_command(0x138, {tpm_digest_index, tpm_digest_index})},
        {"PCR_Extend", authorised_command(0x182, {7}, TpmBytes(38, 0))},
        {"PCR_Event", authorised_command(0x13c, {7}, {0, 1, 'x'})},
        {"PCR_Reset", authorised_command(0x13d, {16})},
        {"PCR_Allocate", authorised_command(0x12b, {platform_handle}, {0, 0, 0, 0})},
        {"EvictControl", authorised_command(0x120, {owner_handle, 0x81000001}, {0x81, 0, 0, 1})},
        {"CreatePrimary", authorised_command(0x131, {owner_handle}, TpmBytes(20, 0))},
        {"DictionaryAttackLockReset", authorised_command(0x139, {lockout_handle})},
        {"DictionaryAttackParameters", authorised_command(0x13a, {lockout_handle}, TpmBytes(12, 0))},
        {"Startup", tpm_command(0x144, {0, 0})},
        {"Shutdown", tpm_command(0x145, {0, 0})},
        {"SelfTest", tpm_command(0x143, {1})},
        {"Unseal", authorised_command(0x15e, {0x81000001})},
        {"Load", authorised_command(0x157, {0x81000001}, TpmBytes(8, 0))},
        {"StartAuthSession", tpm_command(0x176, TpmBytes(20, 0))},
        {"FlushContext", tpm_command(0x165, {0x80, 0, 0, 0})},
        {"GetRandom", tpm_command(0x17b, {0, 8})},
        {"Quote", authorised_command(0x158, {0x81010002}, TpmBytes(8, 0))},
        {"a vendor's command", tpm_command(0x20000001)},
    };
    for (const Forbidden& one : forbidden) {
        CAPTURE(one.name);
        CHECK(refused(one.command) == EPERM);
    }
}

TEST_CASE("of the TPM's memory our own two indexes alone are read, and no secret is tried", "[REQ-60]") {
    CHECK(refused(nv_read_command(0x01c00002, 0x01c00002)) == EPERM);
    CHECK(refused(nv_read_command(tpm_digest_index, 0x01c00002)) == EPERM);
    CHECK(refused(nv_read_command(owner_handle, tpm_digest_index)) == EPERM);
    CHECK(refused(nv_read_command(tpm_digest_index, tpm_digest_index, {'g', 'u', 'e', 's', 's'})) == EPERM);
    TpmBytes with_nonce = nv_read_command();
    with_nonce[27] = 1;
    CHECK(refused(with_nonce) == EPERM);
    TpmBytes other_session = nv_read_command();
    other_session[25] = 0x0a;
    CHECK(refused(other_session) == EPERM);
}

TEST_CASE("what is not exactly one command is refused", "[REQ-60]") {
    CHECK(refused({}) == EINVAL);
    for (const TpmBytes& whole : {read_clock_command(), pcr_read_command(), nv_read_command()}) {
        for (std::size_t size = 0; size < whole.size(); ++size) {
            const TpmBytes cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
            CHECK(refused(cut) == EINVAL);
            // Cut, and its size says so too.
            if (size < tpm_header_size) continue;
            TpmBytes shorter = cut;
            shorter[5] = static_cast<std::uint8_t>(size);
            CHECK(refused(shorter) == EPERM);
        }
        TpmBytes longer = whole;
        longer.push_back(0);
        CHECK(refused(longer) == EINVAL);
        ++longer[5];
        CHECK(refused(longer) == EPERM);
        // A second command behind the first.
        TpmBytes two = whole;
        const TpmBytes clear = authorised_command(0x126, {lockout_handle});
        two.insert(two.end(), clear.begin(), clear.end());
        CHECK(refused(two) == EINVAL);
    }
    CHECK(refused(TpmBytes(longest_tpm_message + 1)) == EMSGSIZE);
    CHECK(refused(tpm_command(0x17a, TpmBytes(longest_tpm_message - tpm_header_size))) == EPERM);
}

TEST_CASE("sessions pass with no command that needs none, and a selection of PCRs is one", "[REQ-60]") {
    CHECK(refused(authorised_command(0x181, {})) == EPERM);
    CHECK(refused(tpm_command(0x181, {}, 2)) == EPERM);
    CHECK(refused(tpm_command(0x181, {}, 0)) == EPERM);
    CHECK(refused(tpm_command(0x17e, {0, 0, 0, 17})) == EPERM);
    CHECK(refused(tpm_command(0x17e, {0xff, 0xff, 0xff, 0xff})) == EPERM);
    CHECK(refused(tpm_command(0x17e, {0, 0, 0, 1, 0, 0x0b, 5, 1, 1, 1, 1, 1})) == EPERM);
    CHECK(refused(tpm_command(0x17e, {0, 0, 0, 1, 0, 0x0b, 3, 1})) == EPERM);
    CHECK(refused(tpm_command(0x17e, {0, 0, 0, 0})) == 0);
}
