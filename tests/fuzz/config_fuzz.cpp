// Any bytes as a configuration: problems or values, never anything else.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "core/canonical_json.hpp"
#include "core/config_check.hpp"

using namespace integrityd;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    std::vector<ConfigProblem> problems;
    ConfigNode merged = read_config_text(text, "fuzz.toml", problems);
    check_file(merged, problems);
    // Merging a file with itself changes nothing, but goes through every branch.
    ConfigNode again = merged;
    merge_config(merged, std::move(again));
    const auto entries = effective_entries(merged);
    check_whole(entries, problems);
    for (const ConfigProblem& problem : problems) {
        const std::string line = to_string(problem);
        if (line.find('\n') != std::string::npos || line.find('\x1b') != std::string::npos) std::abort();
    }
    if (!read_json(canonical_json(Value(to_value(entries))))) std::abort();
    return 0;
}
