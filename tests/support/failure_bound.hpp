// How long a test waits for something before it says that it failed.
#pragma once

#include <chrono>

namespace integrityd::test {

// Nothing takes so long, not even with sanitizers on a machine that compiles meanwhile: no test depends on it passing.
inline constexpr std::chrono::seconds failure_bound{60};

}  // namespace integrityd::test
