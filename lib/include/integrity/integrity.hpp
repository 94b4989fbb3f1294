// libintegrity for C++20: integrity.h with ownership, exceptions and ranges; header only, same rules, same words.
//
//     integrity::Client client;
//     client.subscribe([](const integrity::Item& item) {
//         if (auto event = item.event()) std::cout << event.to_json() << '\n';
//         if (item.type() == INTEGRITY_MONITORING_LOST) std::cerr << "lost: " << item.message() << '\n';
//     });
//     for (;;) {
//         if (client.process() == 0) client.wait();
//     }
//
// What fails throws integrity::Error, with the errno and the daemon's words. Functions named try_… and those marked
// noexcept do not throw. What comes out is a value that keeps itself alive; std::string_view and Value of it live as
// long as it does. An exception that leaves a callback comes out of process(); where an sd-event loop drives the
// client, the loop ends with -ECANCELED and rethrow() throws it. A callback must not destroy its Client.
#pragma once

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <exception>
#include <functional>
#include <integrity/integrity.h>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace integrity {

// A wall time; the epoch stands for "none".
using Time = std::chrono::sys_time<std::chrono::microseconds>;
using Duration = std::chrono::microseconds;
using VerdictWord = ::integrity_verdict_word;
using Severity = ::integrity_severity;

inline constexpr Duration forever = Duration::max();
inline constexpr Duration standard_timeout = Duration::zero();

class Error : public std::runtime_error {
public:
    // `negative_errno` as the C functions answer it.
    Error(int negative_errno, const std::string& message)
        : std::runtime_error(message.empty() ? std::generic_category().message(-negative_errno) : message),
          code_(-negative_errno) {}

    // EACCES, ENOENT, EINVAL, EBUSY, ESTALE, EIO, EHOSTDOWN, ETIMEDOUT, … (head of integrity.h).
    [[nodiscard]] int code() const noexcept { return code_; }

private:
    int code_;
};

namespace detail {

inline Time to_time(std::uint64_t time) noexcept {
    return Time(Duration(static_cast<Duration::rep>(time)));
}

inline std::uint64_t to_timeout(Duration timeout) noexcept {
    if (timeout == forever) return UINT64_MAX;
    return timeout.count() > 0 ? static_cast<std::uint64_t>(timeout.count()) : 0;
}

inline int check(int answer) {
    if (answer < 0) throw Error(answer, {});
    return answer;
}

inline std::string_view view(const char* text) noexcept {
    return text != nullptr ? std::string_view(text) : "";
}

// A string that a C function has allocated.
class OwnedText {
public:
    OwnedText() = default;
    OwnedText(const OwnedText&) = delete;
    OwnedText& operator=(const OwnedText&) = delete;
    ~OwnedText() { std::free(text_); }
    char** out() noexcept { return &text_; }
    [[nodiscard]] std::string str() const { return std::string(view(text_)); }

private:
    char* text_ = nullptr;
};

template <typename T, void (*unref)(T*)>
struct Unref {
    void operator()(T* object) const noexcept { unref(object); }
};
template <typename T, void (*unref)(T*)>
using Owned = std::unique_ptr<T, Unref<T, unref>>;

template <typename T>
std::string json(int (*to_json)(const T*, char**), const T* object) {
    OwnedText text;
    check(to_json(object, text.out()));
    return text.str();
}

}  // namespace detail

// ---- Values -----------------------------------------------------------------------------------------------------

// A look into what details and data are made of; belongs to the violation or event that it came from.
class Value {
public:
    Value() = default;
    explicit Value(const integrity_value* value) noexcept : value_(value) {}

    explicit operator bool() const noexcept { return value_ != nullptr; }
    [[nodiscard]] integrity_value_type type() const noexcept { return integrity_value_get_type(value_); }
    [[nodiscard]] std::string_view name() const noexcept { return detail::view(integrity_value_get_name(value_)); }
    [[nodiscard]] bool boolean(bool otherwise = false) const noexcept {
        return integrity_value_get_bool(value_, otherwise);
    }
    [[nodiscard]] std::int64_t integer(std::int64_t otherwise = 0) const noexcept {
        return integrity_value_get_int64(value_, otherwise);
    }
    [[nodiscard]] std::uint64_t number(std::uint64_t otherwise = 0) const noexcept {
        return integrity_value_get_uint64(value_, otherwise);
    }
    [[nodiscard]] std::string_view text() const noexcept {
        return detail::view(integrity_value_get_string(value_, ""));
    }
    // Raw bytes, or those of a string; empty for anything else.
    [[nodiscard]] std::string_view bytes() const noexcept {
        std::size_t size = 0;
        const void* data = integrity_value_get_bytes(value_, &size);
        return {static_cast<const char*>(data), size};
    }
    [[nodiscard]] std::size_t size() const noexcept { return integrity_value_get_count(value_); }
    // A member of a map; of none a Value that is false and empty, so that questions can be chained.
    [[nodiscard]] Value operator[](const char* name) const noexcept {
        return Value(integrity_value_find(value_, name));
    }
    [[nodiscard]] std::string to_json() const { return detail::json(integrity_value_to_json, value_); }

