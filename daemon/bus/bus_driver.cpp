#include "bus/bus_driver.hpp"

#include <cerrno>
#include <map>

#include <sdbus-c++/sdbus-c++.h>

namespace integrityd {

namespace {

constexpr auto driver_name = "org.freedesktop.DBus";
constexpr auto driver_path = "/org/freedesktop/DBus";
// RequestName (D-Bus specification): do not queue behind another owner; the answers that mean "it is ours".
constexpr std::uint32_t do_not_queue = 4;
constexpr std::uint32_t primary_owner = 1;
constexpr std::uint32_t already_owner = 4;

using Dict = std::map<std::string, sdbus::Variant>;

template <typename T>
std::optional<T> member(const Dict& dict, const char* name) {
    const auto found = dict.find(name);
    if (found == dict.end() || !found->second.containsValueOfType<T>()) return std::nullopt;
    return found->second.get<T>();
}

Result<Credentials> read_credentials(sdbus::MethodReply& reply) {
    Dict dict;
    reply >> dict;
    const auto uid = member<std::uint32_t>(dict, "UnixUserID");
    if (!uid) return Error{"the bus does not know the caller's user"};
    Credentials credentials;
    credentials.uid = *uid;
    credentials.pid = static_cast<pid_t>(member<std::uint32_t>(dict, "ProcessID").value_or(0));
    for (const std::uint32_t gid :
         member<std::vector<std::uint32_t>>(dict, "UnixGroupIDs").value_or(std::vector<std::uint32_t>()))
        credentials.gids.push_back(gid);
    return credentials;
}

Result<void> read_name_reply(sdbus::MethodReply& reply) {
    std::uint32_t answer = 0;
    reply >> answer;
    if (answer == primary_owner || answer == already_owner) return {};
    return Error{"another process owns the bus name", EEXIST};
}

// Calls `read` on a reply; an error of the bus, or a reply of another form, becomes an Error.
template <typename T>
Result<T> read_reply(sdbus::MethodReply& reply, const sdbus::Error* error, Result<T> (*read)(sdbus::MethodReply&)) {
    if (error != nullptr) return Error{error->getMessage(), EIO};
    try {
        return read(reply);
    } catch (const sdbus::Error& wrong) {
        return Error{wrong.getMessage(), EPROTO};
    }
}

}  // namespace

BusDriver::BusDriver(sdbus::IConnection& connection)
    : proxy_(sdbus::createProxy(connection, driver_name, driver_path)) {}

BusDriver::~BusDriver() = default;

void BusDriver::request_name(const std::string& name, std::function<void(const Result<void>&)> done) {
    auto call = proxy_->createMethodCall(driver_name, "RequestName");
    call << name << do_not_queue;
    proxy_->callMethod(call, [done = std::move(done)](sdbus::MethodReply& reply, const sdbus::Error* error) {
        done(read_reply<void>(reply, error, &read_name_reply));
    });
}

void BusDriver::ask_credentials(const std::string& unique_name, Callers::Answer answer) {
    auto call = proxy_->createMethodCall(driver_name, "GetConnectionCredentials");
    call << unique_name;
    proxy_->callMethod(call, [answer = std::move(answer)](sdbus::MethodReply& reply, const sdbus::Error* error) {
        answer(read_reply<Credentials>(reply, error, &read_credentials));
    });
}

}  // namespace integrityd
