// Skipping a test and saying why: `if (!skip_unless(geteuid() == 0, "needs root")) return;`
//
// Catch2 2 has no skip. The line is collected by `./dev test`, which lists every skipped test.
#pragma once

#include <cstdio>
#include <string>

#include <catch2/catch.hpp>

namespace integrityd::test {

// True when the test can go on; else says so on standard output and returns false.
inline bool skip_unless(bool can_run, const std::string& reason) {
    if (can_run) return true;
    const std::string name = Catch::getResultCapture().getCurrentTestName();
    std::printf("SKIPPED: %s: %s\n", name.c_str(), reason.c_str());
    std::fflush(stdout);
    SUCCEED("skipped: " + reason);
    return false;
}

}  // namespace integrityd::test