    class Iterator {
    public:
        explicit Iterator(const integrity_value* at) noexcept : at_(at) {}
        Value operator*() const noexcept { return Value(at_); }
        Iterator& operator++() noexcept {
            at_ = integrity_value_get_next(at_);
            return *this;
        }
        bool operator==(const Iterator&) const = default;

    private:
        const integrity_value* at_;
    };
    // Elements of a list, members of a map.
    [[nodiscard]] Iterator begin() const noexcept { return Iterator(integrity_value_get_first(value_)); }
    [[nodiscard]] Iterator end() const noexcept { return Iterator(nullptr); }

private:
    const integrity_value* value_ = nullptr;
};

// ---- Violations and events --------------------------------------------------------------------------------------

// Shared, as a std::shared_ptr is; false when there is none (an event that is about no violation).
class Violation {
public:
    Violation() = default;
    // Takes over the caller's reference.
    explicit Violation(integrity_violation* owned) noexcept : held_(owned) {}
    // Takes a reference of its own.
    [[nodiscard]] static Violation of(integrity_violation* borrowed) noexcept {
        return Violation(borrowed != nullptr ? integrity_violation_ref(borrowed) : nullptr);
    }
    Violation(const Violation& other) noexcept : Violation(of(other.held_.get())) {}
    Violation(Violation&&) noexcept = default;
    Violation& operator=(Violation other) noexcept {
        held_ = std::move(other.held_);
        return *this;
    }
    ~Violation() = default;

    explicit operator bool() const noexcept { return held_ != nullptr; }
    [[nodiscard]] std::uint64_t id() const noexcept { return integrity_violation_get_id(get()); }
    [[nodiscard]] std::string_view kind() const noexcept { return integrity_violation_get_kind(get()); }
    [[nodiscard]] std::string_view source() const noexcept { return integrity_violation_get_source(get()); }
    [[nodiscard]] std::string_view severity() const noexcept { return integrity_violation_get_severity(get()); }
    [[nodiscard]] std::string_view subject() const noexcept { return integrity_violation_get_subject(get()); }
    [[nodiscard]] std::string_view summary() const noexcept { return integrity_violation_get_summary(get()); }
    [[nodiscard]] std::string_view state() const noexcept { return integrity_violation_get_state(get()); }
    [[nodiscard]] Time first_seen() const noexcept {
        return detail::to_time(integrity_violation_get_first_seen(get()));
    }
    [[nodiscard]] Time last_seen() const noexcept { return detail::to_time(integrity_violation_get_last_seen(get())); }
    [[nodiscard]] std::uint64_t count() const noexcept { return integrity_violation_get_count(get()); }
    [[nodiscard]] std::vector<std::string_view> requirements() const {
        std::vector<std::string_view> all;
        while (const char* one = integrity_violation_get_requirement(get(), all.size()))
            all.emplace_back(one);
        return all;
    }
    [[nodiscard]] Value details() const noexcept { return Value(integrity_violation_get_details(get())); }
    [[nodiscard]] std::string to_json() const {
        return detail::json<integrity_violation>(integrity_violation_to_json, get());
    }
    [[nodiscard]] integrity_violation* get() const noexcept { return held_.get(); }

private:
    detail::Owned<integrity_violation, integrity_violation_unref> held_;
};

class Event {
public:
    Event() = default;
    explicit Event(integrity_event* owned) noexcept : held_(owned) {}
    [[nodiscard]] static Event of(integrity_event* borrowed) noexcept {
        return Event(borrowed != nullptr ? integrity_event_ref(borrowed) : nullptr);
    }
    Event(const Event& other) noexcept : Event(of(other.held_.get())) {}
    Event(Event&&) noexcept = default;
    Event& operator=(Event other) noexcept {
        held_ = std::move(other.held_);
        return *this;
    }
    ~Event() = default;

