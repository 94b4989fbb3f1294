#include "sources/audit_types.hpp"

#include <array>
#include <charconv>
#include <cstring>
#include <libaudit.h>

namespace integrityd {

namespace {

// Twice as many places as are needed for the 200 names of libaudit 3, so that a search is a step or two.
constexpr std::size_t places = 1024;
// Control messages (1000) up to the last of user space (2999).
constexpr std::uint16_t first_number = 1000;
constexpr std::uint16_t last_number = 2999;

// libaudit searches its own table by halves and with strcasecmp; every record of a busy log asks.
class TypeNames {
public:
    TypeNames() {
        for (std::uint16_t number = first_number; number <= last_number; ++number) {
            const char* const name = audit_msg_type_to_name(number);
            if (name != nullptr) put(name, number);
        }
    }

    [[nodiscard]] std::uint16_t find(std::string_view name) const {
        for (std::size_t at = place(name);; at = (at + 1) % places) {
            const Entry& entry = entries_[at];
            if (entry.name.empty()) return audit_type::unknown;
            if (entry.name == name) return entry.number;
        }
    }

private:
    struct Entry {
        std::string_view name;
        std::uint16_t number = 0;
    };

    // First, middle and last letters tell most names apart.
    static std::size_t place(std::string_view name) {
        if (name.empty()) return 0;
        const auto letter = [name](std::size_t at) -> std::size_t { return static_cast<unsigned char>(name[at]); };
        return (letter(0) * 31 + letter(name.size() / 2) * 131 + letter(name.size() - 1) * 521 + name.size() * 17) %
               places;
    }

    void put(std::string_view name, std::uint16_t number) {
        if (used_ == places / 2) return;
        std::size_t at = place(name);
        while (!entries_[at].name.empty())
            at = (at + 1) % places;
        entries_[at] = {name, number};
        ++used_;
    }

    std::array<Entry, places> entries_{};
    std::size_t used_ = 0;
};

// With the size known, the comparison is one of numbers.
template <std::size_t size>
bool is(std::string_view name, const char (&expected)[size]) {
    return name.size() == size - 1 && std::memcmp(name.data(), expected, size - 1) == 0;
}

// "UNKNOWN[1334]", as auditd writes what is newer than itself.
std::uint16_t bracketed(std::string_view name) {
    constexpr std::string_view begin = "UNKNOWN[";
    if (!name.starts_with(begin) || !name.ends_with(']')) return audit_type::unknown;
    const std::string_view digits = name.substr(begin.size(), name.size() - begin.size() - 1);
    std::uint16_t number = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    return error == std::errc() && end == digits.data() + digits.size() ? number : audit_type::unknown;
}

}  // namespace

std::uint16_t audit_type_number(std::string_view name) {
    // Four of five records of a log are one of these.
    if (is(name, "PATH")) return audit_type::path;
    if (is(name, "SYSCALL")) return audit_type::syscall;
    if (is(name, "PROCTITLE")) return audit_type::proctitle;
    if (is(name, "CWD")) return audit_type::cwd;
    static const TypeNames names;
    const std::uint16_t number = names.find(name);
    return number != audit_type::unknown ? number : bracketed(name);
}

std::string_view audit_type_name(std::uint16_t number) {
    const char* const name = audit_msg_type_to_name(number);
    return name != nullptr ? name : "UNKNOWN";
}

}  // namespace integrityd
