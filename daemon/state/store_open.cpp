// Opening the store, and what to do with a damaged one.
#include <cerrno>
#include <sys/stat.h>
#include <unistd.h>

#include "core/digest.hpp"
#include "state/durable_file.hpp"
#include "state/store_sqlite.hpp"

namespace integrityd {

namespace {

constexpr const char* insert_event = "INSERT INTO events(sequence,time,canonical,hash) VALUES(?1,?2,?3,?4)";
// What a batch does not know of a violation stays as it was.
constexpr const char* upsert_violation =
    "INSERT INTO violations(id,resolved,sequence,value,evidence,nature)"
    " VALUES(?1,?2,?3,?4,coalesce(?5,''),coalesce(?6,0))"
    " ON CONFLICT(id) DO UPDATE SET resolved=?2, sequence=max(sequence,?3), value=?4,"
    " evidence=coalesce(?5,evidence), nature=coalesce(?6,nature)";

Error damaged(std::string what) {
    return {"store: " + std::move(what), damaged_code};
}

// Not there, or a file without a byte.
bool is_empty(const std::string& path) {
    struct stat status {};
    if (::lstat(path.c_str(), &status) != 0) return errno == ENOENT;
    return S_ISREG(status.st_mode) && status.st_size == 0;
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

Result<void> SqliteStore::open() {
    const std::string path = settings_.directory + "/store.db";
    Result<void> ready = database_.open(path, Journal::log);
    if (!ready && is_full(ready.error()) && reserve_.give_up()) ready = database_.open(path, Journal::log);
    if (ready) ready = load();
    if (!ready) return ready;
    prepare();
    reserve_.take();
    return {};
}

void SqliteStore::prepare() {
    insert_event_ = Statement(database_, insert_event);
    upsert_violation_ = Statement(database_, upsert_violation);
}

Result<void> SqliteStore::load() {
    const auto application = number_of(database_, "PRAGMA application_id");
    if (!application) return application.error();
    const auto version = number_of(database_, "PRAGMA user_version");
    if (!version) return version.error();
    if (*application != store_application_id) return damaged("the file is not a store of ours");
    if (*version != store_schema_version) return damaged("the schema's version is " + std::to_string(*version));
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
    if (head_.sequence <= base_.sequence) return damaged("the chain ends before its own beginning");
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

// Of two places that say where a chain ended the one that is ahead. An id is never given out again, whichever is right.
ChainHead highest(const ChainHead& one, const ChainHead& other) {
    const bool first = one.sequence > other.sequence || (one.sequence == other.sequence && !one.stream.empty());
    ChainHead head = first ? one : other;
    head.next_id = std::max(one.next_id, other.next_id);
    return head;
}

// What stands beside the database, and what is known besides. head.stream empty: nothing is known of a chain.
struct Beside {
    ChainHead head;
    std::string damage;
    bool fresh = false;  // there never was a store
};

Beside look_beside(const std::string& directory, const StoreMemory& memory) {
    Beside beside;
    beside.head = highest(Highwater(directory + "/highwater").read().value_or(ChainHead()), memory.head);
    beside.damage = memory.damage;
    const auto noted = read_if_there(directory + std::string(damage_note_name), 4096);
    // On a full disk the note has a name and no text.
    if (beside.damage.empty() && noted && *noted)
        beside.damage = (*noted)->empty() ? "store: it was found damaged" : **noted;
    const bool empty = is_empty(directory + "/store.db");
    const bool never = beside.head.stream.empty() && is_empty(directory + "/store.db-wal");
    if (beside.damage.empty() && empty && !never) beside.damage = "store: the file is gone or empty";
    beside.fresh = beside.damage.empty() && empty;
    return beside;
}

// What is wrong with the store as it was opened, against what is known of it; empty: nothing.
std::string fault_against(const ChainHead& known, const ChainHead& head, const StoreOpening& replaced) {
    if (known.stream.empty()) return {};
    // It took the known one's place, and ended there.
    const bool follows = !replaced.old_stream.empty() && replaced.old_stream == known.stream;
    if (head.stream != known.stream && !follows) return "store: it is of another stream than was stored last";
    if (head.sequence >= known.sequence && head.next_id >= known.next_id) return {};
    return "store: it ends at event " + std::to_string(head.sequence) + ", but " + std::to_string(known.sequence) +
           " were stored";
}

// The store where it is sound; else what is wrong with it, and its head as far as it could be read.
Result<std::unique_ptr<SqliteStore>> open_sound(const StoreSettings& settings, const ChainHead& known,
                                                StoreOpening& opening, ChainHead& head) {
    auto store = std::make_unique<SqliteStore>(settings);
    const Result<void> opened = store->open();
    if (!opened && opened.error().code != EUCLEAN) return opened.error();
    head = store->head();
    const StoreOpening replaced = opening_of(store->fact(replaced_fact).value_or(""));
    const std::string fault = opened ? fault_against(known, head, replaced) : opened.error().message;
    if (!fault.empty()) return Error{fault, damaged_code};
    store->write_highwater();
    opening = replaced;
    return store;
}

// Where nothing else tells how far it came.
ChainHead head_of_damaged(const StoreSettings& settings) {
    SqliteStore store(settings);
    (void)store.open().ok();
    return store.head();
}

Result<void> make_first(const StoreSettings& settings) {
    (void)::unlink((settings.directory + "/store.db").c_str());  // an empty one
    if (auto made = make_store(settings, {}, {}); !made) return made;
    const auto placed = put_in_place(settings.directory);
    if (!placed) return placed.error();
    return {};
}

// The damaged one stays where it is until the new one is finished: a full disk makes no traces, and hides none.
Result<void> replace_store(const StoreSettings& settings, const ChainHead& old, StoreOpening& opening,
                           StoreMemory& memory) {
    opening.old_sequence = old.sequence;
    opening.old_stream = old.stream;
    opening.old_hash = to_hex(old.hash);
    opening.set_aside = name_aside(settings.directory);
    StoreBeginning beginning = memory.begin ? memory.begin(opening) : StoreBeginning();
    beginning.facts.emplace_back(replaced_fact, text_of(opening));
    if (auto made = make_store(settings, old, beginning); !made) return made;
    const auto placed = put_in_place(settings.directory);
    if (!placed) return placed.error();
    memory.damage.clear();
    return {};
}

}  // namespace

Result<std::unique_ptr<Store>> open_store(const StoreSettings& settings, StoreOpening& opening, StoreMemory& memory) {
    if (auto made = make_directory(settings.directory); !made) return made.error();
    const auto ended = put_in_place(settings.directory);  // what was interrupted
    if (!ended) return ended.error();
    if (*ended) memory.damage.clear();

    const Beside beside = look_beside(settings.directory, memory);
    opening = {.damage = beside.damage};
    ChainHead read;
    if (beside.damage.empty() && !beside.fresh) {
        auto store = open_sound(settings, beside.head, opening, read);
        if (store) return std::unique_ptr<Store>(std::move(*store));
        if (store.error().code != EUCLEAN) return store.error();
        opening.damage = store.error().message;
    } else if (beside.head.stream.empty() && !beside.fresh) {
        read = head_of_damaged(settings);
    }

    const ChainHead old = highest(beside.head, read);
    auto made = beside.fresh ? make_first(settings) : replace_store(settings, old, opening, memory);
    if (!made) return made.error();
    auto store = open_sound(settings, {}, opening, read);
    if (!store) return store.error();
    return std::unique_ptr<Store>(std::move(*store));
}

Result<std::unique_ptr<Store>> open_store(const StoreSettings& settings, StoreOpening& opening) {
    StoreMemory none;
    return open_store(settings, opening, none);
}

}  // namespace integrityd
