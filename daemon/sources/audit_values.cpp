#include "sources/audit_values.hpp"

#include <algorithm>
#include <charconv>

#include "sources/audit_names.hpp"
#include "sources/audit_types.hpp"

namespace integrityd {

namespace {

// Fields that kernel and libaudit write with their "untrusted string" and "encoded" functions (the field dictionary of
// the audit documentation, and the sources of Linux 6).
constexpr AuditNames text_names({"acct",
                                 "apparmor",
                                 "cgroup",
                                 "cmd",
                                 "comm",
                                 "cwd",
                                 "data",
                                 "device",
                                 "dir",
                                 "exe",
                                 "file",
                                 "grp",
                                 "invalid_context",
                                 "key",
                                 "name",
                                 "new-chardev",
                                 "new-disk",
                                 "new-fs",
                                 "new-net",
                                 "new-rng",
                                 "new_group",
                                 "ocomm",
                                 "oexe",
                                 "old-chardev",
                                 "old-disk",
                                 "old-fs",
                                 "old-net",
                                 "old-rng",
                                 "path",
                                 "peer",
                                 "proctitle",
                                 "profile",
                                 "root_dir",
                                 "sw",
                                 "vm",
                                 "watch"});

// a0 … of EXECVE are text, and numbers in every other record: `a0`, `a12`, `a1[3]`, but not `a1_len`.
bool is_argument(std::string_view name) {
    if (name.size() < 2 || name[0] != 'a' || name[1] < '0' || name[1] > '9') return false;
    return name.find('_') == std::string_view::npos;
}

int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

// Of any base up to 16; 255 is none.
std::uint64_t digit_of(char c) {
    if (c >= '0' && c <= '9') return static_cast<std::uint64_t>(c - '0');
    if (c >= 'a' && c <= 'f') return static_cast<std::uint64_t>(c - 'a') + 10;
    return c >= 'A' && c <= 'F' ? static_cast<std::uint64_t>(c - 'A') + 10 : 255;
}

bool is_hex(std::string_view text) {
    return !text.empty() && text.size() % 2 == 0 && std::ranges::all_of(text, [](char c) { return hex_digit(c) >= 0; });
}

void append_hex(std::string_view digits, std::size_t limit, std::string& out) {
    for (std::size_t i = 0; i + 1 < digits.size() && out.size() < limit; i += 2)
        out.push_back(static_cast<char>(hex_digit(digits[i]) * 16 + hex_digit(digits[i + 1])));
}

// `a12[3]` → 12.
std::optional<std::uint64_t> argument_index(std::string_view name) {
    if (!is_argument(name)) return std::nullopt;
    return decode_number(name.substr(1, std::min(name.find('['), name.size()) - 1));
}

// An argument in pieces: a1_len=… a1[0]=… a1[1]=… over several records, all of them hex or all of them quoted.
class Arguments {
public:
    void add(const AuditField& field) {
        if (field.name == "argc") result_.stated = decode_number(field.value).value_or(0);
        const auto index = argument_index(field.name);
        if (!index) return;
        const bool piece = field.name.ends_with(']');
        if (*index >= max_arguments) {
            result_.cut = true;
            return;
        }
        while (result_.arguments.size() <= *index)
            result_.arguments.emplace_back();
        std::string& argument = result_.arguments[*index];
        if (!piece) {
            bytes_ -= argument.size();
            argument.clear();
        }
        append(field, argument);
    }

    AuditArguments take() {
        result_.cut = result_.cut || result_.arguments.size() < result_.stated;
        return std::move(result_);
    }

private:
    void append(const AuditField& field, std::string& argument) {
        const std::size_t room = max_argument_bytes - bytes_;
        const std::size_t before = argument.size();
        const std::string text = decode_text(audit_type::execve, field, room + 1);
        result_.cut = result_.cut || text.size() > room;
        argument.append(text, 0, room);
        bytes_ += argument.size() - before;
    }

