// LUKS2 headers of a test's own: JSON in, both copies with right checksums out.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/digest.hpp"

namespace integrityd::test {

struct LuksMaker {
    std::uint64_t copy_size = 16384;
    std::uint64_t sequence = 3;
    std::string uuid = "a4aa53cb-07df-413c-8ab4-5d627b59f0d3";

    // One copy at `at`: 0 the first, copy_size the second.
    [[nodiscard]] std::string copy(std::string_view json, std::uint64_t at) const {
        std::string bytes(copy_size, '\0');
        bytes.replace(0, 6, at == 0 ? "LUKS\xba\xbe" : "SKUL\xba\xbe");
        put(bytes, 6, 2, 2);
        put(bytes, 8, copy_size, 8);
        put(bytes, 16, sequence, 8);
        bytes.replace(72, 6, "sha256");
        bytes.replace(168, uuid.size(), uuid);
        put(bytes, 256, at, 8);
        bytes.replace(4096, json.size(), json);
        const auto digest = sha256(bytes);
        bytes.replace(448, digest.size(), reinterpret_cast<const char*>(digest.data()), digest.size());
        return bytes;
    }
    [[nodiscard]] std::string area(std::string_view json) const { return copy(json, 0) + copy(json, copy_size); }

    static void put(std::string& bytes, std::size_t at, std::uint64_t number, std::size_t size) {
        for (std::size_t i = 0; i < size; ++i)
            bytes[at + i] = static_cast<char>(number >> (8 * (size - 1 - i)) & 0xff);
    }
};

// LUKS1: one active slot of so many iterations.
inline std::string luks1_area(std::uint64_t iterations) {
    std::string bytes(592, '\0');
    bytes.replace(0, 8, std::string_view("LUKS\xba\xbe\0\1", 8));
    bytes.replace(8, 3, "aes");
    bytes.replace(40, 11, "xts-plain64");
    bytes.replace(72, 6, "sha256");
    LuksMaker::put(bytes, 104, 4096, 4);
    LuksMaker::put(bytes, 108, 64, 4);
    bytes.replace(168, 36, "a4aa53cb-07df-413c-8ab4-5d627b59f0d3");
    for (std::size_t slot = 0; slot < 8; ++slot) {
        const std::size_t at = 208 + 48 * slot;
        LuksMaker::put(bytes, at, slot == 0 ? 0x00AC71F3 : 0x0000DEAD, 4);
        LuksMaker::put(bytes, at + 4, iterations, 4);
        LuksMaker::put(bytes, at + 40, 8 + 504 * slot, 4);
        LuksMaker::put(bytes, at + 44, 4000, 4);
    }
    return bytes;
}

// One keyslot and one segment, as luksFormat makes it.
inline const std::string luks_slot =
    R"({"type":"luks2","key_size":64,"af":{"type":"luks1","stripes":4000,"hash":"sha256"},"area":{"type":"raw",)"
    R"("offset":"32768","size":"258048","encryption":"aes-xts-plain64","key_size":64},"kdf":{"type":"pbkdf2",)"
    R"("hash":"sha256","iterations":1000000,"salt":"AAAA"}})";
inline const std::string luks_segment =
    R"({"type":"crypt","offset":"16777216","size":"dynamic","iv_tweak":"0","encryption":"aes-xts-plain64","sector_size":512})";
inline const std::string luks_digest =
    R"({"type":"pbkdf2","keyslots":["0"],"segments":["0"],"hash":"sha256","iterations":1000,"salt":"AAAA","digest":"BBBB"})";
inline const std::string luks_config = R"({"json_size":"12288","keyslots_size":"4194304"})";

// The same with these tokens; or with another text in the place of `from`.
inline std::string luks_json(const std::string& tokens = "{}") {
    return R"({"keyslots":{"0":)" + luks_slot + R"(},"tokens":)" + tokens + R"(,"segments":{"0":)" + luks_segment +
           R"(},"digests":{"0":)" + luks_digest + R"(},"config":)" + luks_config + "}";
}
inline std::string replaced(std::string text, std::string_view from, std::string_view to) {
    const std::size_t at = text.find(from);
    return at == std::string::npos ? "" : text.replace(at, from.size(), to);
}

}  // namespace integrityd::test
