// How large values become in a reply, and what is withheld from readers: no D-Bus library needed.
#pragma once

#include <cstddef>
#include <string_view>

#include "core/values.hpp"

namespace integrityd {

// A reply holds at most this much (contract section 5).
constexpr std::size_t largest_reply = 1U << 20;
// Values nested deeper are told as such: the bus refuses messages with more than 64 nested containers, and a map in a
// map takes three of them.
constexpr int deepest_value = 16;

// Members that say who did it, or quote audit records: `actor`, `audit` and every member that begins with
// `actor_` or `audit_`. They are withheld from readers wherever they stand.
[[nodiscard]] bool is_restricted_member(std::string_view name);

// Upper bounds of the marshalled size, padding included.
[[nodiscard]] std::size_t reply_size(const Violation& violation);
[[nodiscard]] std::size_t reply_size(const Event& event);
[[nodiscard]] std::size_t reply_size(std::string_view text);

// Fills a reply: add() says whether the next item still has its place. The first always has, so that whoever asks on
// gets on; an item is far below the limit (details hold at most 64 KiB).
class ReplyBudget {
public:
    [[nodiscard]] bool add(std::size_t size) {
        if (used_ != 0 && used_ + size > largest_reply - reserve) return false;
        used_ += size;
        return true;
    }

private:
    static constexpr std::size_t reserve = 4096;  // header and the reply's other values
    std::size_t used_ = 0;
};

}  // namespace integrityd
