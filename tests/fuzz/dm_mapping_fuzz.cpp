// What a device-mapper table says of a volume and of the root, and what a command line does.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "sources/boot_command_line.hpp"
#include "sources/dm_mapping.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace integrityd;
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    constexpr auto hex = "0123456789abcdef";
    if (named_root_hash(bytes).find_first_not_of(hex) != std::string::npos) std::abort();
    const auto table = parse_dm_table(bytes);
    if (!table) return table.error().message.empty() ? (std::abort(), 0) : 0;
    for (const DmTarget& target : table->targets) {
        const auto crypt = as_crypt(target);
        const auto verity = as_verity(target);
        if (crypt && verity) std::abort();
        if (verity && verity->root_hash.find_first_not_of(hex) != std::string::npos) std::abort();
    }
    if (as_verity(*table) && table->targets.size() != 1) std::abort();
    return 0;
}
