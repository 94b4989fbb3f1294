#include "watchers/audit/audit_keepsake.hpp"

#include <algorithm>
#include <charconv>

namespace integrityd {

namespace {

template <typename Number>
bool take_number(std::string_view& text, Number& number) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc()) return false;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    return true;
}

bool take_word(std::string_view& text, std::string_view word) {
    if (!text.starts_with(word)) return false;
    text.remove_prefix(word.size());
    return true;
}

// MILLISECONDS:SERIAL
std::optional<AuditStamp> parse_stamp(std::string_view text) {
    AuditStamp stamp;
    const bool good = take_number(text, stamp.milliseconds) && take_word(text, ":") && take_number(text, stamp.serial);
    return good && text.empty() ? std::optional(stamp) : std::nullopt;
}

// FROM-TO AFTER BEFORE, and in words what was so.
std::optional<AuditGap> parse_hole(std::string_view text) {
    AuditGap gap;
    const bool good = take_number(text, gap.from) && take_word(text, "-") && take_number(text, gap.to) &&
                      take_word(text, " ") && take_number(text, gap.after) && take_word(text, " ") &&
                      take_number(text, gap.before);
    gap.auditd_began = take_word(text, " auditd");
    gap.unread = take_word(text, " unread");
    if (!good || !text.empty()) return std::nullopt;
    gap.count = std::uint64_t{gap.to - gap.from} + 1;  // serials begin anew after 32 bits
    return gap;
}

std::string hole_text(const AuditGap& gap) {
    return std::to_string(gap.from) + "-" + std::to_string(gap.to) + " " + std::to_string(gap.after) + " " +
           std::to_string(gap.before) + (gap.auditd_began ? " auditd" : "") + (gap.unread ? " unread" : "");
}

// COUNT BOOT
std::optional<AuditLostMark> parse_lost(std::string_view text) {
    constexpr std::size_t longest_boot_id = 64;
    AuditLostMark mark;
    if (!take_number(text, mark.lost) || !take_word(text, " ") || text.size() > longest_boot_id) return std::nullopt;
    mark.boot_id = std::string(text);
    return mark;
}

void take_hole(std::string_view line, AuditKeepsake& kept) {
    const auto hole = parse_hole(line);
    if (hole && kept.holes.size() < AuditSerials::max_open) kept.holes.push_back(*hole);
}

void take_line(std::string_view line, AuditKeepsake& kept) {
    if (take_word(line, "log "))
        kept.log = std::string(line);
    else if (take_word(line, "told "))
        kept.told = std::string(line);
    else if (take_word(line, "last "))
        kept.last = parse_stamp(line);
    else if (take_word(line, "hole "))
        take_hole(line, kept);
    else if (take_word(line, "lost "))
        kept.lost = parse_lost(line);
}

}  // namespace

std::string to_text(const AuditKeepsake& kept) {
    std::string text;
    if (!kept.log.empty()) text += "log " + kept.log + "\n";
    if (!kept.told.empty()) text += "told " + kept.told + "\n";
    if (kept.last)
        text += "last " + std::to_string(kept.last->milliseconds) + ":" + std::to_string(kept.last->serial) + "\n";
    for (const AuditGap& hole : kept.holes)
        text += "hole " + hole_text(hole) + "\n";
    if (kept.lost) text += "lost " + std::to_string(kept.lost->lost) + " " + kept.lost->boot_id + "\n";
    return text;
}

AuditKeepsake parse_audit_keepsake(std::string_view text) {
    AuditKeepsake kept;
    while (!text.empty()) {
        const std::string_view line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(text.size(), line.size() + 1));
        take_line(line, kept);
    }
    return kept;
}

}  // namespace integrityd
