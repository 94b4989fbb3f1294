// The fields of a record's body: `k=v k="text" k=68657820 msg='k=v …'`, one after the other, nothing copied.
//
// Whether text is hex is never guessed from the text itself: a file called 7370 is written "7370" with quotes, and one
// called "sp ace" as 7370206163 without. So quotes decide, and for values without quotes the name of the field does.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "sources/audit_record.hpp"

namespace integrityd {

struct AuditField {
    std::string_view name;
    std::string_view value;  // without the quotes
    bool quoted = false;     // it stood in double quotes
    bool nested = false;     // it comes from msg='…', so a program said it and not the kernel
};

// Walks over the fields of one text: a body, what stands inside msg='…', or the enriched part. Words without a value
// ("avc:", "user", "for") are passed over, but `denied  { read write } for` gives the fields seresult and seperms.
class AuditFieldWalker {
public:
    explicit AuditFieldWalker(std::string_view text) : rest_(text) {}

    [[nodiscard]] std::optional<AuditField> next();
    // Whether what next() gave last stood in single quotes: fields again, or the words of an old program.
    [[nodiscard]] bool at_message() const { return at_message_; }

private:
    [[nodiscard]] bool take_field(AuditField& field);
    std::string_view take_value(std::string_view name, AuditField& field);
    std::string_view take_plain();
    [[nodiscard]] bool access_vector(std::string_view word, AuditField& field);

    std::string_view rest_;
    bool at_message_ = false;
    bool access_vector_ = false;  // after "avc:"
    bool no_brace_ = false;       // no " }" in what is left
};

// Calls `see(field)` for each field of the body, those inside msg='…' after those around it, until it returns false.
template <typename See>
void for_each_field(const AuditRecord& record, See&& see) {
    std::string_view message;
    AuditFieldWalker walker(record.body);
    while (auto field = walker.next()) {
        if (walker.at_message()) {
            message = field->value;
        } else if (!see(*field)) {
            return;
        }
    }
    AuditFieldWalker inside(message);
    while (auto field = inside.next()) {
        field->nested = true;
        if (!see(*field)) return;
    }
}

// The first field of that name. What the kernel said stands before msg='…', so a program cannot put its own auid, uid,
// pid or ses in front of the true ones.
[[nodiscard]] std::optional<AuditField> find_field(const AuditRecord& record, std::string_view name);
// In the enriched part, where names are in capitals: AUID, UID, SYSCALL, ARCH …
[[nodiscard]] std::optional<AuditField> find_enriched(const AuditRecord& record, std::string_view name);

}  // namespace integrityd