    explicit operator bool() const noexcept { return held_ != nullptr; }
    [[nodiscard]] std::uint64_t sequence() const noexcept { return integrity_event_get_sequence(get()); }
    [[nodiscard]] std::string_view stream() const noexcept { return integrity_event_get_stream(get()); }
    [[nodiscard]] Time time() const noexcept { return detail::to_time(integrity_event_get_time(get())); }
    [[nodiscard]] Duration boottime() const noexcept {
        return Duration(static_cast<Duration::rep>(integrity_event_get_boottime(get())));
    }
    [[nodiscard]] std::string_view boot_id() const noexcept { return integrity_event_get_boot_id(get()); }
    [[nodiscard]] std::string_view clock() const noexcept { return integrity_event_get_clock(get()); }
    [[nodiscard]] std::string_view type() const noexcept { return integrity_event_get_type(get()); }
    [[nodiscard]] bool maintenance() const noexcept { return integrity_event_get_maintenance(get()); }
    [[nodiscard]] std::string_view hash() const noexcept { return integrity_event_get_hash(get()); }
    [[nodiscard]] Violation violation() const noexcept { return Violation::of(integrity_event_get_violation(get())); }
    [[nodiscard]] Value by() const noexcept { return Value(integrity_event_get_by(get())); }
    [[nodiscard]] Value data() const noexcept { return Value(integrity_event_get_data(get())); }
    [[nodiscard]] std::string to_json() const { return detail::json<integrity_event>(integrity_event_to_json, get()); }
    [[nodiscard]] integrity_event* get() const noexcept { return held_.get(); }

private:
    detail::Owned<integrity_event, integrity_event_unref> held_;
};

// What a subscription tells; valid in the callback. What it hands out may be kept.
class Item {
public:
    explicit Item(const integrity_item* item) noexcept : item_(item) {}
    [[nodiscard]] integrity_item_type type() const noexcept { return integrity_item_get_type(item_); }
    [[nodiscard]] Violation violation() const noexcept { return Violation::of(integrity_item_get_violation(item_)); }
    [[nodiscard]] Event event() const noexcept { return Event::of(integrity_item_get_event(item_)); }
    [[nodiscard]] std::uint64_t sequence() const noexcept { return integrity_item_get_sequence(item_); }
    [[nodiscard]] std::string_view stream() const noexcept { return integrity_item_get_stream(item_); }
    [[nodiscard]] std::uint64_t count() const noexcept { return integrity_item_get_count(item_); }
    // A positive errno; 0 for items that tell no loss.
    [[nodiscard]] int error() const noexcept { return -integrity_item_get_error(item_); }
    [[nodiscard]] std::string_view message() const noexcept { return integrity_item_get_message(item_); }
    [[nodiscard]] VerdictWord verdict() const noexcept { return integrity_item_get_verdict(item_); }
    [[nodiscard]] VerdictWord old_verdict() const noexcept { return integrity_item_get_old_verdict(item_); }

private:
    const integrity_item* item_;
};

// ---- Answers ----------------------------------------------------------------------------------------------------

class Status {
public:
    explicit Status(integrity_status* owned) noexcept : held_(owned) {}
    [[nodiscard]] VerdictWord verdict() const noexcept { return integrity_status_get_verdict(get()); }
    [[nodiscard]] std::string_view state() const noexcept { return integrity_status_get_state(get()); }
    [[nodiscard]] Time since() const noexcept { return detail::to_time(integrity_status_get_since(get())); }
    [[nodiscard]] std::uint32_t open(const char* severity) const noexcept {
        return integrity_status_get_open(get(), severity);
    }
    [[nodiscard]] std::uint64_t last_sequence() const noexcept { return integrity_status_get_last_sequence(get()); }
    [[nodiscard]] std::string_view stream() const noexcept { return integrity_status_get_stream(get()); }
    [[nodiscard]] std::string_view version() const noexcept { return integrity_status_get_version(get()); }
    [[nodiscard]] Time maintenance_until() const noexcept {
        return detail::to_time(integrity_status_get_maintenance_until(get()));
    }
    [[nodiscard]] std::string to_json() const {
        return detail::json<integrity_status>(integrity_status_to_json, get());
    }
    [[nodiscard]] integrity_status* get() const noexcept { return held_.get(); }

private:
    detail::Owned<integrity_status, integrity_status_unref> held_;
};

struct Watcher {
    std::string name;
    std::string state;
    std::string detail;
    Time blind_since;  // the epoch: not blind
    Time last_look;    // the epoch: none yet
    Time next_look;    // the epoch: none planned
    std::vector<std::pair<std::string, std::uint64_t>> counters;
    std::string json;

