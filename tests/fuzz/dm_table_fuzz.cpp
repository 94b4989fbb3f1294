// What device-mapper answers, of any bytes: a text of lines that our own parser takes, or an error; never a key's place
// beyond what was answered.
#include <algorithm>
#include <cstdint>
#include <cstdlib>

#include "core/dm_table.hpp"
#include "sources/dm_mapping.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto answer = integrityd::read_dm_table("var", [&](std::span<char> question) {
        std::copy_n(data, std::min(size, question.size()), question.begin());
        return 0;
    });
    if (answer && std::ranges::any_of(*answer, [](char each) { return each != '\n' && (each < ' ' || each > '~'); }))
        std::abort();
    if (answer && !answer->starts_with("device ")) std::abort();
    if (answer) (void)integrityd::parse_dm_table(*answer);
    (void)integrityd::parse_dm_table({reinterpret_cast<const char*>(data), size});
    return 0;
}
