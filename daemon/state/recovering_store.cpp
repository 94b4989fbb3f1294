#include "state/recovering_store.hpp"

#include <cerrno>
#include <utility>

namespace integrityd {

namespace {

class RecoveringStore final : public Store {
public:
    RecoveringStore(StoreSettings settings, std::unique_ptr<Store> store,
                    std::function<void(const StoreOpening&)> replaced)
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
                                              const std::function<bool(const Violation&)>& wanted) override {
        return call([&](Store& store) { return store.violations(after_id, limit, wanted); });
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
        return call([&](Store& store) { return store.set_marks(marks); });
    }
    std::optional<std::string> fact(std::string_view name) override {
        return store_ ? store_->fact(name) : std::nullopt;
    }
    Result<void> set_fact(std::string_view name, std::string_view value) override {
        return call([&](Store& store) { return store.set_fact(name, value); });
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
        store_.reset();  // it has noted its damage, and is set aside when it is opened again
        if (!open_again()) return failure_;
        return make(*store_);
    }

    bool open_again() {
        StoreOpening opening;
        auto fresh = open_store(settings_, opening);
        if (!fresh) {
            failure_ = fresh.error();
            return false;
        }
        store_ = std::move(*fresh);
        remember_head();
        replaced_(opening);
        return true;
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
    std::function<void(const StoreOpening&)> replaced_;
    Error failure_;
    std::string stream_;
    std::uint64_t last_sequence_ = 0;
    std::uint64_t next_id_ = 1;
    std::string head_hash_;
};

}  // namespace

Result<std::unique_ptr<Store>> open_recovering_store(const StoreSettings& settings, StoreOpening& opening,
                                                     std::function<void(const StoreOpening&)> replaced) {
    auto store = open_store(settings, opening);
    if (!store) return store.error();
    return std::unique_ptr<Store>(std::make_unique<RecoveringStore>(settings, std::move(*store), std::move(replaced)));
}

}  // namespace integrityd
