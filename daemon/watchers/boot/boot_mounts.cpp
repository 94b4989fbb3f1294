#include "watchers/boot/boot_mounts.hpp"

#include <algorithm>
#include <array>
#include <map>

#include "catalogue_kinds.hpp"
#include "core/digest.hpp"
#include "core/escape.hpp"

namespace integrityd {

namespace {

// Programs, libraries, settings, and what the watchers read.
constexpr std::array<std::string_view, 9> protected_paths = {
    "/bin", "/sbin", "/lib", "/lib64", "/usr", "/etc", "/var/lib/aide", "/var/log/audit", "/var/lib/integrityd"};

constexpr std::array<std::string_view, 3> layer_options = {"lowerdir", "datadir", "upperdir"};
constexpr std::size_t longest_layers = 512;

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

// Where an overlay's files come from; its source says nothing. More than anybody reads is told by its digest.
std::string layers(const Mount& mount) {
    if (mount.type != "overlay") return "";
    std::string out;
    for (std::string_view rest = mount.super_options; !rest.empty();) {
        const std::string_view option = rest.substr(0, rest.find(','));
        rest.remove_prefix(std::min(option.size() + 1, rest.size()));
        // Since Linux 6.5 lower layers may stand one by one: lowerdir+=.
        const bool layer =
            std::ranges::any_of(layer_options, [&](std::string_view name) { return option.starts_with(name); });
        if (layer) out += (out.empty() ? ", " : ",") + escape(option);
    }
    return out.size() <= longest_layers ? out : ", layers " + sha256_hex(out);
}

std::string name_of(const Mount& mount) {
    return escape(mount.type) + " on " + escape(mount.point) + " from " + escape(mount.source) +
           (mount.root == "/" ? "" : " at " + escape(mount.root)) + layers(mount);
}

}  // namespace

std::vector<std::string> covering_mounts(const std::vector<Mount>& mounts) {
    std::vector<std::string> out;
    std::map<std::string, std::size_t> times;
    for (const Mount& mount : mounts) {
        if (!hides_protected(mount.point)) continue;
        const std::string name = name_of(mount);
        const std::size_t number = ++times[name];
        out.push_back(number == 1 ? name : name + ", number " + std::to_string(number));
    }
    std::ranges::sort(out);
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
