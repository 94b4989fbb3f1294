// One line of an audit log, or a message of the kernel's feed: its parts, its fields and what they mean.
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string_view>

#include "sources/audit_interest.hpp"
#include "sources/audit_values.hpp"

using namespace integrityd;

namespace {

void expect(bool holds) {
    if (!holds) std::abort();
}

bool inside(std::string_view part, std::string_view whole) {
    return part.empty() || (part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size());
}

void check_record(const AuditRecord& record, std::string_view line) {
    expect(inside(record.body, line) && inside(record.enriched, line) && inside(record.node, line));
    std::size_t fields = 0;
    for_each_field(record, [&](const AuditField& field) {
        expect(++fields <= record.body.size());
        expect(!field.name.empty() && inside(field.value, record.body));
        expect(decode_text(record.number, field, 100).size() <= 100);
        expect(decode_text(record.number, field).size() <= max_audit_text);
        return true;
    });
    (void)find_enriched(record, "UID");
    (void)result_of(record);
    for (const std::string& key : decode_keys(record))
        expect(!key.empty());
    const AuditArguments arguments = execve_arguments(std::span(&record, 1));
    expect(arguments.arguments.size() <= max_arguments);
    AuditInterest interest({.keys = {"identity"}, .write_syscalls = true});
    (void)interest.wants(record);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    if (const auto record = scan_audit_record(text)) check_record(*record, text);
    if (const auto record = scan_audit_message(1300, text)) check_record(*record, text);
    // The bytes as a body, so that fields are reached without a stamp.
    for (const std::uint16_t number : {std::uint16_t{1300}, std::uint16_t{1309}}) {
        AuditRecord record;
        record.number = number;
        record.body = text;
        record.enriched = text;
        AuditFieldWalker walker(text);
        while (walker.next()) {
        }
        check_record(record, text);
    }
    return 0;
}
