#include "state/recovering_store.hpp"

#include <cerrno>
#include <map>
#include <utility>

#include "core/digest.hpp"

namespace integrityd {

namespace {

class RecoveringStore final : public Store {
public:
    RecoveringStore(StoreSettings settings, std::unique_ptr<Store> store, StoreReplacement replacement)
        : settings_(std::move(settings)), store_(std::move(store)), replacement_(std::move(replacement)) {
        memory_.begin = [this](const StoreOpening& opening) { return beginning(opening); };
        remember_head();
    }

    const std::string& stream() const override { return memory_.head.stream; }
    std::uint64_t last_sequence() const override { return memory_.head.sequence; }
    std::uint64_t next_id() const override { return memory_.head.next_id; }
    std::string head_hash() const override { return to_hex(memory_.head.hash); }
    Result<std::vector<Event>> append(const std::vector<EventDraft>& drafts,
                                      const std::vector<LedgerEntry>& entries) override {
        auto stored = change([&](Store& store) { return store.append(drafts, entries); });
        if (!stored) return stored;
        remember_head();
        for (auto& [name, value] : std::exchange(unsaved_facts_, {}))
            facts_.insert_or_assign(name, std::move(value));
        return stored;
    }
    Result<std::vector<LedgerEntry>> load_entries() override {
        return ask([](Store& store) { return store.load_entries(); });
    }
    Result<std::vector<Violation>> violations(std::uint64_t after_id, std::size_t limit,
                                              const ViolationFilter& filter) override {
        return ask([&](Store& store) { return store.violations(after_id, limit, filter); });
    }
    Result<std::optional<Violation>> violation(std::uint64_t id) override {
        return ask([&](Store& store) { return store.violation(id); });
    }
    Result<EventPage> events(std::uint64_t after, std::size_t limit) override {
        return ask([&](Store& store) { return store.events(after, limit); });
    }
    Result<std::vector<std::string>> canonical_lines(std::uint64_t after, std::size_t limit) override {
        return ask([&](Store& store) { return store.canonical_lines(after, limit); });
    }
    Result<bool> verify_step(ChainCheck& check, std::uint64_t& position, std::string& hash,
                             std::size_t limit) override {
        return ask([&](Store& store) { return store.verify_step(check, position, hash, limit); });
    }
    std::optional<std::uint64_t> mark(std::string_view recipient) override {
        if (const auto stored = store_ ? store_->mark(recipient) : std::nullopt)
            marks_.insert_or_assign(std::string(recipient), *stored);
        const auto known = marks_.find(recipient);
        return known != marks_.end() ? std::optional(known->second) : std::nullopt;
    }
    // Asked for after each delivery: no reason to try a new store.
    Result<void> set_marks(const std::vector<std::pair<std::string, std::uint64_t>>& marks) override {
        for (const auto& [recipient, sequence] : marks)
            marks_[recipient] = sequence;
        return ask([&](Store& store) { return store.set_marks(marks); });
    }
    std::optional<std::string> fact(std::string_view name) override {
        if (const auto unsaved = unsaved_facts_.find(name); unsaved != unsaved_facts_.end()) return unsaved->second;
        if (auto stored = store_ ? store_->fact(name) : std::nullopt)
            facts_.insert_or_assign(std::string(name), std::move(*stored));
        const auto known = facts_.find(name);
        return known != facts_.end() ? std::optional(known->second) : std::nullopt;
    }
    Result<void> set_fact(std::string_view name, std::string_view value) override {
        auto set = change([&](Store& store) { return store.set_fact(name, value); });
        if (!set) return set;
        facts_.insert_or_assign(std::string(name), std::string(value));
        if (const auto older = unsaved_facts_.find(name); older != unsaved_facts_.end()) unsaved_facts_.erase(older);
        return set;
    }
    void remember(std::string_view name, std::string_view value) override {
        unsaved_facts_.insert_or_assign(std::string(name), std::string(value));
        if (store_) store_->remember(name, value);
    }
    Result<std::uint64_t> prune(WallTime now) override {
        return change([&](Store& store) { return store.prune(now); });
    }
    bool crowded() override { return store_ && store_->crowded(); }
    void set_limits(std::uint64_t max_size, std::uint64_t keep) override {
        settings_.max_size = max_size;
        settings_.keep = keep;
        if (store_) store_->set_limits(max_size, keep);
    }

private:
    template <typename Call>
    using Answer = decltype(std::declval<Call>()(std::declval<Store&>()));

    template <typename Call>
    Answer<Call> change(Call make) {
        if (!store_ && !open_again()) return failure_;
        return ask(make);
    }

    template <typename Call>
    Answer<Call> ask(Call make) {
        if (!store_) return failure_;
        auto answer = make(*store_);
        if (answer || answer.error().code != EUCLEAN) return answer;
        failure_ = answer.error();
        memory_.damage = failure_.message;
        store_.reset();  // it is set aside when it is opened again
        if (!open_again()) return failure_;
        return make(*store_);
    }

    bool open_again() {
        StoreOpening opening;
        auto opened = open_store(settings_, opening, memory_);
        if (!opened) {
            failure_ = opened.error();
            return false;
        }
        store_ = std::move(*opened);
        remember_head();
        // They go with the batch that they follow from, and not ahead of it.
        for (const auto& [name, value] : unsaved_facts_)
            store_->remember(name, value);
        if (!opening.damage.empty()) replacement_.replaced(opening);
        return true;
    }

    StoreBeginning beginning(const StoreOpening& opening) {
        StoreBeginning all = replacement_.begin(opening);
        for (const auto& [name, value] : facts_) {
            if (name != replaced_fact) all.facts.emplace_back(name, value);
        }
        all.marks.assign(marks_.begin(), marks_.end());
        return all;
    }

    // What is asked often, and must have an answer while there is no store.
    void remember_head() {
        memory_.head = {.stream = store_->stream(),
                        .sequence = store_->last_sequence(),
                        .hash = from_hex(store_->head_hash()).value_or(ChainHead().hash),
                        .next_id = store_->next_id()};
    }

    StoreSettings settings_;
    std::unique_ptr<Store> store_;
    StoreReplacement replacement_;
    Error failure_;
    StoreMemory memory_;
    std::map<std::string, std::string, std::less<>> facts_;          // as stored
    std::map<std::string, std::string, std::less<>> unsaved_facts_;  // waiting for the next append()
    std::map<std::string, std::uint64_t, std::less<>> marks_;
};

}  // namespace

Result<std::unique_ptr<Store>> open_recovering_store(const StoreSettings& settings, StoreOpening& opening,
                                                     StoreReplacement replacement) {
    auto store = open_store(settings, opening);
    if (!store) return store.error();
    return std::unique_ptr<Store>(
        std::make_unique<RecoveringStore>(settings, std::move(*store), std::move(replacement)));
}

}  // namespace integrityd
