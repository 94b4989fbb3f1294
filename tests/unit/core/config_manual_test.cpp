#include <fstream>

#include <catch2/catch.hpp>

#include "core/config_schema.hpp"

using namespace integrityd;

namespace {

std::string read(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    REQUIRE(file.good());
    return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

TEST_CASE("the manual page names every section and key") {
    const std::string page = read(std::string(INTEGRITYD_SOURCE_ROOT) + "/daemon/integrityd.toml.5.scd");
    for (const ConfigSection& section : config_schema()) {
        INFO(section.name);
        const std::size_t start =
            page.find("\n# [" + std::string(section.is_list ? "[" : "") + std::string(section.name) + "]");
        REQUIRE(start != std::string::npos);
        const std::string part = page.substr(start, page.find("\n# ", start + 1) - start);
        for (const ConfigKey& key : section.keys) {
            std::string name(key.name);
            for (std::size_t at = 0; (at = name.find('_', at)) != std::string::npos; at += 2)
                name.insert(at, "\\");
            INFO(key.name);
            CHECK(part.find("\n*" + name + "*") != std::string::npos);
        }
    }
}
