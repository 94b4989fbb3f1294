// SqliteStore: the Store on one SQLite file. Its parts stand in store.cpp (writing), store_read.cpp, store_make.cpp
// (a new one), store_open.cpp (opening, and what to do with a damaged file) and store_prune.cpp.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "state/store.hpp"
#include "state/store_db.hpp"
#include "state/store_files.hpp"
#include "state/store_open.hpp"

namespace integrityd {

class SqliteStore final : public Store {
public:
    explicit SqliteStore(StoreSettings settings);
    ~SqliteStore() override;

    // Reads what is there. On failure head() holds as much as could be read.
    Result<void> open();
    // Instead: makes a new file (StoreNames::unfinished) whose chain goes on after `base`. It is complete when the
    // object is gone, and no more than made.
    Result<void> make(const ChainHead& base, const StoreBeginning& beginning);
    [[nodiscard]] const ChainHead& head() const { return head_; }
    // Notes the head beside the database, synced.
    void write_highwater();

    [[nodiscard]] const std::string& stream() const override { return head_.stream; }
    [[nodiscard]] std::uint64_t last_sequence() const override { return head_.sequence; }
    [[nodiscard]] std::uint64_t next_id() const override { return head_.next_id; }
    [[nodiscard]] std::string head_hash() const override;

    [[nodiscard]] Result<std::vector<Event>> append(const std::vector<EventDraft>& drafts,
                                                    const std::vector<LedgerEntry>& entries) override;

    [[nodiscard]] Result<std::vector<LedgerEntry>> load_entries() override;
    [[nodiscard]] Result<std::vector<Violation>> violations(std::uint64_t after_id, std::size_t limit,
                                                            const ViolationFilter& filter) override;
    [[nodiscard]] Result<std::optional<Violation>> violation(std::uint64_t id) override;
    [[nodiscard]] Result<EventPage> events(std::uint64_t after, std::size_t limit) override;
    [[nodiscard]] Result<std::vector<std::string>> canonical_lines(std::uint64_t after, std::size_t limit) override;
    [[nodiscard]] Result<bool> verify_step(ChainCheck& check, std::uint64_t& position, std::string& hash,
                                           std::size_t limit) override;

    [[nodiscard]] std::optional<std::uint64_t> mark(std::string_view recipient) override;
    Result<void> set_marks(const std::vector<std::pair<std::string, std::uint64_t>>& marks) override;
    [[nodiscard]] std::optional<std::string> fact(std::string_view name) override;
    Result<void> set_fact(std::string_view name, std::string_view value) override;
    void remember(std::string_view name, std::string_view value) override;

    Result<std::uint64_t> prune(WallTime now) override;
    [[nodiscard]] bool crowded() override;
    void set_limits(std::uint64_t max_size, std::uint64_t keep) override;

private:
    // Drafts with their place in the chain, and the lines that are stored.
    struct Batch {
        std::vector<Event> events;
        std::vector<std::string> lines;
        std::vector<std::string> hashes;  // raw
        ChainHead head;                   // after the batch
    };
    // A row of the table of violations.
    struct Row {
        const Violation* violation = nullptr;
        const LedgerEntry* entry = nullptr;  // null: nothing but the violation is known
        std::uint64_t sequence = 0;          // of its last event; 0: not by this batch
    };

    [[nodiscard]] Batch chain_up(const std::vector<EventDraft>& drafts, const std::vector<LedgerEntry>& entries) const;
    void prepare();
    Result<void> write(const Batch& batch, const std::vector<LedgerEntry>& entries);
    Result<void> write_rows(const Batch& batch, const std::vector<LedgerEntry>& entries);
    Result<void> write_event(const Event& event, const std::string& line, const std::string& hash);
    Result<void> write_violation(const Row& row);
    Result<void> write_next_id(std::uint64_t next_id);
    Result<void> write_fact(std::string_view name, std::string_view value);
    Result<void> write_marks(const std::vector<std::pair<std::string, std::uint64_t>>& marks);

    Result<void> create(const ChainHead& base);
    Result<void> load();
    Result<void> load_chain();
    Result<void> load_head();
    Result<void> load_small_tables();

    // Remembers on the disk that the database is damaged, so that the next opening sets it aside.
    Error noted(Error error);
    // One event against the chain; the fault, or nothing.
    [[nodiscard]] std::string fault_of(Statement& row, std::uint64_t expected, std::string& hash) const;

    [[nodiscard]] Result<std::uint64_t> prunable_by_age(WallTime now);
    [[nodiscard]] Result<std::uint64_t> prunable_by_size();
    [[nodiscard]] Result<std::uint64_t> used_bytes();
    Result<void> prune_up_to(std::uint64_t sequence);

    StoreSettings settings_;
    Database database_;
    Highwater highwater_;
    Reserve reserve_;
    ChainHead head_;
    ChainHead base_;  // the end of what was pruned: sequence and hash before the oldest event kept
    std::map<std::string, std::uint64_t, std::less<>> marks_;
    std::map<std::string, std::string, std::less<>> facts_;
    std::set<std::string, std::less<>> unsaved_facts_;
    // Prepared once: they run for each event.
    Statement insert_event_;
    Statement upsert_violation_;
};

// "INTG": tells our files from other SQLite files.
constexpr std::uint64_t store_application_id = 0x494e5447;
constexpr std::uint64_t store_schema_version = 1;

// Names within the state directory.
constexpr std::string_view damage_note_name = "/store.damage";

// Makes the file that put_in_place() is for: as a whole, or not at all.
Result<void> make_store(const StoreSettings& settings, const ChainHead& base, const StoreBeginning& beginning);
// Sets aside what stands where the made one belongs, and puts that there. Interrupted at any moment, the next call ends
// it. False: none was made.
[[nodiscard]] Result<bool> put_in_place(const std::string& directory);

// As the fact replaced_fact holds it.
[[nodiscard]] std::string text_of(const StoreOpening& opening);
[[nodiscard]] StoreOpening opening_of(const std::string& text);

}  // namespace integrityd
