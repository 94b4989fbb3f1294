// Callers: who calls, and what they may do.
//
// The bus is asked once for each connection, asynchronously; the answer is kept. A unique name is never given out again
// while a bus lives, so an answer cannot become somebody else's and needs no watching for who leaves (which would
// wake the daemon for every connection of the device); the list is bounded, the least recently used goes first. One
// object of this class lives as long as one connection to the bus.
#pragma once

#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

#include "core/group_lookup.hpp"
#include "core/result.hpp"
#include "core/values.hpp"

namespace integrityd {

// Each may do what the one before may (contract section 1).
enum class Role : std::uint8_t { none, reader, auditor, admin };

struct Credentials {
    uid_t uid = static_cast<uid_t>(-1);
    std::vector<gid_t> gids;  // primary and supplementary
    pid_t pid = 0;            // 0: the bus does not know
};

struct Caller {
    Role role = Role::none;
    Credentials credentials;
};

// Group ids behind the roles; none where the group does not exist.
struct RoleGroups {
    std::optional<gid_t> reader;
    std::optional<gid_t> auditor;
    std::optional<gid_t> admin;
};

[[nodiscard]] RoleGroups resolve_role_groups(const GroupLookup& lookup);
[[nodiscard]] Role role_of(const Credentials& credentials, const RoleGroups& groups);

// For an event's `by`: exe and unit are read from the running process, best effort.
[[nodiscard]] Requester describe_requester(const Caller& caller);

class Callers {
public:
    using Answer = std::function<void(const Result<Credentials>&)>;
    // Asks the bus for the credentials of a unique name; the answer comes later, once.
    using Ask = std::function<void(const std::string& name, Answer answer)>;
    using Then = std::function<void(const Result<Caller>&)>;

    Callers(RoleGroups groups, Ask ask) : groups_(groups), ask_(std::move(ask)) {}

    // Calls `then` once: at once for a known caller, else when the bus has answered. EBUSY when too many wait.
    void identify(const std::string& name, Then then);

    [[nodiscard]] std::size_t known() const { return known_.size(); }
    [[nodiscard]] std::size_t waiting() const { return waiting_total_; }

private:
    struct Known {
        std::string name;
        Caller caller;
    };

    const Caller* find(const std::string& name);
    void remember(const std::string& name, const Caller& caller);
    void answered(const std::string& name, const Result<Credentials>& credentials);

    RoleGroups groups_;
    Ask ask_;
    std::list<Known> known_;  // most recently used first
    std::map<std::string, std::list<Known>::iterator> index_;
    std::map<std::string, std::vector<Then>> waiting_;
    std::size_t waiting_total_ = 0;
};

}  // namespace integrityd
