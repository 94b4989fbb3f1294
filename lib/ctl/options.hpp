// What was asked for on the command line, as plain values. options.cpp alone knows the library that reads it.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace integrityctl {

struct StatusOptions {};

struct ListOptions {
    bool all = false;
    std::vector<std::string> sources;
    std::vector<std::string> kinds;
    std::string severity;
    std::string state;
};

struct ShowOptions {
    std::uint64_t id = 0;
};

struct EventsOptions {
    std::uint64_t after = 0;
    bool follow = false;
    bool canonical = false;
};

struct WatchOptions {};

struct AckOptions {
    std::vector<std::uint64_t> ids;
    std::string comment;
};

struct CheckOptions {
    std::vector<std::string> watchers;  // none: all
    bool wait = false;
};

struct WatchersOptions {};
struct RecipientsOptions {};
struct LuksOptions {};
struct TlsOptions {};
struct TlsDiscoverOptions {};

struct NotifyTestOptions {
    std::string recipient;
};

// Without a watcher: of all.
struct BaselineShowOptions {
    std::string watcher;
};
struct BaselineDiffOptions {
    std::string watcher;
};
struct BaselineAcceptOptions {
    std::string watcher;
    std::vector<std::uint64_t> ids;
    std::string comment;
    bool yes = false;
};
struct BaselineExportOptions {
    std::string watcher;
};
struct BaselineImportOptions {
    std::string watcher;
    std::string file;
    std::string comment;
};

struct BootOptions {
    std::string log;  // a file, or "-"; empty: the daemon is asked
};
struct BootDigestOptions {
    std::string file;
    std::string bank = "sha256";
    std::string component = "kernel image";
};

struct VerifyOptions {
    std::string log;   // a file, or "-"; empty: the daemon is asked
    std::string head;  // hex digits that the last hash must begin with
};

struct ExplainOptions {
    std::string kind;  // empty: all
};

// `tcti`: empty: the daemon's, else the device's first TPM. `owner_auth`: a file, or "-"; empty: no authorisation.
struct TpmShowOptions {
    std::string tcti;
};
struct TpmOwnerOptions {
    std::string tcti;
    std::string owner_auth;
};
struct TpmProvisionOptions : TpmOwnerOptions {};
struct TpmSealOptions : TpmOwnerOptions {};
struct TpmUnprovisionOptions : TpmOwnerOptions {};

struct VersionOptions {};

using Verb =
    std::variant<StatusOptions, ListOptions, ShowOptions, EventsOptions, WatchOptions, AckOptions, CheckOptions,
                 WatchersOptions, RecipientsOptions, LuksOptions, BootOptions, BootDigestOptions, TlsOptions,
                 TlsDiscoverOptions, NotifyTestOptions, BaselineShowOptions, BaselineDiffOptions, BaselineAcceptOptions,
                 BaselineExportOptions, BaselineImportOptions, VerifyOptions, ExplainOptions, TpmShowOptions,
                 TpmProvisionOptions, TpmSealOptions, TpmUnprovisionOptions, VersionOptions>;

struct Options {
    bool json = false;
    Verb verb;
};

// Nothing is to be done but to say this.
struct Answer {
    int exit_code = 0;
    std::string out;
    std::string error;
};

[[nodiscard]] std::variant<Options, Answer> read_options(int argc, const char* const* argv);

}  // namespace integrityctl
