// For programs whose every test asks the real daemon: run by nobody but root. The daemon answers root and the members
// of the system's own groups, which a test cannot join.
#define CATCH_CONFIG_EXTERNAL_INTERFACES
#include <cstdio>
#include <cstdlib>
#include <unistd.h>

#include <catch2/catch.hpp>

namespace {

constexpr int skipped = 77;  // Meson's word for it

struct NeedsRoot : Catch::TestEventListenerBase {
    using TestEventListenerBase::TestEventListenerBase;

    void testRunStarting(const Catch::TestRunInfo& run) override {
        if (geteuid() == 0) return;
        std::printf("SKIPPED: %s: needs root: the daemon answers no other user without its groups\n", run.name.c_str());
        std::exit(skipped);
    }
};

}  // namespace

CATCH_REGISTER_LISTENER(NeedsRoot)
