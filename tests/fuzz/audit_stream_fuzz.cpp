// A stream of bytes as an audit log: lines, records, events and serials mean the same in whatever pieces they come.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "unit/sources/audit_test_support.hpp"

using namespace integrityd;
using namespace integrityd::test;

namespace {

void expect(bool holds) {
    if (!holds) std::abort();
}

void check_lines(std::string_view text, std::size_t chunk) {
    AuditLineReader reader;
    std::uint64_t end = 0;
    for (std::size_t at = 0; at < text.size(); at += chunk) {
        reader.feed(text.substr(at, chunk));
        while (const auto line = reader.next()) {
            expect(line->end_offset > end && line->text.size() <= AuditLineReader::max_line && !line->text.empty());
            end = line->end_offset;
        }
    }
    expect(reader.offset() + reader.pending() == text.size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    for (const std::size_t chunk : {1U, 7U, 4096U})
        check_lines(text, chunk);
    // Small limits, so that small inputs reach them.
    const AuditAssemblyLimits limits{.in_flight = 3, .records = 4, .event_bytes = 200, .total_bytes = 400};
    const Assembled whole = assemble(text, 4096, limits);
    const Assembled pieces = assemble(text, 5, limits);
    expect(whole.events == pieces.events && whole.texts == pieces.texts && whole.missing == pieces.missing);
    return 0;
}