    static Watcher of(const integrity_watcher* watcher) {
        Watcher copy{integrity_watcher_get_name(watcher),
                     integrity_watcher_get_state(watcher),
                     integrity_watcher_get_detail(watcher),
                     detail::to_time(integrity_watcher_get_blind_since(watcher)),
                     detail::to_time(integrity_watcher_get_last_look(watcher)),
                     detail::to_time(integrity_watcher_get_next_look(watcher)),
                     {},
                     detail::json(integrity_watcher_to_json, watcher)};
        for (const Value counter : Value(integrity_watcher_get_counters(watcher)))
            copy.counters.emplace_back(counter.name(), counter.number());
        return copy;
    }
};

struct ViolationPage {
    std::vector<Violation> violations;
    std::uint64_t last_id = 0;
    bool end = false;
    std::uint64_t sequence = 0;  // the page is true as of this event
};

struct EventPage {
    std::vector<Event> events;  // none: the end
    std::uint64_t pruned = 0;
    std::string stream;
};

struct BaselineDiff {
    std::string json;
    std::string digest;
};

struct ChainCheck {
    bool intact = false;
    std::uint64_t checked = 0;
    std::string detail;
};

struct Filter {
    std::optional<Severity> severity;  // at least
    std::vector<std::string> sources;  // none: all
    std::vector<std::string> kinds;    // none: all
    std::string state;                 // lists alone: "all", or one state; empty: what is not resolved
};

namespace detail {

using OwnedFilter = Owned<integrity_filter, integrity_filter_unref>;

inline OwnedFilter to_c(const Filter& filter) {
    integrity_filter* made = nullptr;
    check(integrity_filter_new(&made));
    OwnedFilter owned(made);
    if (filter.severity) check(integrity_filter_set_severity(made, *filter.severity));
    for (const auto& source : filter.sources)
        check(integrity_filter_add_source(made, source.c_str()));
    for (const auto& kind : filter.kinds)
        check(integrity_filter_add_kind(made, kind.c_str()));
    if (!filter.state.empty()) check(integrity_filter_set_state(made, filter.state.c_str()));
    return owned;
}

}  // namespace detail

// Where a subscription begins: Start{} is a snapshot, then what follows.
struct Start {
    integrity_start from = INTEGRITY_SNAPSHOT_THEN_FOLLOW;
    std::string stream;
    std::uint64_t sequence = 0;

    [[nodiscard]] static Start now() { return {INTEGRITY_NOW, {}, 0}; }
    [[nodiscard]] static Start after(std::string stream, std::uint64_t sequence) {
        return {INTEGRITY_AFTER, std::move(stream), sequence};
    }
};

struct Position {
    std::string stream;
    std::uint64_t sequence = 0;
};

// ---- Client -----------------------------------------------------------------------------------------------------

class Client {
public:
    using Callback = std::function<void(const Item&)>;

    Client() : Client(nullptr) {}
    // On a connection of the caller's (integrity_open_bus); null: the system bus.
    explicit Client(sd_bus* bus) : state_(std::make_unique<State>()) {
        detail::check(bus != nullptr ? integrity_open_bus(bus, &state_->client) : integrity_open(&state_->client));
    }

    void subscribe(Callback callback, const Filter& filter = {}, const Start& start = {}) {
        const auto c_filter = detail::to_c(filter);
        auto held = std::make_shared<const Callback>(std::move(callback));
        check(integrity_subscribe(get(), start.from, start.stream.c_str(), start.sequence, c_filter.get(), &on_item,
                                  state_.get()));
        state_->callback = std::move(held);  // it is first called by process()
    }
    void unsubscribe() { check(integrity_unsubscribe(get())); }
    // None: nothing is known yet.
    [[nodiscard]] std::optional<Position> position() const {
        const char* stream = nullptr;
        std::uint64_t sequence = 0;
        if (integrity_get_position(get(), &stream, &sequence) < 0) return std::nullopt;
        return Position{stream, sequence};
    }

