#include "daemon_service.hpp"

#include <algorithm>
#include <cerrno>

#include "core/canonical_json.hpp"
#include "core/catalogue_kinds.hpp"
#include "core/digest.hpp"

namespace integrityd {

namespace {

// Events checked in one turn of the loop while the chain is verified: about 2 ms of work.
constexpr std::size_t verify_step = 500;

}  // namespace

// An acceptance that waits for what has to be done before it, and for the look that settles it.
struct DaemonService::Acceptance {
    std::string digest;
    std::vector<const Kind*> kinds;  // that the watcher settles
    Wanted wanted;
    std::vector<std::uint64_t> ids;  // asked for; then those that it settles
    Requester by;
    std::string comment;
    std::function<void(Result<std::uint32_t>)> done;
};

struct DaemonService::Verification {
    ChainCheck check;
    std::uint64_t position = 0;
    std::string hash;
    bool asked_for = false;  // by somebody on the bus
    std::vector<std::function<void(Result<ChainCheck>)>> waiting;
};

DaemonService::DaemonService(Parts parts) : parts_(std::move(parts)) {}

DaemonService::~DaemonService() {
    *alive_ = false;
}

ManagerStatus DaemonService::manager_status() const {
    ManagerStatus status;
    status.verdict = parts_.situation.judgement().verdict;
    status.since = parts_.situation.since();
    for (const auto severity : {Severity::low, Severity::medium, Severity::high, Severity::critical}) {
        status.open_violations[std::string(to_string(severity))] = 0;
    }
    for (const auto& [id, entry] : parts_.situation.ledger().entries()) {
        ++status.open_violations[std::string(to_string(entry.violation.severity))];
    }
    status.last_sequence = parts_.store.last_sequence();
    status.stream = parts_.store.stream();
    return status;
}

std::vector<WatcherStatus> DaemonService::watcher_statuses() const {
    std::vector<WatcherStatus> all;
    for (const auto& host : parts_.watchers)
        all.push_back(host->status());
    return all;
}

Result<ViolationPage> DaemonService::list_violations(const ViolationFilter& filter, std::uint64_t after_id,
                                                     std::size_t limit) {
    auto violations = parts_.store.violations(after_id, limit, filter);
    if (!violations) return violations.error();
    return ViolationPage{std::move(*violations), parts_.store.last_sequence()};
}

Result<Violation> DaemonService::get_violation(std::uint64_t id) {
    auto found = parts_.store.violation(id);
    if (!found) return found.error();
    if (!*found) return Error{"there is no violation " + std::to_string(id), ENOENT};
    return std::move(**found);
}

Result<EventPage> DaemonService::list_events(std::uint64_t after, std::size_t limit) {
    return parts_.store.events(after, limit);
}

Result<std::vector<std::string>> DaemonService::export_events(std::uint64_t after, std::size_t limit) {
    return parts_.store.canonical_lines(after, limit);
}

Result<void> DaemonService::acknowledge(const std::vector<std::uint64_t>& ids, const Requester& by,
                                        std::string_view comment) {
    auto acknowledged = parts_.situation.acknowledge(ids, by, comment);
    if (!acknowledged) return acknowledged;
    // What was promised to the caller is on the disk before he hears of it.
    parts_.situation.flush();
    if (!parts_.situation.writable()) return Error{"acknowledged, but not yet stored: the disk takes nothing", EBUSY};
    return {};
}

Result<WatcherHost*> DaemonService::find_watcher(std::string_view name) const {
    for (const auto& host : parts_.watchers) {
        if (host->name() != name) continue;
        if (host->watcher() == nullptr) return Error{"the watcher " + host->name() + " is disabled", EINVAL};
        return host.get();
    }
    return Error{"there is no watcher of this name", ENOENT};
}

Result<void> DaemonService::check(std::string_view watcher, const Requester& by) {
    std::vector<WatcherHost*> asked;
    if (watcher.empty()) {
        for (const auto& host : parts_.watchers) {
            if (host->watcher() != nullptr) asked.push_back(host.get());
        }
    } else {
        const auto found = find_watcher(watcher);
        if (!found) return found.error();
        asked.push_back(*found);
    }
    parts_.situation.notice("check.requested", {{"watcher", Value(watcher)}}, by);
    Result<void> answer;
    for (WatcherHost* host : asked) {
        auto begun = host->watcher()->check();
        // Where all are asked, one that is at it already looks, and keeps none of the others from it.
        if (begun || (watcher.empty() && begun.error().code == EBUSY)) continue;
        if (answer) answer = begun;
    }
    return answer;
}

// Without a watcher where it ended meanwhile; not at all where the daemon did.
void DaemonService::when_settled(WatcherHost& host, const std::function<void(Watcher*)>& then) {
    host.watcher()->when_settled([alive = alive_, &host, then] {
        if (*alive) then(host.watcher());
    });
}

void DaemonService::diff_baseline(std::string_view watcher,
                                  const std::function<void(const Result<BaselineDiff>&)>& done) {
    if (watcher == "self") return done(parts_.self.diff());
    const auto found = find_watcher(watcher);
    if (!found) return done(found.error());
    when_settled(**found, [done](Watcher* settled) {
        if (settled == nullptr) return done(Error{"the watcher ended", ECANCELED});
        done(settled->diff_baseline());
    });
}

void DaemonService::tell_accepted(std::string_view watcher, std::string_view digest, const Requester& by,
                                  std::string_view comment) {
    const auto baseline = parts_.baselines.load(watcher);
    const std::string pinned = baseline && *baseline ? (*baseline)->digest : "";
    parts_.situation.notice(
        "baseline.accepted",
        {{"watcher", Value(watcher)}, {"found", Value(digest)}, {"digest", Value(pinned)}, {"comment", Value(comment)}},
        by);
}

void DaemonService::accept_own(std::string_view digest, const Requester& by, std::string_view comment,
                               const std::function<void(Result<std::uint32_t>)>& done) {
    if (auto accepted = parts_.self.accept(digest); !accepted) return done(accepted.error());
    tell_accepted("self", digest, by, comment);
    const auto ids = acknowledge_settled(SelfBaseline::kinds(), {}, by, comment);
    parts_.situation.clear(kinds::self_baseline_tampered, "self");
    parts_.situation.report(parts_.self.look());
    parts_.situation.flush();
    done(count_resolved(ids));
}

// With ids: what these violations are about, all of which the acceptance must be able to settle.
Result<Wanted> DaemonService::wanted_of(const std::vector<const Kind*>& settled,
                                        const std::vector<std::uint64_t>& ids) const {
    if (ids.empty()) return Wanted();
    std::vector<Wanted::Item> wanted;
    for (const auto id : ids) {
        const Violation* violation = parts_.situation.ledger().find(id);
        if (violation == nullptr) return Error{"there is no open violation " + std::to_string(id), ENOENT};
        const auto kind = std::ranges::find(settled, violation->kind, &Kind::name);
        if (kind == settled.end()) {
            return Error{"violation " + std::to_string(id) + " is not about this baseline", EINVAL};
        }
        wanted.push_back({*kind, violation->subject});
    }
    return Wanted(std::move(wanted));
}

// Who accepts has seen: what the acceptance settles is resolved, not only returned.
std::vector<std::uint64_t> DaemonService::acknowledge_settled(const std::vector<const Kind*>& kinds,
                                                              const std::vector<std::uint64_t>& ids,
                                                              const Requester& by, std::string_view comment) {
    std::vector<std::uint64_t> settled;
    for (const auto& [id, entry] : parts_.situation.ledger().entries()) {
        const bool about = std::ranges::find(kinds, entry.violation.kind, &Kind::name) != kinds.end();
        const bool asked = ids.empty() || std::ranges::find(ids, id) != ids.end();
        if (about && asked && entry.violation.present()) settled.push_back(id);
    }
    (void)parts_.situation.acknowledge(settled, by, comment);  // they were found just now
    return settled;
}

// The document is a new one: that the old one was another than accepted is over, and was seen.
void DaemonService::settle_tampered(std::string_view watcher, const Requester& by, std::string_view comment) {
    for (const auto& [id, entry] : parts_.situation.ledger().entries()) {
        const Violation& known = entry.violation;
        if (known.kind != kinds::self_baseline_tampered.name || known.subject != watcher) continue;
        (void)parts_.situation.acknowledge({id}, by, comment);  // it was found just now
        break;
    }
    parts_.situation.clear(kinds::self_baseline_tampered, std::string(watcher));
}

std::uint32_t DaemonService::count_resolved(const std::vector<std::uint64_t>& ids) const {
    return static_cast<std::uint32_t>(
        std::ranges::count_if(ids, [&](auto id) { return parts_.situation.ledger().find(id) == nullptr; }));
}

void DaemonService::accept_baseline(std::string_view watcher, std::string_view digest,
                                    const std::vector<std::uint64_t>& ids, const Requester& by,
                                    std::string_view comment, std::function<void(Result<std::uint32_t>)> done) {
    if (watcher == "self") return accept_own(digest, by, comment, done);
    const auto found = find_watcher(watcher);
    if (!found) return done(found.error());
    WatcherHost& host = **found;
    const auto kinds = host.watcher()->baseline_kinds();
    auto wanted = wanted_of(kinds, ids);
    if (!wanted) return done(wanted.error());
    auto acceptance = std::make_shared<Acceptance>(
        Acceptance{std::string(digest), kinds, std::move(*wanted), ids, by, std::string(comment), std::move(done)});
    when_settled(host, [this, &host, acceptance](Watcher* settled) {
        if (settled == nullptr) return acceptance->done(Error{"the watcher ended", ECANCELED});
        begin_acceptance(host, *settled, acceptance);
    });
}

void DaemonService::begin_acceptance(WatcherHost& host, Watcher& watcher,
                                     const std::shared_ptr<Acceptance>& acceptance) {
    const auto begun =
        watcher.begin_acceptance(acceptance->digest, acceptance->wanted,
                                 [this, alive = alive_, &host, acceptance](const Result<void>& accepted) {
                                     if (*alive) finish_acceptance(host, acceptance, accepted);
                                 });
    if (!begun) acceptance->done(begun.error());
}

void DaemonService::finish_acceptance(WatcherHost& host, const std::shared_ptr<Acceptance>& acceptance,
                                      const Result<void>& accepted) {
    const Acceptance& wanted = *acceptance;
    // The watcher is gone, with the daemon perhaps, whose last event was told.
    if (!accepted && accepted.error().code == EINTR) return wanted.done(Error{accepted.error().message, ECANCELED});
    if (!accepted) {
        parts_.situation.notice("baseline.failed",
                                {{"watcher", Value(host.name())},
                                 {"found", Value(wanted.digest)},
                                 {"reason", Value(accepted.error().message)},
                                 {"comment", Value(wanted.comment)}},
                                wanted.by);
        parts_.situation.flush();
        return wanted.done(Error{"nothing was accepted: " + accepted.error().message, accepted.error().code});
    }
    tell_accepted(host.name(), wanted.digest, wanted.by, wanted.comment);
    acceptance->ids = acknowledge_settled(wanted.kinds, wanted.ids, wanted.by, wanted.comment);
    settle_tampered(host.name(), wanted.by, wanted.comment);
    host.when_looked([this, alive = alive_, acceptance] {
        if (!*alive) return;
        parts_.situation.flush();
        acceptance->done(count_resolved(acceptance->ids));
    });
}

// What an import settles is resolved by the look that follows, and stays for somebody to acknowledge: nobody was shown
// what there is.
void DaemonService::import_baseline(std::string_view watcher, std::string_view document, const Requester& by,
                                    std::string_view comment, std::function<void(const Result<std::string>&)> done) {
    if (watcher == "self") return done(Error{"the configuration in force is accepted, never imported", EINVAL});
    const auto found = find_watcher(watcher);
    if (!found) return done(found.error());
    const auto value = read_json(document);
    const auto* map = value ? value->get<ValueMap>() : nullptr;
    if (map == nullptr) return done(Error{"the document is no JSON object of whole numbers and texts", EINVAL});
    // As `integrityctl baseline export` prints it.
    if (const auto content = map->find("content"); content != map->end() && content->second.get<ValueMap>() != nullptr)
        map = content->second.get<ValueMap>();
    WatcherHost& host = **found;
    when_settled(host, [this, &host, content = *map, text = sha256_hex(document), by, comment = std::string(comment),
                        done = std::move(done)](Watcher* settled) {
        if (settled == nullptr) return done(Error{"the watcher ended", ECANCELED});
        if (const auto imported = settled->import_baseline(content); !imported) {
            const Error& error = imported.error();
            return done(Error{error.message, error.code == ENOTSUP ? EINVAL : error.code});
        }
        tell_accepted(host.name(), text, by, comment);
        settle_tampered(host.name(), by, comment);
        host.when_looked([this, alive = alive_, name = std::string(host.name()), done] {
            if (!*alive) return;
            parts_.situation.flush();
            const auto baseline = parts_.baselines.load(name);
            if (!baseline) return done(baseline.error());
            done(*baseline ? (*baseline)->digest : std::string());
        });
    });
}

void DaemonService::verify_events(std::function<void(Result<ChainCheck>)> done) {
    if (verification_ && verification_->asked_for) return done(Error{"the chain is being verified already", EBUSY});
    verify_for(std::move(done), true);
}

void DaemonService::verify_at_start(std::function<void(Result<ChainCheck>)> done) {
    verify_for(std::move(done), false);
}

// Who asks while the check of the start is under way shares its answer.
void DaemonService::verify_for(std::function<void(Result<ChainCheck>)> done, bool asked_for) {
    const bool under_way = verification_ != nullptr;
    if (!under_way) verification_ = std::make_unique<Verification>();
    verification_->asked_for |= asked_for;
    verification_->waiting.push_back(std::move(done));
    if (!under_way) verify_on();
}

void DaemonService::verify_on() {
    const auto finish = [this](const Result<ChainCheck>& result) {
        const auto verification = std::move(verification_);
        if (result) parts_.verified(*result);
        for (const auto& waiting : verification->waiting)
            waiting(result);
    };
    auto finished =
        parts_.store.verify_step(verification_->check, verification_->position, verification_->hash, verify_step);
    if (!finished) return finish(finished.error());
    if (*finished) return finish(verification_->check);
    parts_.loop.post([this, alive = alive_] {
        if (*alive) verify_on();
    });
}

Result<void> DaemonService::test_recipient(std::string_view name, const Requester& by) {
    if (parts_.recipients.find(name) == nullptr) return Error{"there is no recipient of this name", ENOENT};
    parts_.situation.notice("notify.tested", {{"recipient", Value(name)}}, by);
    parts_.situation.flush();
    parts_.recipients.try_now(name);
    const RecipientStatus* status = parts_.recipients.find(name);
    if (status->mark >= parts_.store.last_sequence()) return {};
    const std::string reason = status->reason.empty() ? "it has not caught up yet" : status->reason;
    return Error{"the recipient was not reached: " + reason, EIO};
}

}  // namespace integrityd
