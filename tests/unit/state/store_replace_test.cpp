// A new store that takes the place of a damaged one: on a full disk, and when it is interrupted.
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <set>

#include <catch2/catch.hpp>

#include "state/recovering_store.hpp"
#include "state/store_sqlite.hpp"
#include "support/damaged_stores.hpp"
#include "support/skip.hpp"
#include "support/small_disk.hpp"
#include "support/temporary_directory.hpp"

using namespace integrityd;
namespace fs = std::filesystem;

namespace {

std::set<std::string> names_in(const std::string& directory) {
    std::set<std::string> names;
    for (const auto& entry : fs::directory_iterator(directory))
        names.insert(entry.path().filename());
    return names;
}

// What a device's first start would have taken, had there been room for four times as much.
void put_reserve(const std::string& directory) {
    std::ofstream(directory + "/reserve", std::ios::binary) << std::string(1U << 20, '\0');
}

// A store that is in use, as the daemon has it, with two open violations in memory.
struct InUse {
    explicit InUse(const std::string& directory) {
        auto opened = open_recovering_store({.directory = directory}, opening,
                                            {.begin =
                                                 [](const StoreOpening& now) {
                                                     StoreBeginning beginning;
                                                     beginning.drafts.push_back(test::sample_draft(1));
                                                     beginning.drafts.back().violation.reset();
                                                     beginning.drafts.back().type = EventType::notice;
                                                     beginning.drafts.back().data = {{"damage", now.damage}};
                                                     beginning.entries = {test::sample_entry(7), test::sample_entry(8)};
                                                     return beginning;
                                                 },
                                             .replaced = [this](const StoreOpening& now) { replaced.push_back(now); }});
        REQUIRE(opened.ok());
        store = std::move(*opened);
    }

    StoreOpening opening;
    std::vector<StoreOpening> replaced;
    std::unique_ptr<Store> store;
};

}  // namespace

TEST_CASE("while a full disk takes no new store the damaged one stays where it is [REQ-22] [REQ-23]") {
    const test::TemporaryDirectory directory;
    const test::SmallDisk disk(directory.path());
    if (!test::skip_unless(disk.mounted(), "needs root and a mount namespace for a small disk")) return;
    const test::Before before = test::make_history(directory.path());
    test::overwrite(directory / "store.db", 0, std::string(100, '\xee'));
    const std::string damaged = test::read_whole(directory / "store.db");
    disk.fill();
    const auto names = names_in(directory.path());
    StoreOpening opening;
    std::string damage;
    for (int attempt = 0; attempt < 3; ++attempt) {
        const auto store = open_store({.directory = directory.path()}, opening);
        REQUIRE_FALSE(store.ok());
        CHECK(store.error().code == ENOSPC);
        CHECK(names_in(directory.path()) == names);
        if (damage.empty()) damage = opening.damage;
        CHECK(opening.damage == damage);
    }
    SECTION("until there is room") {
        disk.make_room();
    }
    SECTION("and a reserve is given up for it") {
        fs::remove(directory / "filler");
        put_reserve(directory.path());
        disk.fill();
    }
    const auto store = test::opened(directory.path(), &opening);
    CHECK(opening.damage == damage);
    CHECK(opening.set_aside == "store.damaged-1");
    CHECK(test::read_whole(directory / "store.damaged-1") == damaged);
    CHECK_FALSE(fs::exists(directory / "store.damaged-2"));
    CHECK(store->last_sequence() == before.sequence);
}

TEST_CASE("a device whose disk is full at its first start has nothing to set aside [REQ-22] [REQ-23]") {
    const test::TemporaryDirectory directory;
    const test::SmallDisk disk(directory.path());
    if (!test::skip_unless(disk.mounted(), "needs root and a mount namespace for a small disk")) return;
    StoreOpening opening;
    SECTION("until there is room") {
        disk.fill();
        CHECK_FALSE(open_store({.directory = directory.path()}, opening).ok());
        CHECK(names_in(directory.path()) == std::set<std::string>{"filler"});
        disk.make_room();
    }
    SECTION("and a reserve is given up for the store") {
        put_reserve(directory.path());
        disk.fill();
    }
    const auto store = test::opened(directory.path(), &opening);
    CHECK(opening.damage.empty());
    CHECK(store->last_sequence() == 0);
    CHECK_FALSE(names_in(directory.path()).contains("store.damaged-1"));
}

