#include "sources/audit_rule_text.hpp"

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <libaudit.h>

#include "core/escape.hpp"

namespace integrityd {

namespace {

constexpr std::size_t longest_text = 300;
constexpr std::size_t longest_string = 160;
// More are told as a number: the classes of a watch alone are some 20.
constexpr int most_syscalls_named = 4;
constexpr std::uint32_t unset = 0xffffffff;

// The kernel's audit_rule_data without its strings, which no struct of ours could hold behind it.
struct RuleHead {
    std::uint32_t flags;
    std::uint32_t action;
    std::uint32_t field_count;
    std::array<std::uint32_t, AUDIT_BITMASK_SIZE> mask;
    std::array<std::uint32_t, AUDIT_MAX_FIELDS> fields;
    std::array<std::uint32_t, AUDIT_MAX_FIELDS> values;
    std::array<std::uint32_t, AUDIT_MAX_FIELDS> fieldflags;
    std::uint32_t buflen;
};
static_assert(sizeof(RuleHead) == sizeof(audit_rule_data));
static_assert(offsetof(RuleHead, values) == offsetof(audit_rule_data, values));

struct Rule {
    RuleHead head{};
    std::string_view strings;
};

std::optional<Rule> read_rule(std::string_view bytes) {
    Rule rule;
    if (bytes.size() < sizeof rule.head) return std::nullopt;
    std::memcpy(&rule.head, bytes.data(), sizeof rule.head);
    rule.strings = bytes.substr(sizeof rule.head);
    if (rule.head.field_count > AUDIT_MAX_FIELDS || rule.head.buflen != rule.strings.size()) return std::nullopt;
    return rule;
}

// libaudit has no name for a number that is newer than it is.
std::string name_or_number(const char* name, std::uint32_t number) {
    return name != nullptr ? name : std::to_string(number);
}

bool has_string(std::uint32_t field) {
    switch (field) {
        case AUDIT_WATCH:
        case AUDIT_DIR:
        case AUDIT_EXE:
        case AUDIT_FILTERKEY:
        case AUDIT_SUBJ_USER:
        case AUDIT_SUBJ_ROLE:
        case AUDIT_SUBJ_TYPE:
        case AUDIT_SUBJ_SEN:
        case AUDIT_SUBJ_CLR:
        case AUDIT_OBJ_USER:
        case AUDIT_OBJ_ROLE:
        case AUDIT_OBJ_TYPE:
        case AUDIT_OBJ_LEV_LOW:
        case AUDIT_OBJ_LEV_HIGH:
            return true;
        default:
            return false;
    }
}

std::string permissions(std::uint32_t value) {
    std::string text;
    if ((value & AUDIT_PERM_READ) != 0) text += 'r';
    if ((value & AUDIT_PERM_WRITE) != 0) text += 'w';
    if ((value & AUDIT_PERM_EXEC) != 0) text += 'x';
    if ((value & AUDIT_PERM_ATTR) != 0) text += 'a';
    return text;
}

std::string architecture(std::uint32_t value) {
    return (value & __AUDIT_ARCH_64BIT) != 0 ? "b64" : "b32";
}

std::string exit_code(std::uint32_t value) {
    const auto code = std::bit_cast<std::int32_t>(value);
    // INT32_MIN has no positive counterpart, and no name either.
    if (code >= 0 || code < -4095) return std::to_string(code);
    const char* const name = audit_errno_to_name(-code);
    return name != nullptr ? std::string("-") + name : std::to_string(code);
}

std::string number_text(std::uint32_t field, std::uint32_t value) {
    switch (field) {
        case AUDIT_PERM:
            return permissions(value);
        case AUDIT_ARCH:
            return architecture(value);
        case AUDIT_EXIT:
            return exit_code(value);
        case AUDIT_MSGTYPE:
            return name_or_number(audit_msg_type_to_name(static_cast<int>(value & 0xffff)), value);
        case AUDIT_FILETYPE:
            return name_or_number(audit_ftype_to_name(static_cast<int>(value & 0xf000)), value);
        default:
            return value == unset ? "unset" : std::to_string(value);
    }
}

// Several keys of one rule are one string with \x01 between them.
std::string key_text(std::string_view keys) {
    std::string text;
    while (true) {
        const std::size_t end = keys.find('\x01');
        text += (text.empty() ? "-F key=" : " -F key=") + escape_cut(keys.substr(0, end), longest_string);
        if (end == std::string_view::npos) return text;
        keys.remove_prefix(end + 1);
    }
}

std::optional<std::string> field_text(Rule& rule, std::uint32_t index) {
    const std::uint32_t field = rule.head.fields[index];
    const std::uint32_t value = rule.head.values[index];
    const auto flags = static_cast<int>(rule.head.fieldflags[index]);
    const char* const symbol = audit_operator_to_symbol(flags);
    const std::string comparison = symbol != nullptr ? symbol : "?";
    const std::string name = name_or_number(audit_field_to_name(static_cast<int>(field)), field);
    if (!has_string(field)) return "-F " + name + comparison + number_text(field, value);
    if (value > rule.strings.size()) return std::nullopt;
    const std::string_view text = rule.strings.substr(0, value);
    rule.strings.remove_prefix(value);
    if (field == AUDIT_FILTERKEY) return key_text(text);
    return "-F " + name + comparison + escape_cut(text, longest_string);
}

// By the architecture that the rule names; without one the numbers mean nothing.
int machine_of(const RuleHead& rule) {
    for (std::uint32_t i = 0; i < rule.field_count; ++i) {
        if (rule.fields[i] == AUDIT_ARCH) return audit_elf_to_machine(rule.values[i]);
    }
    return -1;
}

std::string syscall_text(const RuleHead& rule) {
    const int machine = machine_of(rule);
    std::string names;
    int count = 0;
    bool all = true;
    // The last word holds classes of syscalls, which the kernel has resolved into the bits before it.
    for (int number = 0; number < (AUDIT_BITMASK_SIZE - 1) * 32; ++number) {
        const bool set = (rule.mask[number / 32] >> (number % 32) & 1) != 0;
        all = all && set;
        if (!set || ++count > most_syscalls_named) continue;
        const char* const name = machine < 0 ? nullptr : audit_syscall_to_name(number, machine);
        names += (names.empty() ? "" : ",") + name_or_number(name, static_cast<std::uint32_t>(number));
    }
    if (count == 0) return "";
    if (all) return "-S all";
    return count > most_syscalls_named ? "-S (" + std::to_string(count) + " syscalls)" : "-S " + names;
}

void append(std::string& line, const std::string& word) {
    if (!word.empty()) line += " " + word;
}

}  // namespace

std::optional<std::string> describe_audit_rule(std::string_view bytes) {
    auto rule = read_rule(bytes);
    if (!rule) return std::nullopt;
    const auto list = static_cast<int>(rule->head.flags & ~std::uint32_t{AUDIT_FILTER_PREPEND});
    std::string line =
        "-a " + name_or_number(audit_action_to_name(static_cast<int>(rule->head.action)), rule->head.action);
    line += "," + name_or_number(audit_flag_to_name(list), static_cast<std::uint32_t>(list));
    append(line, syscall_text(rule->head));
    for (std::uint32_t i = 0; i < rule->head.field_count; ++i) {
        const auto field = field_text(*rule, i);
        if (!field) return std::nullopt;
        append(line, *field);
    }
    // Every part is escaped already; only the length is left to be bounded.
    return line.size() <= longest_text ? line : line.substr(0, line.rfind(' ', longest_text)) + " …";
}

}  // namespace integrityd
