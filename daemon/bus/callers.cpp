#include "bus/callers.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <memory>
#include <unistd.h>

#include <systemd/sd-login.h>

#include "core/escape.hpp"

namespace integrityd {

namespace {

// Connections that are remembered; a device has some dozens of users of the bus at a time.
constexpr std::size_t most_known = 256;
// Requests that wait for the bus to say who asks: a client has one outstanding request as a rule.
constexpr std::size_t most_waiting_of_one = 16;
constexpr std::size_t most_waiting = 256;

std::string read_exe(pid_t pid) {
    std::array<char, PATH_MAX> target{};
    const std::string link = "/proc/" + std::to_string(pid) + "/exe";
    const ssize_t length = ::readlink(link.c_str(), target.data(), target.size());
    if (length <= 0) return {};
    return escape(std::string_view(target.data(), static_cast<std::size_t>(length)));
}

std::string read_unit(pid_t pid) {
    char* raw = nullptr;
    const int result = sd_pid_get_unit(pid, &raw);
    const std::unique_ptr<char, decltype(&std::free)> unit(raw, &std::free);
    return result >= 0 && unit ? escape(unit.get()) : std::string();
}

bool is_member(const Credentials& credentials, const std::optional<gid_t>& group) {
    return group && std::find(credentials.gids.begin(), credentials.gids.end(), *group) != credentials.gids.end();
}

}  // namespace

RoleGroups resolve_role_groups(const GroupLookup& lookup) {
    return {lookup("integrity"), lookup("integrity-audit"), lookup("integrity-admin")};
}

Role role_of(const Credentials& credentials, const RoleGroups& groups) {
    if (credentials.uid == 0 || is_member(credentials, groups.admin)) return Role::admin;
    if (is_member(credentials, groups.auditor)) return Role::auditor;
    if (is_member(credentials, groups.reader)) return Role::reader;
    return Role::none;
}

Requester describe_requester(const Caller& caller) {
    Requester requester;
    requester.uid = caller.credentials.uid;
    requester.pid = static_cast<std::uint32_t>(caller.credentials.pid);
    if (caller.credentials.pid > 0) {
        requester.exe = read_exe(caller.credentials.pid);
        requester.unit = read_unit(caller.credentials.pid);
    }
    return requester;
}

void Callers::identify(const std::string& name, Then then) {
    if (const Caller* caller = find(name)) {
        then(*caller);
        return;
    }
    const auto queue = waiting_.find(name);
    const std::size_t own = queue == waiting_.end() ? 0 : queue->second.size();
    if (own >= most_waiting_of_one || waiting_total_ >= most_waiting) {
        then(Error{"too many requests wait for an answer", EBUSY});
        return;
    }
    waiting_[name].push_back(std::move(then));
    ++waiting_total_;
    if (own == 0) {
        ask_(name, [this, name](const Result<Credentials>& credentials) { answered(name, credentials); });
    }
}

const Caller* Callers::find(const std::string& name) {
    const auto found = index_.find(name);
    if (found == index_.end()) return nullptr;
    known_.splice(known_.begin(), known_, found->second);
    return &found->second->caller;
}

void Callers::remember(const std::string& name, const Caller& caller) {
    known_.push_front({name, caller});
    index_[name] = known_.begin();
    if (known_.size() <= most_known) return;
    index_.erase(known_.back().name);
    known_.pop_back();
}

void Callers::answered(const std::string& name, const Result<Credentials>& credentials) {
    const auto queue = waiting_.find(name);
    if (queue == waiting_.end()) return;
    const std::vector<Then> waiting = std::move(queue->second);
    waiting_.erase(queue);
    waiting_total_ -= waiting.size();

    if (!credentials) {
        // As a rule the caller has gone meanwhile. Without credentials nobody may do anything.
        for (const Then& then : waiting)
            then(Error{"the bus does not say who asks", EACCES});
        return;
    }
    const Caller caller{role_of(*credentials, groups_), *credentials};
    remember(name, caller);
    for (const Then& then : waiting)
        then(caller);
}

}  // namespace integrityd
