// Logs in, events out.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "sources/audit_assembler.hpp"
#include "sources/audit_line_reader.hpp"
#include "sources/audit_record.hpp"
#include "sources/audit_serials.hpp"

namespace integrityd::test {

// An event as text: serial, 'x', number of records; '!' if cut, '~' if late.
inline std::string brief(const AuditEvent& event) {
    return std::to_string(event.stamp.serial) + "x" + std::to_string(event.records.size()) + (event.cut ? "!" : "") +
           (event.late ? "~" : "");
}

struct Assembled {
    std::vector<std::string> events;
    std::vector<std::string> texts;  // of all records: type and body
    std::vector<AuditGap> gaps;
    std::uint64_t missing = 0;
};

// Reads `log` in chunks through one buffer that is overwritten each time, as a watcher does.
inline Assembled assemble(std::string_view log, std::size_t chunk = 1U << 16, AuditAssemblyLimits limits = {}) {
    Assembled result;
    AuditSerials serials([&](const AuditGap& gap) { result.gaps.push_back(gap); });
    AuditAssembler assembler(
        [&](const AuditEvent& event) {
            result.events.push_back(brief(event));
            std::string text;
            for (const AuditRecord& record : event.records)
                text.append(record.type).append(" ").append(record.body).append(record.enriched).append("\n");
            result.texts.push_back(text);
        },
        limits);
    AuditLineReader reader;
    AuditRecordScanner scanner;
    std::string buffer(std::min(chunk, log.size()), '#');
    for (std::size_t at = 0; at < log.size(); at += chunk) {
        const std::string_view piece = log.substr(at, chunk);
        std::copy(piece.begin(), piece.end(), buffer.begin());
        reader.feed({buffer.data(), piece.size()});
        while (const auto line = reader.next()) {
            const auto record = scanner.scan(line->text, line->may_be_enriched);
            if (!record) continue;
            serials.note(*record, Monotonic(0));
            assembler.add(*record, Monotonic(0));
        }
        assembler.keep();
        std::fill(buffer.begin(), buffer.end(), '#');
    }
    assembler.finish();
    serials.finish();
    result.missing = serials.missing();
    return result;
}

}  // namespace integrityd::test
