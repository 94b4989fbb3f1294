// Watcher: looks at one domain and says what it saw.
//
// A watcher knows its context and nothing else: neither bus nor store, not what is important. It
// reports looks and happenings, and whether it can look at all. It keeps nothing over a restart but
// what its source needs as a cursor.
#pragma once

#include <cerrno>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/clock.hpp"
#include "core/event_loop.hpp"
#include "core/opener.hpp"
#include "core/result.hpp"
#include "core/value.hpp"
#include "core/values.hpp"
#include "core/worker.hpp"
#include "watchers/wanted.hpp"

namespace integrityd {

struct Config;
class BaselineStore;
class FileTraces;

// Whether the watcher can look; the reason is one line for a person.
struct Health {
    bool can_look = true;
    std::string reason;
    bool absent = false;  // what it watches is not on this device, and never was accepted as being there
};

// What is there against what was accepted.
struct BaselineDiff {
    ValueMap difference;  // for people and for `integrityctl baseline diff --json`
    std::string digest;   // of what is there; accept only takes this very state
};

// Where a watcher tells what it saw.
class WatcherSink {
public:
    virtual ~WatcherSink() = default;
    virtual void report(Look look) = 0;
    virtual void report(Observation happening) = 0;
    virtual void health(Health health) = 0;
    // A look is over. The first one ends the watcher's `starting`.
    virtual void look_finished() = 0;
    // Where the source is to go on after a restart: stored together with all that was reported before, so that nothing
    // is read past that was not told, and nothing told twice. A few KiB at most.
    virtual void keep(std::string_view cursor) = 0;
    // What was kept last, by this run or one before; none: nothing yet.
    [[nodiscard]] virtual std::optional<std::string> kept() const = 0;
};

struct WatcherContext {
    EventLoop& loop;
    Worker& worker;
    Opener& opener;
    const Clock& clock;
    const Config& config;
    BaselineStore& baselines;
    WatcherSink& sink;
    FileTraces& traces;  // who changed which file: one watcher knows, another asks
};

class Watcher {
public:
    virtual ~Watcher() = default;

    [[nodiscard]] virtual std::string_view name() const = 0;
    // Arms its sources and begins the first look.
    virtual void start() = 0;
    // Begins a look now, or after the one that is on its way; EBUSY where that takes so long that one should not wait.
    virtual Result<void> check() = 0;
    // Wall time of the next look; 0: none planned.
    [[nodiscard]] virtual WallTime next_look() const = 0;
    // Numbers for the bus property `Counters`; read often while a check runs, so cheap.
    [[nodiscard]] virtual std::map<std::string, std::uint64_t> counters() const = 0;

    // What it knows of its domain, as an operator's report (`integrityctl luks` for example); none: it has no such.
    [[nodiscard]] virtual std::optional<ValueMap> report() const { return std::nullopt; }

    // How far the look is that runs, or was the last, where it is one of many parts; none: it is not.
    [[nodiscard]] virtual std::optional<ValueMap> progress() const { return std::nullopt; }

    // Calls `then` once, when what was noticed so far has been read, at the latest when the watcher ends: what was done
    // to the device before is then part of the difference.
    virtual void when_settled(const std::function<void()>& then) { then(); }

    // The conditions that an acceptance of the baseline settles.
    [[nodiscard]] virtual std::vector<const Kind*> baseline_kinds() const = 0;
    // What is there against the baseline, as of the last look; an error while that is not known.
    [[nodiscard]] virtual Result<BaselineDiff> diff_baseline() = 0;
    // Takes what is there as the baseline, only if its digest still is `digest` (else ECANCELED); of it only what is
    // wanted: what else differs goes on being told. The watcher looks again afterwards: that resolves what the
    // acceptance settles.
    virtual Result<void> accept_baseline(std::string_view digest, const Wanted& wanted) = 0;

    // Takes a document that somebody prepared, whole or as an addition to what was accepted. ENOTSUP: what this watcher
    // accepts can only be what is there. The watcher looks again afterwards.
    virtual Result<void> import_baseline(const ValueMap& /*document*/) {
        return Error{"this watcher's baseline cannot be imported", ENOTSUP};
    }

    // What follows an acceptance: with an error nothing was accepted. EINTR: the watcher ended before it was decided.
    using Accepted = std::function<void(const Result<void>&)>;
    // The same for a watcher that has work to do before it may accept: `accepted` is called once, perhaps much later.
    // An error at once: refused, and `accepted` is not called.
    virtual Result<void> begin_acceptance(std::string_view digest, const Wanted& wanted, const Accepted& accepted) {
        if (auto done = accept_baseline(digest, wanted); !done) return done;
        accepted({});
        return {};
    }
};

}  // namespace integrityd
