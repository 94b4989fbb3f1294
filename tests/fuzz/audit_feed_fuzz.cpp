// A datagram of the kernel's feed: its text lies inside of it.
#include <cstdint>
#include <cstdlib>

#include "sources/audit_feed.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view datagram(reinterpret_cast<const char*>(data), size);
    const auto message = integrityd::parse_audit_feed_message(datagram);
    if (!message) return 0;
    if (message->payload.empty() || message->payload.back() == '\n' || message->payload.back() == '\0') std::abort();
    const bool inside = message->payload.data() >= datagram.data() &&
                        message->payload.data() + message->payload.size() <= datagram.data() + datagram.size();
    if (!inside) std::abort();
    return 0;
}
