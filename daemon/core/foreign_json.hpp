// JSON of strangers: a LUKS header, a token, a certificate log.
#pragma once

#include <cstddef>
#include <string_view>

#include "core/result.hpp"
#include "core/value.hpp"

namespace integrityd {

// Of the text, its nesting, and the values in it: each is memory that a stranger makes us take.
struct JsonLimits {
    std::size_t text = 0;
    std::size_t depth = 0;
    std::size_t values = 0;
};

// Strictly RFC 8259, and stricter: valid UTF-8, no member twice (readers differ in which they take, so a text that is
// read by two programs would mean two things). Total: any bytes give a value or an error. Every string is a string,
// whatever its member is called; a number that is no 64-bit integer is the text that it is written with.
[[nodiscard]] Result<Value> read_foreign_json(std::string_view text, const JsonLimits& limits);

}  // namespace integrityd
