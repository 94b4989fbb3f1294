// Images as firmware loads them, made from nothing.
#pragma once

#include <string>

#include "support/event_log_editor.hpp"

namespace integrityd::test {

// The smallest PE32+ with one section, as firmware loads it.
inline std::string small_pe(const std::string& code = std::string(512, '\x90')) {
    std::string dos = "MZ" + std::string(58, '\0') + little(64, 4);
    const std::string coff =
        std::string("PE\0\0", 4) + little(0x8664, 2) + little(1, 2) + little(0, 12) + little(240, 2) + little(0x22e, 2);
    std::string optional = little(0x20b, 2) + std::string(14, '\0') + little(4096, 4) + little(4096, 4) + little(0, 8) +
                           little(4096, 4) + little(512, 4) + std::string(16, '\0') + little(8192, 4) + little(512, 4) +
                           little(0, 4) + little(10, 2) + std::string(38, '\0') + little(16, 4) +
                           std::string(128, '\0');
    optional.resize(240, '\0');
    std::string section = ".text" + std::string(3, '\0') + little(code.size(), 4) + little(4096, 4) +
                          little(code.size(), 4) + little(512, 4) + std::string(12, '\0') + little(0x60000020, 4);
    std::string out = dos + coff + optional + section;
    out.resize(512, '\0');
    return out + code;
}

}  // namespace integrityd::test
