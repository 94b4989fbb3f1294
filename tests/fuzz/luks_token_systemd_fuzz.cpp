// A token as JSON: what is wrong with it is said, or each key that it holds has its policy.
#include <cstdint>
#include <cstdlib>

#include "core/escape.hpp"
#include "core/foreign_json.hpp"
#include "sources/luks_token.hpp"
#include "sources/tpm_policy.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto json = integrityd::read_foreign_json({reinterpret_cast<const char*>(data), size}, {1U << 20, 16, 4096});
    const auto* const content = json ? json->get<integrityd::ValueMap>() : nullptr;
    if (content == nullptr) return 0;
    const auto token = integrityd::parse_systemd_tpm2_token(*content);
    if (!token.problem.empty() && !token.sealed.empty()) std::abort();
    if (!integrityd::is_utf8(token.problem)) std::abort();
    for (const auto& key : token.sealed) {
        (void)integrityd::is_policy_empty(key);
        (void)integrityd::is_sealed_to_start_values(key);
    }
    (void)integrityd::will_unseal(token, {});
    return 0;
}
