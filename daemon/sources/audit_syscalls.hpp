// System calls of audit records: names, and which of them may change a file.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace integrityd {

// What has to be looked at to know whether a call may write.
enum class AuditWrite : std::uint8_t {
    no,
    yes,
    flags_in_a1,  // open: O_* in the second argument
    flags_in_a2,  // openat: in the third
};

// Whether flags of open() ask for more than reading.
[[nodiscard]] bool opens_for_writing(std::uint64_t flags);

// libaudit's tables of one machine are asked once a call and kept. Not for several threads.
class AuditSyscalls {
public:
    // `arch` as the record has it (AUDIT_ARCH_*). openat2 counts as writing: its flags are in memory, and only the
    // event's OPENAT2 record tells them.
    [[nodiscard]] AuditWrite write_like(std::uint32_t arch, std::uint64_t number);
    // The number of a name on `arch`, or -1.
    [[nodiscard]] static int number(std::uint32_t arch, std::string_view name);
    // Empty where it is not known. Valid for the life of the program.
    [[nodiscard]] static std::string_view name(std::uint32_t arch, std::uint64_t number);

private:
    // Linux has 460 calls and gives all machines the same new numbers.
    static constexpr std::size_t table_size = 1024;
    struct Machine {
        std::uint32_t arch = 0;
        std::array<AuditWrite, table_size> calls{};
    };
    // A device has two (its own and the 32-bit one); a log of several nodes has some more. Beyond this nothing is kept.
    static constexpr std::size_t max_machines = 8;

    std::vector<Machine> machines_;
};

}  // namespace integrityd
