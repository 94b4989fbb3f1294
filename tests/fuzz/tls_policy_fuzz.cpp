// A policy's file: any bytes give a policy or an error that says where.
#include <cstdint>
#include <cstdlib>

#include "core/escape.hpp"
#include "sources/tls_policy.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace integrityd;
    const auto policy = read_tls_policy({reinterpret_cast<const char*>(data), size}, "policy.toml");
    if (!policy) {
        if (policy.error().message.empty() || !is_utf8(policy.error().message)) std::abort();
        return 0;
    }
    (void)policy->cipher(0xc02f, 0);
    (void)policy->group(0, 2048, 0);
    (void)policy->signature("rsa-sha256", 0);
    return 0;
}
