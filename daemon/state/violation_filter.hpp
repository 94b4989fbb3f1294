// ViolationFilter: which violations are asked for.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/values.hpp"

namespace integrityd {

struct ViolationFilter {
    std::string source;  // empty: any
    std::string kind;
    std::optional<Severity> severity;  // at least
    std::string state;                 // empty: everything that is not resolved; "all"; or one state
};

[[nodiscard]] bool matches(const ViolationFilter& filter, const Violation& violation);

// What a violation that matches must hold as it is stored (canonical JSON), without reading it: a search for what is
// not there costs no more than looking at the bytes.
class ViolationSieve {
public:
    explicit ViolationSieve(const ViolationFilter& filter);
    // False: it does not match. True: it may.
    [[nodiscard]] bool passes(std::string_view stored) const;

private:
    // Members with their values: all of the first, and one of the second, where there are any.
    std::vector<std::string> all_;
    std::vector<std::string> one_;
};

}  // namespace integrityd