    AuditArguments result_;
    std::size_t bytes_ = 0;
};

}  // namespace

bool is_null(const AuditField& field) {
    if (field.quoted) return false;
    return field.value.empty() || field.value == "?" || field.value == "(null)" || field.value == "(none)";
}

bool is_text_field(std::uint16_t type, std::string_view name) {
    if (type == audit_type::execve && is_argument(name)) return true;
    return text_names.at(name) != decltype(text_names)::none;
}

std::string decode_text(std::uint16_t type, const AuditField& field, std::size_t limit) {
    std::string text;
    if (field.quoted || !is_text_field(type, field.name) || !is_hex(field.value)) {
        text = field.value.substr(0, limit);
    } else {
        append_hex(field.value, limit, text);
    }
    return text;
}

std::optional<std::string> find_text(const AuditRecord& record, std::string_view name) {
    const auto field = find_field(record, name);
    if (!field || is_null(*field)) return std::nullopt;
    return decode_text(record.number, *field);
}

// By hand: numbers are most of what is read, and std::from_chars() takes twice as long for a few digits.
std::optional<std::uint64_t> decode_number(std::string_view value, int base) {
    const auto radix = static_cast<std::uint64_t>(base);
    constexpr std::size_t safe_digits = 16;  // no number of so many overflows
    if (value.empty()) return std::nullopt;
    std::uint64_t number = 0;
    for (std::size_t i = 0; i < value.size(); ++i) {
        const std::uint64_t digit = digit_of(value[i]);
        if (digit >= radix) return std::nullopt;
        if (i >= safe_digits && number > (UINT64_MAX - digit) / radix) return std::nullopt;
        number = (radix == 16 ? number << 4 : number * radix) + digit;
    }
    return number;
}

std::optional<std::int64_t> decode_signed(std::string_view value) {
    std::int64_t number = 0;
    const char* const end = value.data() + value.size();
    const auto [stop, error] = std::from_chars(value.data(), end, number);
    if (error != std::errc() || stop != end) return std::nullopt;
    return number;
}

std::optional<std::uint32_t> decode_id(std::string_view value) {
    constexpr std::uint64_t unset = 4294967295;
    const auto number = decode_number(value);
    if (!number || *number >= unset) return std::nullopt;
    return static_cast<std::uint32_t>(*number);
}

AuditResult decode_result(std::string_view value) {
    if (value == "1" || value == "success" || value == "yes" || value == "ok") return AuditResult::success;
    if (value == "0" || value == "failed" || value == "no") return AuditResult::failure;
    return AuditResult::unknown;
}

AuditResult result_of(const AuditRecord& record) {
    AuditResult result = AuditResult::unknown;
    for_each_field(record, [&](const AuditField& field) {
        if (field.name == "success" || field.name == "res" || field.name == "result")
            result = decode_result(field.value);
        return result == AuditResult::unknown;
    });
    return result;
}

std::vector<std::string> decode_keys(const AuditRecord& record) {
    const auto field = find_field(record, "key");
    return field ? decode_keys(*field) : std::vector<std::string>();
}

std::vector<std::string> decode_keys(const AuditField& key) {
    std::vector<std::string> keys;
    if (is_null(key)) return keys;
    const std::string text = decode_text(audit_type::syscall, key);
    for (std::size_t begin = 0; begin <= text.size();) {
        const std::size_t end = std::min(text.find('\x01', begin), text.size());
        if (end > begin) keys.push_back(text.substr(begin, end - begin));
        begin = end + 1;
    }
    return keys;
}

AuditArguments execve_arguments(std::span<const AuditRecord> records) {
    Arguments arguments;
    for (const AuditRecord& record : records) {
        if (record.number != audit_type::execve) continue;
        for_each_field(record, [&](const AuditField& field) {
            arguments.add(field);
            return true;
        });
    }
    return arguments.take();
}

}  // namespace integrityd
