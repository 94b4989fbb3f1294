// LuksJson: reads members of a header's JSON and remembers the first that is not what it has to be.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/value.hpp"

namespace integrityd {

class LuksJson {
public:
    // Empty: everything that was asked for was there, in its form.
    [[nodiscard]] const std::string& problem() const { return problem_; }
    void fail(std::string problem);

    // A member that has to be there; without it an empty value, and a problem.
    [[nodiscard]] std::string text(const ValueMap& in, std::string_view name);
    [[nodiscard]] std::uint64_t number(const ValueMap& in, std::string_view name);
    // A 64-bit number, which this format writes as a decimal text.
    [[nodiscard]] std::uint64_t number_text(const ValueMap& in, std::string_view name);
    [[nodiscard]] const ValueMap& object(const ValueMap& in, std::string_view name);
    [[nodiscard]] const ValueList& list(const ValueMap& in, std::string_view name);
    // A list of decimal texts, each below `limit` and none twice: references to keyslots or segments.
    [[nodiscard]] std::vector<unsigned> references(const ValueMap& in, std::string_view name, unsigned limit);
    // Members that may be missing.
    [[nodiscard]] std::string text_or_empty(const ValueMap& in, std::string_view name);
    [[nodiscard]] std::vector<std::string> texts_or_empty(const ValueMap& in, std::string_view name);

    // Whether it is there at all.
    [[nodiscard]] static const Value* find(const ValueMap& in, std::string_view name);
    // "0" to limit - 1, written in one way alone.
    [[nodiscard]] static std::optional<unsigned> index(std::string_view text, unsigned limit);

private:
    std::string problem_;
};

}  // namespace integrityd
