#include <fstream>

#include <catch2/catch.hpp>

#include "core/config.hpp"
#include "support/temporary_directory.hpp"

using namespace integrityd;

namespace {

using Names = std::vector<std::string>;

Names asked_by(const std::string& text) {
    const test::TemporaryDirectory directory;
    const std::string file = directory / "integrityd.toml";
    std::ofstream(file, std::ios::binary) << text;
    const LoadedConfig loaded = load_config({.only_file = file});
    REQUIRE(loaded.problems.empty());
    return loaded.config.asked_watchers;
}

}  // namespace

TEST_CASE("it is known which watchers the files ask for, by a switch or by an entry") {
    CHECK(asked_by("") == Names{});
    CHECK(asked_by("[audit]\nnetlink = false\n[luks]\nenabled = \"auto\"\n") == Names{});
    CHECK(asked_by("[boot]\nenabled = true\n[aide]\nenabled = true\n") == Names{"aide", "boot"});
    const std::string endpoint = "[[tls.endpoint]]\nname = \"a\"\naddress = \"a.example:443\"\n";
    CHECK(asked_by(endpoint) == Names{"tls"});
    CHECK(asked_by("[tls]\nenabled = false\n" + endpoint) == Names{});
}
