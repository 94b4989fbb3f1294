#include "core/opener.hpp"

#include <algorithm>

#include "core/config.hpp"

namespace integrityd {

std::string_view to_string(Resource resource) {
    switch (resource) {
        case Resource::aide_report_log:
            return "aide.report_log";
        case Resource::aide_database:
            return "aide.database";
        case Resource::aide_config:
            return "aide.config";
        case Resource::audit_log:
            return "audit.log";
        case Resource::audit_config:
            return "audit.config";
        case Resource::boot_event_log:
            return "boot.event_log";
        case Resource::boot_ima_log:
            return "boot.ima_log";
    }
    return "";
}

std::optional<Resource> parse_resource(std::string_view name) {
    for (const auto resource :
         {Resource::aide_report_log, Resource::aide_database, Resource::aide_config, Resource::audit_log,
          Resource::audit_config, Resource::boot_event_log, Resource::boot_ima_log}) {
        if (name == to_string(resource)) return resource;
    }
    return std::nullopt;
}

const std::string& path_of(const Config& config, Resource resource) {
    switch (resource) {
        case Resource::aide_report_log:
            return config.aide.report_log;
        case Resource::aide_database:
            return config.aide.database;
        case Resource::aide_config:
            return config.aide.config;
        case Resource::audit_log:
            return config.audit.log;
        case Resource::boot_event_log:
            return config.boot.event_log;
        case Resource::boot_ima_log:
            return config.boot.ima_log;
        case Resource::audit_config:
            break;
    }
    return config.audit.config;
}

const LuksVolume* find_volume(const Config& config, std::string_view name) {
    const auto found = std::ranges::find(config.luks.volumes, name, &LuksVolume::name);
    return found == config.luks.volumes.end() ? nullptr : &*found;
}

void CurrentOpener::use(std::unique_ptr<Opener> opener) {
    std::shared_ptr<Opener> next(std::move(opener));
    const std::lock_guard lock(mutex_);
    opener_.swap(next);
}

std::shared_ptr<Opener> CurrentOpener::current() const {
    const std::lock_guard lock(mutex_);
    return opener_;
}

Result<UniqueFd> CurrentOpener::open(Resource resource) {
    return current()->open(resource);
}

Result<std::vector<OpenedFile>> CurrentOpener::open_all(Resource resource) {
    return current()->open_all(resource);
}

Result<UniqueFd> CurrentOpener::open_older(Resource resource, unsigned number) {
    return current()->open_older(resource, number);
}

Result<UniqueFd> CurrentOpener::join_audit_feed() {
    return current()->join_audit_feed();
}

Result<UniqueFd> CurrentOpener::audit_status() {
    return current()->audit_status();
}

Result<UniqueFd> CurrentOpener::tpm_commands() {
    return current()->tpm_commands();
}

Result<LuksArea> CurrentOpener::luks_header(std::string_view volume) {
    return current()->luks_header(volume);
}

Result<UniqueFd> CurrentOpener::dm_table(std::string_view volume) {
    return current()->dm_table(volume);
}

Result<UniqueFd> CurrentOpener::root_table() {
    return current()->root_table();
}

Result<UniqueFd> CurrentOpener::watch_directory(Resource resource) {
    return current()->watch_directory(resource);
}

}  // namespace integrityd
