// The cursor of the audit log: what is accepted can be written in one way only.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "sources/audit_log_cursor.hpp"

using namespace integrityd;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto cursor = parse_audit_log_cursor(text);
    if (!cursor) return 0;
    if (to_text(*cursor) != text) std::abort();
    if (cursor->block_size > cursor->offset || cursor->block_size > longest_cursor_block) std::abort();
    if (cursor->head_size > cursor->offset || cursor->head_size > longest_cursor_head) std::abort();
    return 0;
}