    [[nodiscard]] int fd() const noexcept { return integrity_get_fd(get()); }
    [[nodiscard]] int events() const noexcept { return integrity_get_events(get()); }
    [[nodiscard]] std::uint64_t timeout() const {
        std::uint64_t until = 0;
        check(integrity_get_timeout(get(), &until));
        return until;
    }
    // How many items were told. Throws what the callback threw.
    int process(unsigned max_events = 0) {
        const int told = integrity_process(get(), max_events);
        rethrow();
        return check(told);
    }
    // False: the time is over, or a signal came.
    bool wait(Duration timeout = forever) {
        const int ready = integrity_wait(get(), detail::to_timeout(timeout));
        return ready == -EINTR ? false : check(ready) > 0;
    }
    void attach_event(sd_event* event, std::int64_t priority = 0) {
        check(integrity_attach_event(get(), event, priority));
    }
    void detach_event() { check(integrity_detach_event(get())); }
    // Throws what a callback threw, once; does nothing when none did.
    void rethrow() {
        if (auto thrown = std::exchange(state_->thrown, nullptr)) std::rethrow_exception(thrown);
    }

    // Each blocks for at most `timeout`.
    [[nodiscard]] Status status(Duration timeout = standard_timeout) {
        integrity_status* status = nullptr;
        check(integrity_get_status(get(), detail::to_timeout(timeout), &status));
        return Status(status);
    }
    // The verdict as the daemon says it; unknown when it cannot be asked.
    [[nodiscard]] VerdictWord try_verdict(Duration timeout = standard_timeout) noexcept {
        integrity_status* status = nullptr;
        if (integrity_get_status(get(), detail::to_timeout(timeout), &status) < 0) return INTEGRITY_UNKNOWN;
        return Status(status).verdict();
    }
    [[nodiscard]] ViolationPage violation_page(const Filter& filter, std::uint64_t after_id, std::uint32_t limit = 0,
                                               Duration timeout = standard_timeout) {
        const auto c_filter = detail::to_c(filter);
        integrity_violation_page* answer = nullptr;
        check(integrity_list_violations(get(), c_filter.get(), after_id, limit, detail::to_timeout(timeout), &answer));
        const detail::Owned<integrity_violation_page, integrity_violation_page_unref> owned(answer);
        ViolationPage page{{},
                           integrity_violation_page_get_last_id(answer),
                           integrity_violation_page_is_end(answer),
                           integrity_violation_page_get_sequence(answer)};
        for (std::size_t i = 0; i < integrity_violation_page_get_count(answer); ++i)
            page.violations.push_back(Violation::of(integrity_violation_page_get(answer, i)));
        return page;
    }
    // Page by page to the end; `each` is called as they come.
    void for_each_violation(const Filter& filter, const std::function<void(const Violation&)>& each,
                            Duration timeout = standard_timeout) {
        for (std::uint64_t after = 0;;) {
            const ViolationPage page = violation_page(filter, after, 0, timeout);
            for (const Violation& violation : page.violations)
                each(violation);
            if (page.end) return;
            after = page.last_id;
        }
    }
    [[nodiscard]] Violation violation(std::uint64_t id, Duration timeout = standard_timeout) {
        integrity_violation* found = nullptr;
        check(integrity_get_violation(get(), id, detail::to_timeout(timeout), &found));
        return Violation(found);
    }
    [[nodiscard]] EventPage event_page(std::uint64_t after, std::uint32_t limit = 0,
                                       Duration timeout = standard_timeout) {
        integrity_event_page* answer = nullptr;
        check(integrity_list_events(get(), after, limit, detail::to_timeout(timeout), &answer));
        const detail::Owned<integrity_event_page, integrity_event_page_unref> owned(answer);
        EventPage page{{}, integrity_event_page_get_pruned(answer), integrity_event_page_get_stream(answer)};
        for (std::size_t i = 0; i < integrity_event_page_get_count(answer); ++i)
            page.events.push_back(Event::of(integrity_event_page_get(answer, i)));
        return page;
    }
    // Canonical lines; none: the end.
    [[nodiscard]] std::vector<std::string> export_events(std::uint64_t after, std::uint32_t limit = 0,
                                                         Duration timeout = standard_timeout) {
        integrity_line_page* answer = nullptr;
        check(integrity_export_events(get(), after, limit, detail::to_timeout(timeout), &answer));
        const detail::Owned<integrity_line_page, integrity_line_page_unref> owned(answer);
        std::vector<std::string> lines;
        for (std::size_t i = 0; i < integrity_line_page_get_count(answer); ++i)
            lines.emplace_back(integrity_line_page_get(answer, i));
        return lines;
    }
    void acknowledge(std::span<const std::uint64_t> ids, const std::string& comment,
                     Duration timeout = standard_timeout) {
        check(integrity_acknowledge(get(), ids.data(), ids.size(), comment.c_str(), detail::to_timeout(timeout)));
    }
    // Empty: every watcher.
    void check_now(const std::string& watcher, Duration timeout = standard_timeout) {
        check(integrity_check(get(), watcher.c_str(), detail::to_timeout(timeout)));
    }
    [[nodiscard]] BaselineDiff diff_baseline(const std::string& watcher, Duration timeout = standard_timeout) {
        detail::OwnedText json;
        detail::OwnedText digest;
        check(integrity_diff_baseline(get(), watcher.c_str(), detail::to_timeout(timeout), json.out(), digest.out()));
        return {json.str(), digest.str()};
    }
    // How many violations it resolved.
    std::uint32_t accept_baseline(const std::string& watcher, const std::string& digest,
                                  std::span<const std::uint64_t> ids, const std::string& comment,
                                  Duration timeout = standard_timeout) {
        std::uint32_t resolved = 0;
        check(integrity_accept_baseline(get(), watcher.c_str(), digest.c_str(), ids.data(), ids.size(), comment.c_str(),
                                        detail::to_timeout(timeout), &resolved));
        return resolved;
    }
    // The digest of the accepted document as it now is.
    std::string import_baseline(const std::string& watcher, const std::string& document, const std::string& comment,
                                Duration timeout = standard_timeout) {
        detail::OwnedText digest;
        check(integrity_import_baseline(get(), watcher.c_str(), document.c_str(), comment.c_str(),
                                        detail::to_timeout(timeout), digest.out()));
        return digest.str();
    }
    [[nodiscard]] std::string report(const std::string& topic, Duration timeout = standard_timeout) {
        detail::OwnedText json;
        check(integrity_get_report(get(), topic.c_str(), detail::to_timeout(timeout), json.out()));
        return json.str();
    }
    [[nodiscard]] ChainCheck verify_events(Duration timeout = standard_timeout) {
        ChainCheck result;
        detail::OwnedText text;
        check(integrity_verify_events(get(), detail::to_timeout(timeout), &result.intact, &result.checked, text.out()));
        result.detail = text.str();
        return result;
    }
    void test_recipient(const std::string& name, Duration timeout = standard_timeout) {
        check(integrity_test_recipient(get(), name.c_str(), detail::to_timeout(timeout)));
    }
    [[nodiscard]] std::vector<Watcher> watchers(Duration timeout = standard_timeout) {
        integrity_watcher_page* answer = nullptr;
        check(integrity_list_watchers(get(), detail::to_timeout(timeout), &answer));
        const detail::Owned<integrity_watcher_page, integrity_watcher_page_unref> owned(answer);
        std::vector<Watcher> all;
        for (std::size_t i = 0; i < integrity_watcher_page_get_count(answer); ++i)
            all.push_back(Watcher::of(integrity_watcher_page_get(answer, i)));
        return all;
    }
    [[nodiscard]] Watcher watcher(const std::string& name, Duration timeout = standard_timeout) {
        integrity_watcher* answer = nullptr;
        check(integrity_get_watcher(get(), name.c_str(), detail::to_timeout(timeout), &answer));
        const detail::Owned<integrity_watcher, integrity_watcher_unref> owned(answer);
        return Watcher::of(answer);
    }

