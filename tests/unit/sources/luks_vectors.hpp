// Real LUKS headers, where they are there: INTEGRITYD_VECTORS, or a folder beside the project.
#pragma once

#include <charconv>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

#include "core/digest.hpp"
#include "sources/luks_header.hpp"
#include "sources/tpm.hpp"
#include "support/skip.hpp"

namespace integrityd::test {

inline std::filesystem::path luks_vectors() {
    namespace fs = std::filesystem;
    const char* const set = std::getenv("INTEGRITYD_VECTORS");
    if (set != nullptr) return fs::path(set) / "luks";
    for (fs::path up = fs::current_path(); up != up.root_path(); up = up.parent_path()) {
        const auto found = up / "shared" / "vectors" / "luks";
        if (fs::exists(found)) return found;
    }
    return {};
}

inline bool have_luks_vectors() {
    return skip_unless(std::filesystem::exists(luks_vectors() / "MANIFEST.json"),
                       "needs the vectors (INTEGRITYD_VECTORS)");
}

inline std::string luks_vector(const std::string& name) {
    std::ifstream in(luks_vectors() / "generated" / (name + ".luks2hdr"), std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(in), {});
}

inline LuksMetadata luks_metadata(const std::string& name) {
    const auto header = parse_luks_header(luks_vector(name));
    return header.copy() != nullptr ? header.copy()->metadata.value() : LuksMetadata();
}

// The PCRs of the TPM that sealed the keys: lines "  7 : 0xHEX".
inline std::vector<PcrBank> enrolment_pcrs() {
    std::ifstream in(luks_vectors() / "generated" / "enrolment-pcrs.txt");
    PcrBank bank{TpmHash::sha256, {}};
    unsigned pcr = 0;
    std::string colon, value;
    for (std::string line; std::getline(in, line);) {
        std::istringstream words(line);
        if (words >> pcr >> colon >> value) bank.values[pcr] = from_hex(value.substr(2)).value_or("");
    }
    return {bank};
}

}  // namespace integrityd::test
