// A new store: made under a name of its own, and put in its place when it is finished.
#include <random>
#include <sys/random.h>
#include <unistd.h>

#include "core/canonical_json.hpp"
#include "core/digest.hpp"
#include "state/durable_file.hpp"
#include "state/store_sqlite.hpp"

namespace integrityd {

namespace {

// Names within the state directory: of what is thrown away unless it becomes the second.
constexpr const char* unfinished_name = "/store.db.new";
constexpr const char* finished_name = "/store.db.next";

// events.time is 0 where the clock was not set. violations.sequence: its last event.
constexpr const char* schema =
    "PRAGMA application_id=0x494e5447;"
    "PRAGMA user_version=1;"
    "CREATE TABLE chain(one INTEGER PRIMARY KEY CHECK(one=1), stream TEXT NOT NULL,"
    " base_sequence INTEGER NOT NULL, base_hash BLOB NOT NULL, next_id INTEGER NOT NULL);"
    "CREATE TABLE events(sequence INTEGER PRIMARY KEY, time INTEGER NOT NULL, canonical TEXT NOT NULL,"
    " hash BLOB NOT NULL);"
    "CREATE TABLE violations(id INTEGER PRIMARY KEY, resolved INTEGER NOT NULL, sequence INTEGER NOT NULL,"
    " value TEXT NOT NULL, evidence TEXT NOT NULL, nature INTEGER NOT NULL);"
    "CREATE INDEX unresolved ON violations(id) WHERE resolved=0;"
    "CREATE INDEX settled ON violations(sequence) WHERE resolved=1;"
    "CREATE TABLE marks(recipient TEXT PRIMARY KEY, sequence INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE facts(name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;";

// A random UUID (RFC 9562, version 4).
std::string new_stream() {
    std::string bytes(16, '\0');
    if (::getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size())) {
        std::random_device device;
        for (char& byte : bytes)
            byte = static_cast<char>(device());
    }
    bytes[6] = static_cast<char>((bytes[6] & 0x0f) | 0x40);
    bytes[8] = static_cast<char>((bytes[8] & 0x3f) | 0x80);
    std::string text = to_hex(bytes);
    for (const std::size_t at : {20, 16, 12, 8})
        text.insert(at, 1, '-');
    return text;
}

void remove_unfinished(const std::string& directory) {
    const std::string path = directory + unfinished_name;
    (void)::unlink(path.c_str());
    (void)::unlink((path + "-wal").c_str());
}

}  // namespace

Result<void> SqliteStore::make(const ChainHead& base, const StoreBeginning& beginning) {
    remove_unfinished(settings_.directory);
    if (auto done = database_.open(settings_.directory + unfinished_name, Journal::memory); !done) return done;
    Transaction transaction(database_);
    if (!transaction.begun()) return transaction.begun();
    if (auto done = create(base); !done) return done;
    for (const auto& [name, value] : beginning.facts) {
        if (auto done = write_fact(name, value); !done) return done;
    }
    if (auto done = write_marks(beginning.marks); !done) return done;
    const Batch batch = chain_up(beginning.drafts, beginning.entries);
    if (auto done = write_rows(batch, beginning.entries); !done) return done;
    if (auto done = transaction.commit(); !done) return done;
    // Of the file's kind already: who opens it has nothing to write, for which there may be no room.
    return database_.execute("PRAGMA journal_mode=WAL");
}

Result<void> SqliteStore::create(const ChainHead& base) {
    if (auto done = database_.execute(schema); !done) return done;
    prepare();
    head_ = {.stream = new_stream(), .sequence = base.sequence, .next_id = base.next_id};
    Statement insert(database_, "INSERT INTO chain(one,stream,base_sequence,base_hash,next_id) VALUES(1,?1,?2,?3,?4)");
    insert.bind(1, head_.stream).bind(2, head_.sequence).bind_blob(3, head_.hash).bind(4, head_.next_id);
    return insert.run();
}

Result<void> make_store(const StoreSettings& settings, const ChainHead& base, const StoreBeginning& beginning) {
    // Closed when it has been made: only then it is complete.
    const auto make = [&] { return SqliteStore(settings).make(base, beginning); };
    Result<void> made = make();
    if (!made && is_full(made.error()) && Reserve(settings.directory + "/reserve").give_up()) made = make();
    if (made) made = rename_file(settings.directory + unfinished_name, settings.directory + finished_name);
    if (!made) remove_unfinished(settings.directory);
    return made;
}

Result<bool> put_in_place(const std::string& directory) {
    const std::string finished = directory + finished_name;
    if (::access(finished.c_str(), F_OK) != 0) return false;
    // It is about the one that goes.
    (void)::unlink((directory + std::string(damage_note_name)).c_str());
    if (auto aside = set_store_aside(directory); !aside) return aside.error();
    if (auto placed = rename_file(finished, directory + "/store.db"); !placed) return placed.error();
    return true;
}

std::string text_of(const StoreOpening& opening) {
    return canonical_json(Value(ValueMap{{"damage", opening.damage},
                                         {"set_aside", opening.set_aside},
                                         {"old_sequence", opening.old_sequence},
                                         {"old_stream", opening.old_stream},
                                         {"old_hash", opening.old_hash}}));
}

StoreOpening opening_of(const std::string& text) {
    const auto value = read_json(text);
    const auto* map = value ? value->get<ValueMap>() : nullptr;
    if (map == nullptr) return {};
    const auto member = [&](const char* name) {
        const auto found = map->find(name);
        return found != map->end() ? found->second : Value();
    };
    const auto text_member = [&](const char* name) { return std::string(member(name).text()); };
    return {.damage = text_member("damage"),
            .set_aside = text_member("set_aside"),
            .old_sequence = member("old_sequence").number(),
            .old_stream = text_member("old_stream"),
            .old_hash = text_member("old_hash")};
}

}  // namespace integrityd
