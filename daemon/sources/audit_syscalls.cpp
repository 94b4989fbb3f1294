#include "sources/audit_syscalls.hpp"

#include <algorithm>
#include <fcntl.h>
#include <libaudit.h>
#include <string>

namespace integrityd {

namespace {

// x32 calls come with the arch of x86-64 and this bit.
constexpr std::uint32_t arch_x86_64 = 0xc000003e;
constexpr std::uint64_t x32_bit = 0x40000000;

struct WriteCall {
    std::string_view name;
    AuditWrite write;
};

// What changes a file's content, name, owner, mode, times or attributes, or what is found under a name (mounts).
// Sorted by name.
constexpr WriteCall write_calls[] = {
    {"chmod", AuditWrite::yes},
    {"chown", AuditWrite::yes},
    {"chown32", AuditWrite::yes},
    {"creat", AuditWrite::yes},
    {"fallocate", AuditWrite::yes},
    {"fchmod", AuditWrite::yes},
    {"fchmodat", AuditWrite::yes},
    {"fchmodat2", AuditWrite::yes},
    {"fchown", AuditWrite::yes},
    {"fchown32", AuditWrite::yes},
    {"fchownat", AuditWrite::yes},
    {"fremovexattr", AuditWrite::yes},
    {"fsetxattr", AuditWrite::yes},
    {"ftruncate", AuditWrite::yes},
    {"ftruncate64", AuditWrite::yes},
    {"futimesat", AuditWrite::yes},
    {"lchown", AuditWrite::yes},
    {"lchown32", AuditWrite::yes},
    {"link", AuditWrite::yes},
    {"linkat", AuditWrite::yes},
    {"lremovexattr", AuditWrite::yes},
    {"lsetxattr", AuditWrite::yes},
    {"mkdir", AuditWrite::yes},
    {"mkdirat", AuditWrite::yes},
    {"mknod", AuditWrite::yes},
    {"mknodat", AuditWrite::yes},
    {"mount", AuditWrite::yes},
    {"mount_setattr", AuditWrite::yes},
    {"move_mount", AuditWrite::yes},
    {"open", AuditWrite::flags_in_a1},
    {"open_by_handle_at", AuditWrite::flags_in_a2},
    {"openat", AuditWrite::flags_in_a2},
    {"openat2", AuditWrite::yes},
    {"pivot_root", AuditWrite::yes},
    {"removexattr", AuditWrite::yes},
    {"removexattrat", AuditWrite::yes},
    {"rename", AuditWrite::yes},
    {"renameat", AuditWrite::yes},
    {"renameat2", AuditWrite::yes},
    {"rmdir", AuditWrite::yes},
    {"setxattr", AuditWrite::yes},
    {"setxattrat", AuditWrite::yes},
    {"symlink", AuditWrite::yes},
    {"symlinkat", AuditWrite::yes},
    {"truncate", AuditWrite::yes},
    {"truncate64", AuditWrite::yes},
    {"umount", AuditWrite::yes},
    {"umount2", AuditWrite::yes},
    {"unlink", AuditWrite::yes},
    {"unlinkat", AuditWrite::yes},
    {"utime", AuditWrite::yes},
    {"utimensat", AuditWrite::yes},
    {"utimensat_time64", AuditWrite::yes},
    {"utimes", AuditWrite::yes},
};
static_assert(std::ranges::is_sorted(write_calls, {}, &WriteCall::name));

AuditWrite by_name(std::string_view name) {
    const auto* const found = std::ranges::lower_bound(write_calls, name, {}, &WriteCall::name);
    return found != std::end(write_calls) && found->name == name ? found->write : AuditWrite::no;
}

std::uint64_t plain_number(std::uint32_t arch, std::uint64_t number) {
    return arch == arch_x86_64 ? number & ~x32_bit : number;
}

}  // namespace

bool opens_for_writing(std::uint64_t flags) {
    return (flags & O_ACCMODE) != O_RDONLY || (flags & (O_CREAT | O_TRUNC)) != 0;
}

AuditWrite AuditSyscalls::write_like(std::uint32_t arch, std::uint64_t number) {
    number = plain_number(arch, number);
    if (number >= table_size) return AuditWrite::no;
    for (const Machine& machine : machines_) {
        if (machine.arch == arch) return machine.calls[number];
    }
    if (machines_.size() == max_machines) return by_name(name(arch, number));
    Machine& machine = machines_.emplace_back();
    machine.arch = arch;
    for (std::size_t i = 0; i < table_size; ++i)
        machine.calls[i] = by_name(name(arch, i));
    return machine.calls[number];
}

int AuditSyscalls::number(std::uint32_t arch, std::string_view name) {
    const int machine = audit_elf_to_machine(arch);
    return machine < 0 ? -1 : audit_name_to_syscall(std::string(name).c_str(), machine);
}

std::string_view AuditSyscalls::name(std::uint32_t arch, std::uint64_t number) {
    number = plain_number(arch, number);
    const int machine = audit_elf_to_machine(arch);
    if (machine < 0 || number >= table_size) return {};
    const char* const found = audit_syscall_to_name(static_cast<int>(number), machine);
    return found != nullptr ? found : std::string_view();
}

}  // namespace integrityd
