#include "watchers/aide/aide_files.hpp"

#include <algorithm>
#include <cerrno>

#include "catalogue_kinds.hpp"
#include "core/digest.hpp"
#include "core/escape.hpp"
#include "watchers/aide/aide_judge.hpp"

namespace integrityd {

namespace {

constexpr std::string_view database_subject = "database";

Look look_at(const Kind& kind) {
    Look look;
    look.scope.source = "aide";
    look.scope.kinds = {&kind};
    look.complete = true;
    return look;
}

bool contains(const std::vector<std::string>& set, const std::string& value) {
    return std::find(set.begin(), set.end(), value) != set.end();
}

Look look_at_digest(const Kind& kind, const std::string& path, const std::string& digest,
                    const std::vector<std::string>& accepted, std::string_view what) {
    Look look = look_at(kind);
    if (contains(accepted, digest)) return look;
    Observation seen;
    seen.kind = &kind;
    seen.subject = escape(path);
    seen.summary = std::string(what) + " is not an accepted one";
    seen.evidence["path"] = Bytes{path};
    seen.evidence["sha256"] = digest;
    seen.evidence["accepted"] = text_list(accepted);
    look.seen.push_back(std::move(seen));
    return look;
}

Look look_at_missing(const AideFiles& files, const std::string& path) {
    Look look = look_at(kinds::aide_database_missing);
    look.complete = files.database || files.database_missing;
    if (!files.database_missing) return look;
    Observation seen;
    seen.kind = &kinds::aide_database_missing;
    seen.subject = escape(path);
    seen.summary = "AIDE has no database; make one on a device that is known to be good";
    seen.evidence["path"] = Bytes{path};
    look.seen.push_back(std::move(seen));
    return look;
}

// Damage that a digest says nothing about as long as nothing was accepted.
Look look_at_damage(const AideFiles& files) {
    Look look = look_at(kinds::aide_check_failed);
    look.scope.subjects = {std::string(database_subject)};
    std::vector<std::string> reasons;
    if (!files.database_problem.empty()) reasons.push_back(files.database_problem);
    if (files.database && !files.database->begins)
        reasons.emplace_back("the database is empty, or none at all");
    else if (files.database && !files.database->ends)
        reasons.emplace_back("the database is cut off");
    if (!reasons.empty()) look.seen.push_back(check_failed(database_subject, reasons));
    return look;
}

}  // namespace

std::string AideFiles::digest() const {
    if (!database || !config) return "";
    return sha256_hex(database->sha256 + config->sha256);
}

OpenedAideFiles open_aide_files(Opener& opener) {
    OpenedAideFiles opened;
    auto database = opener.open(Resource::aide_database);
    if (database)
        opened.database = std::move(*database);
    else if (database.error().code == ENOENT)
        opened.facts.database_missing = true;
    else
        opened.facts.database_problem = escape_cut(database.error().message, 512);
    auto config = opener.open_all(Resource::aide_config);
    if (config)
        opened.config = std::move(*config);
    else
        opened.facts.config_problem = escape_cut(config.error().message, 512);
    return opened;
}

AideFiles read_aide_files(const OpenedAideFiles& opened) {
    AideFiles files = opened.facts;
    if (opened.database) {
        auto facts = read_aide_database(opened.database->get());
        if (facts)
            files.database = std::move(*facts);
        else
            files.database_problem = facts.error().message;
    }
    if (files.config_problem.empty()) {
        auto facts = digest_aide_config(opened.config);
        if (facts)
            files.config = std::move(*facts);
        else
            files.config_problem = escape_cut(facts.error().message, 512);
    }
    return files;
}

std::vector<Look> judge_files(const AideFiles& files, const std::optional<AideAccepted>& accepted,
                              const std::string& database_path, const std::string& config_path) {
    std::vector<Look> looks;
    looks.push_back(look_at_missing(files, database_path));
    looks.push_back(look_at_damage(files));
    if (!accepted) return looks;
    if (files.database && !accepted->databases.empty()) {
        looks.push_back(look_at_digest(kinds::aide_database_changed, database_path, files.database->sha256,
                                       accepted->databases, "AIDE's database"));
    }
    if (files.config && !accepted->configs.empty()) {
        looks.push_back(look_at_digest(kinds::aide_config_changed, config_path, files.config->sha256, accepted->configs,
                                       "AIDE's configuration"));
    }
    return looks;
}

ValueMap difference(const AideFiles& files, const AideAccepted& accepted, const std::string& database_path,
                    const std::string& config_path) {
    // Member by member: g++ 12 takes nested initializer lists of Value for uninitialized.
    ValueMap database;
    database["name"] = escape(database_path);
    database["sha256"] = files.database->sha256;
    database["entries"] = files.database->entries;
    database["accepted"] = text_list(accepted.databases);
    ValueMap config;
    config["name"] = escape(config_path);
    config["sha256"] = files.config->sha256;
    config["accepted"] = text_list(accepted.configs);
    ValueList names;
    for (const auto& file : files.config->files) {
        ValueMap each;
        each["name"] = escape(file.path);
        each["sha256"] = file.sha256;
        names.emplace_back(std::move(each));
    }
    config["files"] = std::move(names);
    ValueMap all;
    all["database"] = std::move(database);
    all["config"] = std::move(config);
    return all;
}

std::string files_problem(const AideFiles& files) {
    if (files.database_missing) return "AIDE has no database";
    if (!files.database_problem.empty()) return "AIDE's database cannot be read: " + files.database_problem;
    if (files.database && !(files.database->begins && files.database->ends)) return "AIDE's database is damaged";
    if (!files.config_problem.empty()) return "AIDE's configuration cannot be read: " + files.config_problem;
    return "";
}

}  // namespace integrityd