TEST_CASE("a store that is damaged in use on a full disk is replaced once, when there is room [REQ-22] [REQ-23]") {
    const test::TemporaryDirectory directory;
    const test::SmallDisk disk(directory.path());
    if (!test::skip_unless(disk.mounted(), "needs root and a mount namespace for a small disk")) return;
    const test::Before before = test::make_history(directory.path());
    test::damage_history(directory.path());
    InUse used(directory.path());
    REQUIRE(used.store->set_marks({{"journal", 12}}).ok());
    REQUIRE(used.store->fact("pinned") == "digest");
    disk.fill();
    for (int question = 0; question < 3; ++question) {
        CHECK_FALSE(used.store->events(0, 1000).ok());
        CHECK_FALSE(used.store->append({test::sample_draft(41)}, {}).ok());
    }
    CHECK_FALSE(fs::exists(directory / "store.damaged-1"));
    CHECK(used.replaced.empty());
    // What was known of it is known, and nobody is told that it is another one.
    CHECK(used.store->mark("journal") == 12U);
    CHECK(used.store->fact("pinned") == "digest");
    CHECK(used.store->stream() == before.stream);
    CHECK(used.store->last_sequence() == before.sequence);

    disk.make_room();
    CHECK_FALSE(used.store->events(0, 1000).ok());  // who only asks makes no new store
    CHECK(used.replaced.empty());
    const auto stored = used.store->append({test::sample_draft(41)}, {});
    REQUIRE(stored.ok());
    CHECK(stored->front().sequence == before.sequence + 2);
    REQUIRE(used.replaced.size() == 1);
    CHECK(used.replaced.front().set_aside == "store.damaged-1");
    CHECK(used.replaced.front().old_sequence == before.sequence);
    CHECK(used.store->mark("journal") == 12U);
    CHECK(used.store->fact("pinned") == "digest");
}

TEST_CASE("what was open and why the store was replaced are there after a restart, until they are told [REQ-23]") {
    const test::TemporaryDirectory directory(test::memory_path());
    const std::string state = directory / "state";
    const test::Before before = test::make_history(state);
    test::damage_history(state);
    StoreOpening replaced;
    {
        InUse used(state);
        REQUIRE(used.store->events(0, 1000).ok());
        REQUIRE(used.replaced.size() == 1);
        replaced = used.replaced.front();
        CHECK_FALSE(replaced.damage.empty());
    }
    {
        StoreOpening opening;
        const auto store = test::opened(state, &opening);
        CHECK(opening.damage == replaced.damage);
        CHECK(opening.set_aside == "store.damaged-1");
        CHECK(opening.old_stream == before.stream);
        CHECK(opening.old_sequence == before.sequence);
        CHECK(opening.old_hash == before.hash);
        CHECK(store->events(0, 10)->events.front().data.at("damage").text() == replaced.damage);
        const auto entries = store->load_entries();
        REQUIRE(entries->size() == 2);
        CHECK(entries->front().violation.id == 7);
        store->remember(replaced_fact, "");
        REQUIRE(store->append({test::sample_draft(41)}, {}).ok());
    }
    StoreOpening opening;
    CHECK(test::opened(state, &opening)->last_sequence() == before.sequence + 2);
    CHECK(opening.damage.empty());
    CHECK_FALSE(fs::exists(state + "/store.damaged-2"));
}

TEST_CASE("what goes with a batch goes into a new store with it, not ahead of it [REQ-23]") {
    const test::TemporaryDirectory directory(test::memory_path());
    const std::string state = directory / "state";
    test::make_history(state);
    test::damage_history(state);
    bool with_batch = false;
    {
        InUse used(state);
        REQUIRE(used.store->fact("pinned") == "digest");
        used.store->remember("cursor", "17");
        REQUIRE(used.store->events(0, 1000).ok());
        REQUIRE(used.replaced.size() == 1);
        CHECK(used.store->fact("cursor") == "17");
        SECTION("not before") {}
        SECTION("with the batch") {
            with_batch = true;
            REQUIRE(used.store->append({test::sample_draft(41)}, {}).ok());
        }
    }
    const auto store = test::opened(state);
    CHECK(store->fact("pinned") == "digest");
    CHECK(store->fact("cursor").value_or("") == (with_batch ? "17" : ""));
}

TEST_CASE("numbers go on above what was used although what notes them is gone [REQ-23]") {
    const test::TemporaryDirectory directory(test::memory_path());
    const std::string state = directory / "state";
    const test::Before before = test::make_history(state);
    InUse used(state);
    // Nothing of it can be read any more.
    test::overwrite(state + "/store.db", 0, std::string(fs::file_size(state + "/store.db"), '\xee'));
    fs::remove(state + "/highwater");
    REQUIRE(used.store->events(0, 1000).ok());
    REQUIRE(used.replaced.size() == 1);
    CHECK(used.replaced.front().old_sequence == before.sequence);
    CHECK(used.replaced.front().old_stream == before.stream);
    CHECK(used.store->last_sequence() == before.sequence + 1);
    CHECK(used.store->next_id() == before.next_id);
}

