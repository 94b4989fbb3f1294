// Value: what a violation's `details` and an event's `data` are made of.
//
// The same small set of types exists in the canonical JSON of the event chain and as D-Bus
// variants: bool, 64-bit integers, strings (valid UTF-8), raw bytes, lists and maps; no fractions,
// so that every writer produces the same bytes.
//
// Raw bytes are told apart from strings by the member's name, in JSON too, where both are strings:
// a member called `path`, or whose name ends in `_raw`, holds bytes (base64 in JSON, `ay` on the
// bus); no other member does. is_bytes_member() is the only place that knows.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace integrityd {

class Value;
using ValueList = std::vector<Value>;
using ValueMap = std::map<std::string, Value, std::less<>>;

// Bytes that mean no text: a file name as the kernel has it, for example.
struct Bytes {
    std::string data;
    bool operator==(const Bytes&) const = default;
};

class Value {
public:
    using Held =
        std::variant<std::nullptr_t, bool, std::int64_t, std::uint64_t, std::string, Bytes, ValueList, ValueMap>;

    Value() = default;
    Value(std::nullptr_t) {}
    Value(bool held) : held_(held) {}
    Value(int held) : held_(std::int64_t{held}) {}
    Value(std::int64_t held) : held_(held) {}
    Value(std::uint32_t held) : held_(std::uint64_t{held}) {}
    Value(std::uint64_t held) : held_(held) {}
    Value(const char* held) : held_(std::string(held)) {}
    Value(std::string_view held) : held_(std::string(held)) {}
    Value(std::string held) : held_(std::move(held)) {}
    Value(Bytes held) : held_(std::move(held)) {}
    Value(ValueList held) : held_(std::move(held)) {}
    Value(ValueMap held) : held_(std::move(held)) {}

    [[nodiscard]] const Held& held() const { return held_; }
    template <typename T>
    [[nodiscard]] const T* get() const {
        return std::get_if<T>(&held_);
    }
    template <typename T>
    [[nodiscard]] T* get() {
        return std::get_if<T>(&held_);
    }

    // A number of either signedness, as unsigned; `otherwise` for what is no number or negative.
    [[nodiscard]] std::uint64_t number(std::uint64_t otherwise = 0) const;
    // The text of a string; empty for anything else.
    [[nodiscard]] std::string_view text() const;

    bool operator==(const Value&) const = default;

private:
    Held held_ = nullptr;
};

[[nodiscard]] ValueList text_list(const std::vector<std::string>& texts);

// Whether a member of this name holds Bytes (see the head of this file).
[[nodiscard]] bool is_bytes_member(std::string_view name);

// Merges `from` into `into`; members of `from` win.
void merge(ValueMap& into, const ValueMap& from);

}  // namespace integrityd
