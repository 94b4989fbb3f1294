// Golden files: inputs NAME.in below tests/golden/AREA, and beside each the output NAME.out that was
// looked at and found right. WRITE_GOLDEN=1 writes the outputs anew; look at the difference then.
#pragma once

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include <catch2/catch.hpp>

namespace integrityd::test {

inline std::string read_whole(const std::filesystem::path& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

// The inputs of an area, sorted.
inline std::vector<std::filesystem::path> golden_inputs(std::string_view area) {
    std::vector<std::filesystem::path> inputs;
    const auto folder = std::filesystem::path(INTEGRITYD_TESTS) / "golden" / area;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        if (entry.path().extension() == ".in") inputs.push_back(entry.path());
    }
    std::sort(inputs.begin(), inputs.end());
    return inputs;
}

inline void check_golden(std::filesystem::path input, const std::string& output) {
    const auto expected = input.replace_extension(".out");
    if (std::getenv("WRITE_GOLDEN") != nullptr) std::ofstream(expected, std::ios::binary) << output;
    INFO(expected.string());
    CHECK(output == read_whole(expected));
}

}  // namespace integrityd::test
