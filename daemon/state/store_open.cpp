// Opening the store, making a new one, and setting a damaged one aside.
#include <cerrno>
#include <random>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/digest.hpp"
#include "state/durable_file.hpp"
#include "state/store_sqlite.hpp"

namespace integrityd {

namespace {

// "INTG": tells our files from other SQLite files.
constexpr std::uint64_t application_id = 0x494e5447;
constexpr std::uint64_t schema_version = 1;

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

constexpr const char* insert_event = "INSERT INTO events(sequence,time,canonical,hash) VALUES(?1,?2,?3,?4)";
// What a batch does not know of a violation stays as it was.
constexpr const char* upsert_violation =
    "INSERT INTO violations(id,resolved,sequence,value,evidence,nature)"
    " VALUES(?1,?2,?3,?4,coalesce(?5,''),coalesce(?6,0))"
    " ON CONFLICT(id) DO UPDATE SET resolved=?2, sequence=max(sequence,?3), value=?4,"
    " evidence=coalesce(?5,evidence), nature=coalesce(?6,nature)";

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

Error damaged(std::string what) {
    return {"store: " + std::move(what), damaged_code};
}

bool is_empty(const std::string& path) {
    struct stat status {};
    return ::stat(path.c_str(), &status) != 0 || status.st_size == 0;
}

Result<std::uint64_t> number_of(Database& database, const char* sql) {
    Statement statement(database, sql);
    const Result<bool> row = statement.step();
    if (!row) return row.error();
    return *row ? statement.number(0) : 0;
}

}  // namespace

SqliteStore::SqliteStore(StoreSettings settings)
    : settings_(std::move(settings)),
      highwater_(settings_.directory + "/highwater"),
      reserve_(settings_.directory + "/reserve") {}

SqliteStore::~SqliteStore() {
    highwater_.sync();
}

void SqliteStore::write_highwater() {
    highwater_.write(head_);
    highwater_.sync();
}

Result<void> SqliteStore::open(const ChainHead& base) {
    const std::string path = settings_.directory + "/store.db";
    const bool fresh = is_empty(path) && is_empty(path + "-wal");
    if (auto done = database_.open(path); !done) return done;
    Result<void> ready = fresh ? create(base) : Result<void>();
    if (!ready && ready.error().code == ENOSPC && reserve_.give_up()) ready = create(base);
    if (ready) ready = load();
    if (!ready) return ready;
    insert_event_ = Statement(database_, insert_event);
    upsert_violation_ = Statement(database_, upsert_violation);
    reserve_.take();
    return {};
}

Result<void> SqliteStore::create(const ChainHead& base) {
    Transaction transaction(database_);
    if (!transaction.begun()) return transaction.begun();
    if (auto done = database_.execute(schema); !done) return done;
    Statement insert(database_,
                     "INSERT INTO chain(one,stream,base_sequence,base_hash,next_id) VALUES(1,?1,?2,zeroblob(32),?3)");
    const std::string stream = new_stream();
    if (auto done = insert.bind(1, stream).bind(2, base.sequence).bind(3, base.next_id).run(); !done) return done;
    return transaction.commit();
}

Result<void> SqliteStore::load() {
    const auto application = number_of(database_, "PRAGMA application_id");
    if (!application) return application.error();
    const auto version = number_of(database_, "PRAGMA user_version");
    if (!version) return version.error();
    if (*application != application_id) return damaged("the file is not a store of ours");
    if (*version != schema_version) return damaged("the schema's version is " + std::to_string(*version));
    if (auto done = load_chain(); !done) return done;
    if (auto done = load_head(); !done) return done;
    return load_small_tables();
}

Result<void> SqliteStore::load_chain() {
    Statement chain(database_, "SELECT stream,base_sequence,base_hash,next_id FROM chain");
    const Result<bool> row = chain.step();
    if (!row) return row.error();
    if (!*row || chain.bytes(2).size() != 32) return damaged("the chain's own record is missing");
    base_.stream = head_.stream = chain.bytes(0);
    base_.sequence = head_.sequence = chain.number(1);
    base_.hash = head_.hash = chain.bytes(2);
    base_.next_id = head_.next_id = chain.number(3);
    return {};
}

// Looks at the chain's end alone: the whole is checked in steps, later, beside other work.
Result<void> SqliteStore::load_head() {
    Statement last(database_, "SELECT sequence,canonical,hash FROM events ORDER BY sequence DESC LIMIT 2");
    const Result<bool> row = last.step();
    if (!row) return row.error();
    if (!*row) return {};
    head_.sequence = last.number(0);
    head_.hash = last.bytes(2);
    Sha256 hash;
    const std::string line(last.bytes(1));
    const Result<bool> before = last.step();
    if (!before) return before.error();
    hash.update(*before ? last.bytes(2) : std::string_view(base_.hash));
    hash.update(line);
    const Sha256Digest computed = hash.finish();
    if (head_.hash != std::string(computed.begin(), computed.end())) return damaged("the last event is not as written");
    return {};
}

Result<void> SqliteStore::load_small_tables() {
    Statement marks(database_, "SELECT recipient,sequence FROM marks");
    Result<bool> row = marks.step();
    for (; row && *row; row = marks.step())
        marks_.emplace(marks.bytes(0), marks.number(1));
    if (!row) return row.error();
    Statement facts(database_, "SELECT name,value FROM facts");
    row = facts.step();
    for (; row && *row; row = facts.step())
        facts_.emplace(facts.bytes(0), facts.bytes(1));
    if (!row) return row.error();
    return {};
}

namespace {

// What is wrong with the store as it was opened, against what stood beside it; empty: nothing.
std::string fault_against(const std::optional<ChainHead>& known, const ChainHead& head) {
    if (!known) return {};
    if (head.stream != known->stream) return "store: it is of another stream than was stored last";
    if (head.sequence >= known->sequence && head.next_id >= known->next_id) return {};
    return "store: it ends at event " + std::to_string(head.sequence) + ", but " + std::to_string(known->sequence) +
           " were stored";
}

// The higher one of what the side file says and what could be read of the database.
ChainHead highest(const std::optional<ChainHead>& known, const ChainHead& read) {
    ChainHead head = known && known->sequence >= read.sequence ? *known : read;
    if (known) head.next_id = std::max(known->next_id, read.next_id);
    return head;
}

}  // namespace

Result<std::unique_ptr<Store>> open_store(const StoreSettings& settings, StoreOpening& opening,
                                          std::string_view known_damage) {
    if (auto made = make_directory(settings.directory); !made) return made.error();
    const std::string note = settings.directory + std::string(damage_note_name);
    const Result<std::optional<std::string>> noted = read_if_there(note, 4096);
    const auto known = Highwater(settings.directory + "/highwater").read();
    const bool lost = known && is_empty(settings.directory + "/store.db");

    ChainHead old;
    opening.damage = known_damage;
    if (noted && *noted) opening.damage = **noted;
    if (lost) opening.damage = "store: the file is gone or empty";
    if (opening.damage.empty()) {
        auto store = std::make_unique<SqliteStore>(settings);
        const Result<void> opened = store->open({});
        if (!opened && opened.error().code != EUCLEAN) return opened.error();
        opening.damage = opened ? fault_against(known, store->head()) : opened.error().message;
        if (opening.damage.empty()) {
            store->write_highwater();
            return std::unique_ptr<Store>(std::move(store));
        }
        old = store->head();
    }

    old = highest(known, old);
    opening.old_sequence = old.sequence;
    opening.old_stream = old.stream;
    opening.old_hash = to_hex(old.hash);
    Result<std::string> aside = set_store_aside(settings.directory);
    if (!aside) return aside.error();
    opening.set_aside = *aside;
    auto store = std::make_unique<SqliteStore>(settings);
    if (auto opened = store->open(old); !opened) return opened.error();
    store->write_highwater();
    (void)::unlink(note.c_str());
    return std::unique_ptr<Store>(std::move(store));
}

}  // namespace integrityd
