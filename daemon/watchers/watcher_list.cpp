#include "watchers/watcher_list.hpp"

#include <array>

#include "watchers/aide/aide_watcher.hpp"
#include "watchers/audit/audit_watcher.hpp"
#include "watchers/boot/boot_watcher.hpp"
#include "watchers/luks/luks_watcher.hpp"
#include "watchers/tls/tls_watcher.hpp"

namespace integrityd {

namespace {

struct Listed {
    std::string_view name;
    Enabled (*enabled)(const Config&);
    bool (*same)(const Config&, const Config&);
    std::unique_ptr<Watcher> (*make)(const WatcherContext&);
};

constexpr std::array list = {
    Listed{"aide", [](const Config& config) { return config.aide.enabled; },
           [](const Config& before, const Config& after) { return before.aide == after.aide; }, make_aide_watcher},
    Listed{"audit", [](const Config& config) { return config.audit.enabled; },
           [](const Config& before, const Config& after) { return before.audit == after.audit; }, make_audit_watcher},
    Listed{
        "luks", [](const Config& config) { return config.luks.enabled; },
        [](const Config& before, const Config& after) { return before.luks == after.luks && before.tpm == after.tpm; },
        make_luks_watcher},
    Listed{
        "boot", [](const Config& config) { return config.boot.enabled; },
        [](const Config& before, const Config& after) { return before.boot == after.boot && before.tpm == after.tpm; },
        make_boot_watcher},
    Listed{"tls", [](const Config& config) { return tls_enabled(config.tls); },
           [](const Config& before, const Config& after) { return before.tls == after.tls; }, make_tls_watcher},
};

}  // namespace

std::vector<std::string> watcher_names() {
    std::vector<std::string> names;
    for (const Listed& listed : list)
        names.emplace_back(listed.name);
    return names;
}

std::vector<std::string> enabled_watchers(const Config& config) {
    std::vector<std::string> names;
    for (const Listed& listed : list) {
        if (listed.enabled(config) != Enabled::no) names.emplace_back(listed.name);
    }
    return names;
}

bool same_for_watcher(std::string_view name, const Config& before, const Config& after) {
    for (const Listed& listed : list) {
        if (listed.name == name) return listed.same(before, after);
    }
    return false;
}

std::optional<Look> taken_back_by(const Config& config, std::string_view name) {
    if (name != "tls") return std::nullopt;
    return judge_configured(config.tls.endpoints);
}

std::unique_ptr<Watcher> make_watcher(std::string_view name, const WatcherContext& context) {
    for (const Listed& listed : list) {
        if (listed.name == name && listed.enabled(context.config) != Enabled::no) return listed.make(context);
    }
    return nullptr;
}

}  // namespace integrityd