TEST_CASE("what notes the numbers is written again when somebody took it away [REQ-23]") {
    const test::TemporaryDirectory directory(test::memory_path());
    const auto store = test::opened(directory.path());
    REQUIRE(store->append({test::sample_draft(1)}, {}).ok());
    fs::remove(directory / "highwater");
    REQUIRE(store->append({test::sample_draft(2)}, {}).ok());
    const auto head = Highwater(directory / "highwater").read();
    REQUIRE(head);
    CHECK(head->sequence == 2);
}

TEST_CASE("a replacement that was interrupted is ended by the next opening [REQ-23]") {
    const test::TemporaryDirectory directory(test::memory_path());
    const std::string state = directory / "state";
    const test::Before before = test::make_history(state);
    std::ofstream(state + "/store.damage") << "store: torn";
    const std::string damaged = test::read_whole(state + "/store.db");
    const StoreOpening why{.damage = "store: torn",
                           .set_aside = "store.damaged-1",
                           .old_sequence = before.sequence,
                           .old_stream = before.stream,
                           .old_hash = before.hash};
    std::set<std::string> log_aside;
    const ChainHead base{.stream = before.stream, .sequence = before.sequence, .next_id = before.next_id};
    REQUIRE(make_store({.directory = state}, base, {.facts = {{std::string(replaced_fact), text_of(why)}}}).ok());
    SECTION("when the new one was finished") {}
    SECTION("when the damaged one had been set aside") {
        fs::rename(state + "/store.db", state + "/store.damaged-1");
    }
    SECTION("when only its log had been") {
        std::ofstream(state + "/store.damaged-1-wal") << "the log";
        log_aside = {"store.damaged-1-wal"};
    }
    StoreOpening opening;
    {
        const auto store = test::opened(state, &opening);
        CHECK(opening.damage == why.damage);
        CHECK(opening.set_aside == why.set_aside);
        CHECK(store->stream() != before.stream);
        CHECK(store->last_sequence() == before.sequence);
    }
    CHECK(test::read_whole(state + "/store.damaged-1") == damaged);
    std::set<std::string> names{"highwater", "reserve", "store.damaged-1", "store.db"};
    names.merge(log_aside);
    CHECK(names_in(state) == names);
    // It goes on being the store.
    CHECK(test::opened(state)->next_id() == before.next_id);
    CHECK_FALSE(fs::exists(state + "/store.damaged-2"));
}

TEST_CASE("a note that found no room says that there is damage all the same [REQ-22] [REQ-23]") {
    const test::TemporaryDirectory directory(test::memory_path());
    const std::string state = directory / "state";
    test::make_history(state);
    std::ofstream(state + "/store.damage").flush();
    StoreOpening opening;
    const auto store = test::opened(state, &opening);
    CHECK_FALSE(opening.damage.empty());
    CHECK(opening.set_aside == "store.damaged-1");
}

TEST_CASE("what was set aside before is not written over, were it only a log [REQ-23]") {
    const test::TemporaryDirectory directory(test::memory_path());
    const std::string state = directory / "state";
    test::make_history(state, true);
    std::ofstream(state + "/store.damage") << "store: torn";
    const std::string log = test::read_whole(state + "/store.db-wal");
    std::ofstream(state + "/store.damaged-1-wal") << "evidence";
    StoreOpening opening;
    test::opened(state, &opening).reset();
    CHECK(opening.set_aside == "store.damaged-2");
    CHECK(test::read_whole(state + "/store.damaged-1-wal") == "evidence");
    CHECK((test::read_whole(state + "/store.damaged-2-wal") == log));
    CHECK(fs::exists(state + "/store.damaged-2"));
}

TEST_CASE("a log whose store is gone is set aside under a name of its own, which is told [REQ-23]") {
    const test::TemporaryDirectory directory(test::memory_path());
    const std::string state = directory / "state";
    test::make_history(state, true);
    const std::string log = test::read_whole(state + "/store.db-wal");
    fs::remove(state + "/store.db");
    StoreOpening opening;
    test::opened(state, &opening).reset();
    CHECK(opening.set_aside == "store.damaged-1");
    CHECK((test::read_whole(state + "/store.damaged-1") == log));
    CHECK_FALSE(fs::exists(state + "/store.damaged-1-wal"));
    // The next one that is damaged has no log: this one is not taken for its.
    test::overwrite(state + "/store.db", 0, std::string(100, '\xee'));
    test::opened(state, &opening).reset();
    CHECK(opening.set_aside == "store.damaged-2");
    CHECK((test::read_whole(state + "/store.damaged-1") == log));
}
