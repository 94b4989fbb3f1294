#include "watchers/boot/boot_mounts.hpp"

#include <algorithm>
#include <array>

#include "catalogue_kinds.hpp"
#include "core/escape.hpp"

namespace integrityd {

namespace {

// Programs, libraries, settings, and what the watchers read.
constexpr std::array<std::string_view, 9> protected_paths = {
    "/bin", "/sbin", "/lib", "/lib64", "/usr", "/etc", "/var/lib/aide", "/var/log/audit", "/var/lib/integrityd"};

bool at_or_below(std::string_view path, std::string_view top) {
    return path == top || (path.starts_with(top) && path.substr(top.size()).starts_with('/'));
}

// What lies in it, or lies above it and hides it with all that it has. The root is not mounted over: whoever runs keeps
// the old one.
bool hides_protected(std::string_view path) {
    return path != "/" && std::ranges::any_of(protected_paths, [&](std::string_view top) {
               return at_or_below(path, top) || at_or_below(top, path);
           });
}

bool is_settings_overlay(const Mount& mount) {
    if (mount.point != "/etc" || mount.type != "overlay") return false;
    const std::string_view lower = mount_option(mount.super_options, "lowerdir");
    // In an initramfs the root has another name: /root/etc, /sysroot/etc.
    return lower == "/etc" || lower == "/root/etc" || lower == "/sysroot/etc";
}

}  // namespace

std::vector<std::string> covering_mounts(const std::vector<Mount>& mounts) {
    std::vector<std::string> out;
    for (const Mount& mount : mounts) {
        if (!hides_protected(mount.point) || is_settings_overlay(mount)) continue;
        out.push_back(escape(mount.type) + " on " + escape(mount.point) + " from " + escape(mount.source) +
                      (mount.root == "/" ? "" : " at " + escape(mount.root)));
    }
    std::ranges::sort(out);
    out.erase(std::unique(out.begin(), out.end()), out.end());
    return out;
}

std::vector<Observation> judge_mounts(const BootSurroundings& surroundings, const std::vector<std::string>& accepted) {
    std::vector<Observation> seen;
    for (const std::string& mount : covering_mounts(surroundings.mounts)) {
        if (std::ranges::find(accepted, mount) != accepted.end()) continue;
        Observation each{&kinds::boot_mount_shadowed, mount, "mounted over a protected path: " + mount, {}, {}, {}};
        each.evidence["mount"] = mount;
        seen.push_back(std::move(each));
    }
    return seen;
}

}  // namespace integrityd
