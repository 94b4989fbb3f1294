#include "state/recovering_store.hpp"

#include <cerrno>
#include <map>
#include <utility>

namespace integrityd {

namespace {

class RecoveringStore final : public Store {
public:
    RecoveringStore(StoreSettings settings, std::unique_ptr<Store> store, StoreReplaced replaced)
        : settings_(std::move(settings)), store_(std::move(store)), replaced_(std::move(replaced)) {
        remember_head();
    }

    const std::string& stream() const override { return stream_; }
    std::uint64_t last_sequence() const override { return last_sequence_; }
    std::uint64_t next_id() const override { return next_id_; }
    std::string head_hash() const override { return head_hash_; }
    Result<std::vector<Event>> append(const std::vector<EventDraft>& drafts,
                                      const std::vector<LedgerEntry>& entries) override {
        auto stored = call([&](Store& store) { return store.append(drafts, entries); });
        if (stored) remember_head();
        return stored;
    }
    Result<std::vector<LedgerEntry>> load_entries() override {
        return call([](Store& store) { return store.load_entries(); });
    }
    Result<std::vector<Violation>> violations(std::uint64_t after_id, std::size_t limit,
                                              const ViolationFilter& filter) override {
        return call([&](Store& store) { return store.violations(after_id, limit, filter); });
    }
    Result<std::optional<Violation>> violation(std::uint64_t id) override {
        return call([&](Store& store) { return store.violation(id); });
    }
    Result<EventPage> events(std::uint64_t after, std::size_t limit) override {
        return call([&](Store& store) { return store.events(after, limit); });
    }
    Result<std::vector<std::string>> canonical_lines(std::uint64_t after, std::size_t limit) override {
        return call([&](Store& store) { return store.canonical_lines(after, limit); });
    }
    Result<bool> verify_step(ChainCheck& check, std::uint64_t& position, std::string& hash,
                             std::size_t limit) override {
        return call([&](Store& store) { return store.verify_step(check, position, hash, limit); });
    }
    std::optional<std::uint64_t> mark(std::string_view recipient) override {
        return store_ ? store_->mark(recipient) : std::nullopt;
    }
    Result<void> set_marks(const std::vector<std::pair<std::string, std::uint64_t>>& marks) override {
        for (const auto& [recipient, sequence] : marks)
            marks_[recipient] = sequence;
        return call([&](Store& store) { return store.set_marks(marks); });
    }
    std::optional<std::string> fact(std::string_view name) override {
        auto value = store_ ? store_->fact(name) : std::nullopt;
        if (value) facts_.insert_or_assign(std::string(name), *value);
        const auto known = facts_.find(name);
        return known != facts_.end() ? std::optional(known->second) : std::nullopt;
    }
    Result<void> set_fact(std::string_view name, std::string_view value) override {
        auto set = call([&](Store& store) { return store.set_fact(name, value); });
        if (set) facts_.insert_or_assign(std::string(name), std::string(value));
        return set;
    }
    void remember(std::string_view name, std::string_view value) override {
        facts_.insert_or_assign(std::string(name), std::string(value));
        if (store_) store_->remember(name, value);
    }
    Result<std::uint64_t> prune(WallTime now) override {
        return call([&](Store& store) { return store.prune(now); });
    }
    bool crowded() override { return store_ && store_->crowded(); }

private:
    template <typename Call>
    auto call(Call make) -> decltype(make(std::declval<Store&>())) {
        if (!store_ && !open_again()) return failure_;
        auto result = make(*store_);
        if (result || result.error().code != EUCLEAN) return result;
        failure_ = result.error();
        damage_ = failure_.message;
        store_.reset();  // it is set aside when it is opened again
        if (!open_again()) return failure_;
        return make(*store_);
    }

    bool open_again() {
        StoreOpening opening;
        auto fresh = open_store(settings_, opening, damage_);
        if (!fresh) {
            failure_ = fresh.error();
            return false;
        }
        damage_.clear();
        store_ = std::move(*fresh);
        begin_chain(replaced_(opening));
        remember_head();
        return true;
    }

    // Best effort: where even this finds no room, self.store.damaged still names the old head.
    void begin_chain(const EventDraft& first) {
        (void)store_->append({first}, {}).ok();
        for (const auto& [name, value] : facts_)
            (void)store_->set_fact(name, value).ok();
        (void)store_->set_marks({marks_.begin(), marks_.end()}).ok();
    }

    // What is asked often, and must have an answer while there is no store.
    void remember_head() {
        stream_ = store_->stream();
        last_sequence_ = store_->last_sequence();
        next_id_ = store_->next_id();
        head_hash_ = store_->head_hash();
    }

    StoreSettings settings_;
    std::unique_ptr<Store> store_;
    StoreReplaced replaced_;
    Error failure_;
    std::string damage_;  // of the file that is to be set aside
    std::map<std::string, std::string, std::less<>> facts_;
    std::map<std::string, std::uint64_t> marks_;
    std::string stream_;
    std::uint64_t last_sequence_ = 0;
    std::uint64_t next_id_ = 1;
    std::string head_hash_;
};

}  // namespace

Result<std::unique_ptr<Store>> open_recovering_store(const StoreSettings& settings, StoreOpening& opening,
                                                     StoreReplaced replaced) {
    auto store = open_store(settings, opening);
    if (!store) return store.error();
    return std::unique_ptr<Store>(std::make_unique<RecoveringStore>(settings, std::move(*store), std::move(replaced)));
}

}  // namespace integrityd