    [[nodiscard]] integrity_client* get() const noexcept { return state_->client; }

private:
    // At an address of its own, so that a Client can be moved while it is subscribed.
    struct State {
        integrity_client* client = nullptr;
        std::shared_ptr<const Callback> callback;
        std::exception_ptr thrown;

        State() = default;
        State(const State&) = delete;
        State& operator=(const State&) = delete;
        ~State() { integrity_close(client); }
    };

    static int on_item(integrity_client*, const integrity_item* item, void* userdata) noexcept {
        auto* state = static_cast<State*>(userdata);
        try {
            // It may subscribe anew, and must outlive its own end.
            const auto callback = state->callback;
            (*callback)(Item(item));
            return 0;
        } catch (...) {
            state->thrown = std::current_exception();
            return -ECANCELED;
        }
    }

    int check(int answer) const {
        if (answer < 0) throw Error(answer, integrity_error_message(get()));
        return answer;
    }

    std::unique_ptr<State> state_;
};

// ---- Without a bus ----------------------------------------------------------------------------------------------

// The word of the state file; unknown when it cannot be read. No bus, no allocation.
[[nodiscard]] inline VerdictWord verdict() noexcept {
    const int word = integrity_verdict(nullptr);
    return word < 0 ? INTEGRITY_UNKNOWN : static_cast<VerdictWord>(word);
}

}  // namespace integrity
