#include "sources/efivars.hpp"

#include <array>
#include <cerrno>
#include <string_view>

#include "core/read_file.hpp"
#include "sources/efi_variable.hpp"

namespace integrityd {

namespace {

constexpr std::size_t largest_variable = 1U << 20;  // dbx has some ten KiB; efivarfs allows more

constexpr std::string_view global_guid = "8be4df61-93ca-11d2-aa0d-00e098032b8c";
constexpr std::string_view image_security_guid = "d719b2cb-3d3a-4596-a3bc-dad00e67656f";

struct Variable {
    std::string_view name;
    std::string_view guid;
};
constexpr std::array<Variable, 6> watched_variables = {{{"SecureBoot", global_guid},
                                                        {"SetupMode", global_guid},
                                                        {"PK", global_guid},
                                                        {"KEK", global_guid},
                                                        {"db", image_security_guid},
                                                        {"dbx", image_security_guid}}};

}  // namespace

EfiVariables read_efi_variables(const std::string& directory) {
    EfiVariables out;
    for (const Variable& variable : watched_variables) {
        const std::string path = directory + "/" + std::string(variable.name) + "-" + std::string(variable.guid);
        const auto file = read_file(path, largest_variable);
        const auto value = file ? efivarfs_value(*file) : std::nullopt;
        if (value)
            out.values[std::string(variable.name)] = *value;
        else if (file || file.error().code != ENOENT)
            out.unread.emplace(variable.name);
    }
    return out;
}

}  // namespace integrityd
