// What holds for any JSON that is read as a token: what is wrong with it is said, or each key that it holds has its
// policy.
#pragma once

#include <cstdint>
#include <cstdlib>

#include "core/escape.hpp"
#include "core/foreign_json.hpp"
#include "sources/luks_token.hpp"
#include "sources/tpm_policy.hpp"

namespace integrityd::fuzz {

template <typename Parse>
int read_token(const std::uint8_t* data, std::size_t size, Parse parse) {
    const auto json = read_foreign_json({reinterpret_cast<const char*>(data), size}, {1U << 20, 16, 4096});
    const auto* const content = json ? json->template get<ValueMap>() : nullptr;
    if (content == nullptr) return 0;
    const LuksTokenFacts token = parse(*content);
    if (!token.problem.empty() && !token.sealed.empty()) std::abort();
    if (!is_utf8(token.problem)) std::abort();
    for (const auto& key : token.sealed) {
        (void)is_policy_empty(key);
        (void)is_sealed_to_start_values(key);
    }
    (void)will_unseal(token, {});
    return 0;
}

}  // namespace integrityd::fuzz
