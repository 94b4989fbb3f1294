// The end of the process at any moment, and a disk that is full.
#include <cerrno>
#include <csignal>
#include <filesystem>
#include <random>
#include <sched.h>
#include <set>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "core/unique_fd.hpp"
#include "support/sample_events.hpp"
#include "support/skip.hpp"
#include "support/stores.hpp"
#include "support/temporary_directory.hpp"

using namespace integrityd;

namespace {

struct Pipe {
    UniqueFd read;
    UniqueFd write;
};

Pipe make_pipe() {
    int ends[2];
    REQUIRE(pipe(ends) == 0);
    return {UniqueFd(ends[0]), UniqueFd(ends[1])};
}

// Appends batches for ever and says each sequence after it was confirmed. Runs in the child.
[[noreturn]] void append_for_ever(const std::string& directory, int tell, std::uint32_t seed) {
    std::mt19937 random(seed);
    StoreOpening opening;
    const auto store = open_store({.directory = directory}, opening);
    if (!store || !opening.damage.empty()) _exit(3);
    while (true) {
        std::vector<EventDraft> drafts;
        std::vector<LedgerEntry> entries;
        for (auto n = random() % 8 + 1; n > 0; --n) {
            drafts.push_back(test::sample_draft((*store)->next_id() + drafts.size()));
            entries.push_back(test::sample_entry(drafts.back().violation->id));
        }
        const auto stored = (*store)->append(drafts, entries);
        if (!stored) _exit(4);
        for (const Event& event : *stored) {
            const std::uint64_t told[2] = {event.sequence, event.violation->id};
            if (write(tell, told, sizeof told) != sizeof told) _exit(5);
        }
    }
}

// What was confirmed before the child was killed: sequence → id.
std::map<std::uint64_t, std::uint64_t> run_and_kill(const std::string& directory, std::mt19937& random) {
    Pipe confirmations = make_pipe();
    const auto seed = static_cast<std::uint32_t>(random());
    const pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0) append_for_ever(directory, confirmations.write.get(), seed);
    confirmations.write.reset();
    std::map<std::uint64_t, std::uint64_t> confirmed;
    const std::size_t kill_after = random() % 40;
    bool killed = false;
    std::uint64_t told[2];
    // Reads on after the kill: what is in the pipe was confirmed.
    while (true) {
        if (!killed && confirmed.size() >= kill_after) {
            REQUIRE(kill(child, SIGKILL) == 0);
            killed = true;
        }
        const ssize_t count = read(confirmations.read.get(), told, sizeof told);
        if (count != sizeof told) break;
        confirmed[told[0]] = told[1];
    }
    int status = 0;
    REQUIRE(waitpid(child, &status, 0) == child);
    INFO("child's status " << status);
    REQUIRE(WIFSIGNALED(status));
    return confirmed;
}

}  // namespace

TEST_CASE("a process killed at any moment loses no confirmed event, has none twice, and the chain is intact [REQ-6]") {
    const std::uint32_t seed = std::random_device()();
    std::printf("seed of the crash test: %u\n", seed);
    INFO("seed " << seed);
    std::mt19937 random(seed);
    const test::TemporaryDirectory directory(test::memory_path());
    std::map<std::uint64_t, std::uint64_t> confirmed;
    for (int round = 0; round < 200; ++round) {
        confirmed.merge(run_and_kill(directory.path(), random));
        StoreOpening opening;
        const auto store = test::opened(directory.path(), &opening);
        REQUIRE(opening.damage.empty());
        if (!confirmed.empty()) REQUIRE(store->last_sequence() >= confirmed.rbegin()->first);
    }
    const auto store = test::opened(directory.path());
    CHECK(test::verified(*store).intact);
    std::set<std::uint64_t> ids;
    std::uint64_t sequence = 0;
    for (auto page = store->events(0, 1000); !page->events.empty(); page = store->events(sequence, 1000)) {
        for (const Event& event : page->events) {
            REQUIRE(event.sequence == ++sequence);
            REQUIRE(ids.insert(event.violation->id).second);
            const auto told = confirmed.find(sequence);
            if (told != confirmed.end()) REQUIRE(told->second == event.violation->id);
        }
    }
    CHECK(sequence == store->last_sequence());
    CHECK(store->load_entries()->size() == sequence);
    CHECK(confirmed.size() > 1000);
}

namespace {

// Runs in a child with a mount namespace of its own; the exit status says where it failed.
int fill_a_small_disk(const std::string& directory) {
    if (unshare(CLONE_NEWNS) != 0 || mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return 77;
    if (mount("tmpfs", directory.c_str(), "tmpfs", 0, "size=6m") != 0) return 77;
    StoreOpening opening;
    auto opened = open_store({.directory = directory}, opening);
    if (!opened) return 1;
    Store& store = **opened;
    const auto reserve_stands = [&] { return std::filesystem::exists(directory + "/reserve"); };
    if (!reserve_stands()) return 2;
    std::uint64_t confirmed = 0;
    bool reserve_was_used = false;
    int code = 0;
    for (std::uint64_t id = 1; id < 100'000 && code == 0; ++id) {
        const auto stored = store.append({test::sample_draft(id)}, {test::sample_entry(id)});
        reserve_was_used = reserve_was_used || (stored && !reserve_stands());
        if (stored)
            confirmed = stored->back().sequence;
        else
            code = stored.error().code;
    }
    if (code != ENOSPC) return 3;
    if (!reserve_was_used) return 4;
    if (store.last_sequence() != confirmed || store.head_hash().empty()) return 5;
    // Reading goes on; and once there is room, writing too, in the same chain.
    if (!store.events(0, 10)) return 6;
    if (mount("tmpfs", directory.c_str(), "tmpfs", MS_REMOUNT, "size=16m") != 0) return 77;
    const auto stored = store.append({test::sample_draft(confirmed + 1)}, {});
    if (!stored || stored->front().sequence != confirmed + 1) return 7;
    if (!store.prune(0) || !reserve_stands()) return 8;
    ChainCheck check;
    std::uint64_t position = 0;
    std::string hash;
    while (true) {
        const auto over = store.verify_step(check, position, hash, 1000);
        if (!over) return 9;
        if (*over) break;
    }
    return check.intact && check.checked == confirmed + 1 ? 0 : 10;
}

}  // namespace

TEST_CASE("on a full disk the reserve is used first, then nothing is lost and nothing half stored [REQ-22]") {
    if (!test::skip_unless(geteuid() == 0, "needs root for a small disk of its own")) return;
    const test::TemporaryDirectory directory(test::memory_path());
    const pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0) _exit(fill_a_small_disk(directory.path()));
    int status = 0;
    REQUIRE(waitpid(child, &status, 0) == child);
    REQUIRE(WIFEXITED(status));
    if (!test::skip_unless(WEXITSTATUS(status) != 77, "needs the right to mount")) return;
    CHECK(WEXITSTATUS(status) == 0);
}
