#include "support/fake_manager.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <poll.h>
#include <stdexcept>
#include <sys/eventfd.h>
#include <unistd.h>

namespace integrityd::test {

namespace {

constexpr auto kName = "org.cip_project.Integrity1";
constexpr auto kPath = "/org/cip_project/Integrity1";
constexpr auto kManager = "org.cip_project.Integrity1.Manager";
constexpr auto kViolation = "(tsssssttua{sv})";
constexpr auto kEvent = "(tttss(tsssssttua{sv})a{sv}s)";

int must(int r) {
    if (r < 0) throw std::runtime_error(std::string("fake manager: ") + std::strerror(-r));
    return r;
}

sd_bus_message* reply_to(sd_bus_message* call) {
    sd_bus_message* reply = nullptr;
    must(sd_bus_message_new_method_return(call, &reply));
    return reply;
}

sd_bus_message* refuse(sd_bus_message* call, const char* error, const char* text) {
    sd_bus_message* reply = nullptr;
    must(sd_bus_message_new_method_errorf(call, &reply, error, "%s", text));
    return reply;
}

// A path with a byte that is no UTF-8, as a file name may have.
constexpr std::array<unsigned char, 5> kRawPath = {'/', 'a', 0xff, '\n', 'b'};

void append_details(sd_bus_message* m) {
    must(sd_bus_message_open_container(m, 'a', "{sv}"));
    must(sd_bus_message_append(m, "{sv}{sv}", "summary", "s", "size was 3, is \"4\"", "requirements", "as", 2, "CR 3.4",
                               "EDR 3.14 RE(1)"));
    must(sd_bus_message_open_container(m, 'e', "sv"));
    must(sd_bus_message_append(m, "s", "path"));
    must(sd_bus_message_open_container(m, 'v', "ay"));
    must(sd_bus_message_append_array(m, 'y', kRawPath.data(), kRawPath.size()));
    must(sd_bus_message_close_container(m));
    must(sd_bus_message_close_container(m));
    must(sd_bus_message_append(m, "{sv}{sv}", "actor", "a{sv}", 2, "auid", "t", std::uint64_t{1000}, "time", "t",
                               std::uint64_t{1700000000000001}, "deltas", "av", 2, "x", std::int64_t{-5}, "b", 1));
    must(sd_bus_message_append(m, "{sv}{sv}", "gap", "a{sv}", 2, "from", "t", std::uint64_t{4294967295}, "to", "t",
                               std::uint64_t{4294967296}, "last_end", "t", std::uint64_t{1700000000000002}));
    must(sd_bus_message_close_container(m));
}

}  // namespace

void append_violation(sd_bus_message* m, const FakeViolation& v) {
    must(sd_bus_message_open_container(m, 'r', "tsssssttua{sv}"));
    if (v.id == 0) {
        must(sd_bus_message_append(m, "tsssssttua{sv}", std::uint64_t{0}, "", "", "", "", "", std::uint64_t{0},
                                   std::uint64_t{0}, 0U, 0));
    } else {
        must(sd_bus_message_append(m, "tsssssttu", v.id, v.kind.c_str(), v.source.c_str(), v.severity.c_str(),
                                   "/etc/passwd", "open", std::uint64_t{1700000000000000},
                                   std::uint64_t{1700000001500000}, 3U));
        append_details(m);
    }
    must(sd_bus_message_close_container(m));
}

void append_event(sd_bus_message* m, const FakeEvent& e, const std::string& stream) {
    must(sd_bus_message_open_container(m, 'r', "tttss(tsssssttua{sv})a{sv}s"));
    must(sd_bus_message_append(m, "tttss", e.sequence, std::uint64_t{1700000002000000}, std::uint64_t{42}, "boot-id",
                               e.type.c_str()));
    append_violation(m, e.violation);
    must(sd_bus_message_open_container(m, 'a', "{sv}"));
    must(sd_bus_message_append(m, "{sv}{sv}{sv}", "stream", "s", e.stream.empty() ? stream.c_str() : e.stream.c_str(),
                               "clock", "s", "synchronised", "maintenance", "b", 0));
    if (!e.old_severity.empty()) must(sd_bus_message_append(m, "{sv}", "old_severity", "s", e.old_severity.c_str()));
    if (!e.verdict.empty()) must(sd_bus_message_append(m, "{sv}", "new", "s", e.verdict.c_str()));
    must(sd_bus_message_close_container(m));
    must(sd_bus_message_append(m, "s", "00ff"));
    must(sd_bus_message_close_container(m));
}

// What is looked at of one.
std::string canonical_line(const FakeEvent& event, const std::string& stream) {
    return R"({"sequence":)" + std::to_string(event.sequence) + R"(,"stream":")" + stream + R"("})";
}

FakeEvent& FakeStore::add(FakeEvent event) {
    event.sequence = last() + 1;
    if (!event.verdict.empty()) state = event.verdict;
    events.push_back(std::move(event));
    return events.back();
}

FakeManager::FakeManager(FakeStore& store, bool own_name) : store_(store) {
    must(sd_bus_open_system(&bus_));
    must(sd_bus_add_filter(bus_, nullptr, on_message, this));
    if (own_name) must(sd_bus_request_name(bus_, kName, SD_BUS_NAME_REPLACE_EXISTING | SD_BUS_NAME_ALLOW_REPLACEMENT));
}

FakeManager::~FakeManager() {
    sd_bus_flush_close_unref(bus_);
}

bool FakeManager::dispatch() {
    bool any = false;
    while (sd_bus_process(bus_, nullptr) > 0)
        any = true;
    return any;
}

void FakeManager::raise(FakeEvent event) {
    if (event.type == "raised" && event.violation.id == 0) event.violation.id = store_.last() + 1;
    signal(store_.add(std::move(event)));
}

void FakeManager::signal(const FakeEvent& event, const char* to) {
    sd_bus_message* m = nullptr;
    must(sd_bus_message_new_signal(bus_, &m, kPath, kManager, "EventAdded"));
    if (to != nullptr) must(sd_bus_message_set_destination(m, to));
    append_event(m, event, store_.stream);
    must(sd_bus_send(bus_, m, nullptr));
    sd_bus_message_unref(m);
}

void FakeManager::signal_state() {
    must(sd_bus_emit_signal(bus_, kPath, "org.freedesktop.DBus.Properties", "PropertiesChanged", "sa{sv}as", kManager,
                            1, "State", "s", store_.state.c_str(), 0));
}

int FakeManager::on_message(sd_bus_message* message, void* userdata, sd_bus_error*) {
    auto* self = static_cast<FakeManager*>(userdata);
    if (sd_bus_message_is_method_call(message, nullptr, nullptr) <= 0) return 0;
    const std::string member = sd_bus_message_get_member(message);
    ++self->calls[member];
    if (self->hang) return 1;
    sd_bus_message* reply = self->lie ? self->lie(message, member) : nullptr;
    sd_bus_message_rewind(message, 1);
    if (reply == nullptr) reply = self->answer(message, member);
    sd_bus_send(self->bus_, reply, nullptr);
    sd_bus_message_unref(reply);
    return 1;
}

sd_bus_message* FakeManager::answer(sd_bus_message* call, const std::string& member) {
    if (member == "GetAll" && std::string(sd_bus_message_get_path(call)) != kPath) {
        if (std::string(sd_bus_message_get_path(call)) != std::string(kPath) + "/watcher/aide")
            return refuse(call, SD_BUS_ERROR_UNKNOWN_OBJECT, "no such object");
        sd_bus_message* reply = reply_to(call);
        must(sd_bus_message_append(reply, "a{sv}", 4, "Name", "s", "aide", "State", "s", "blind", "BlindSince", "t",
                                   std::uint64_t{1700000000000000}, "Counters", "a{st}", 1, "looks", std::uint64_t{9}));
        return reply;
    }
    if (member == "GetAll") {
        sd_bus_message* reply = reply_to(call);
        must(sd_bus_message_append(reply, "a{sv}", 7, "Version", "s", "0.1.0", "State", "s", store_.state.c_str(),
                                   "StateSince", "t", std::uint64_t{1700000000000000}, "OpenViolations", "a{su}", 1,
                                   "high", 2U, "LastSequence", "t", store_.last(), "StreamId", "s",
                                   store_.stream.c_str(), "MaintenanceUntil", "t", std::uint64_t{0}));
        return reply;
    }
    if (member == "GetManagedObjects") {
        sd_bus_message* reply = reply_to(call);
        must(sd_bus_message_append(reply, "a{oa{sa{sv}}}", 2, "/org/cip_project/Integrity1/watcher/self", 1,
                                   "org.cip_project.Integrity1.Watcher", 1, "Name", "s", "self",
                                   "/org/cip_project/Integrity1/watcher/aide", 1, "org.cip_project.Integrity1.Watcher",
                                   1, "Name", "s", "aide"));
        return reply;
    }
    return answer_lists(call, member);
}

sd_bus_message* FakeManager::answer_lists(sd_bus_message* call, const std::string& member) {
    std::uint64_t after = 0;
    std::uint32_t limit = 0;
    if (member == "ListViolations") must(sd_bus_message_skip(call, "a{sv}"));
    if (member != "ListViolations" && member != "ListEvents" && member != "ExportEvents")
        return answer_orders(call, member);
    must(sd_bus_message_read(call, "tu", &after, &limit));
    const std::size_t most = std::min<std::size_t>(limit == 0 ? 256 : limit, store_.page);
    std::size_t rows = 0;
    sd_bus_message* reply = reply_to(call);
    if (member == "ListViolations") {
        must(sd_bus_message_open_container(reply, 'a', kViolation));
        for (const auto& violation : store_.violations)
            if (violation.id > after && rows++ < most) append_violation(reply, violation);
        must(sd_bus_message_close_container(reply));
        must(sd_bus_message_append(reply, "t", store_.last()));
        return reply;
    }
    must(sd_bus_message_open_container(reply, 'a', member == "ListEvents" ? kEvent : "s"));
    for (const auto& event : store_.events) {
        if (event.sequence <= after || event.sequence <= store_.pruned || rows++ >= most) continue;
        if (member == "ListEvents")
            append_event(reply, event, store_.stream);
        else
            must(sd_bus_message_append(reply, "s", canonical_line(event, store_.stream).c_str()));
    }
    must(sd_bus_message_close_container(reply));
    if (member == "ListEvents")
        must(sd_bus_message_append(reply, "ts", store_.pruned > after ? store_.pruned - after : 0,
                                   store_.stream.c_str()));
    return reply;
}

sd_bus_message* FakeManager::answer_orders(sd_bus_message* call, const std::string& member) {
    const char* first = "";
    if (sd_bus_message_has_signature(call, "s") > 0) must(sd_bus_message_read(call, "s", &first));
    last_arguments[member] = first;
    if (member == "GetViolation") {
        std::uint64_t id = 0;
        must(sd_bus_message_read(call, "t", &id));
        const auto found = std::find_if(store_.violations.begin(), store_.violations.end(),
                                        [id](const FakeViolation& violation) { return violation.id == id; });
        if (found == store_.violations.end())
            return refuse(call, "org.cip_project.Integrity1.Error.NotFound", "no violation has this id");
        sd_bus_message* reply = reply_to(call);
        append_violation(reply, *found);
        return reply;
    }
    sd_bus_message* reply = reply_to(call);
    if (member == "DiffBaseline") must(sd_bus_message_append(reply, "ss", "{\"same\":true}", "abcd"));
    if (member == "AcceptBaseline") must(sd_bus_message_append(reply, "u", 7U));
    if (member == "GetReport") must(sd_bus_message_append(reply, "s", "{\"topic\":1}"));
    if (member == "VerifyEvents") must(sd_bus_message_append(reply, "bts", 1, std::uint64_t{12}, "every hash fits"));
    return reply;
}

ServedManager::ServedManager(FakeStore& store) : manager(store), stop_(::eventfd(0, EFD_CLOEXEC)) {
    thread_ = std::thread([this] {
        for (;;) {
            manager.dispatch();
            std::array<pollfd, 2> waited = {pollfd{stop_, POLLIN, 0}, pollfd{sd_bus_get_fd(manager.bus()), POLLIN, 0}};
            ::poll(waited.data(), waited.size(), -1);
            if (waited[0].revents != 0) return;
        }
    });
}

ServedManager::~ServedManager() {
    const std::uint64_t one = 1;
    (void)!::write(stop_, &one, sizeof(one));
    thread_.join();
    ::close(stop_);
}

}  // namespace integrityd::test
