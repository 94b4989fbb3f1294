#include "bus/bus_session.hpp"

#include <cerrno>
#include <set>

#include <sdbus-c++/sdbus-c++.h>

#include "bus/bus_context.hpp"
#include "bus/bus_driver.hpp"
#include "bus/bus_pump.hpp"
#include "bus/manager_object.hpp"
#include "bus/names.hpp"
#include "bus/reply.hpp"
#include "bus/watcher_object.hpp"

namespace integrityd {

Result<std::shared_ptr<sdbus::IConnection>> open_system_bus() {
    try {
        return std::shared_ptr<sdbus::IConnection>(sdbus::createSystemBusConnection());
    } catch (const std::exception& error) {
        return Error{error.what(), ENOTCONN};
    }
}

// Members are destroyed from the last to the first: nothing that uses the connection is left when it goes.
class BusSession::Parts {
public:
    Parts(EventLoop& loop, Service& service, const RoleGroups& groups, const std::string& version,
          std::shared_ptr<sdbus::IConnection> connection, Handlers handlers)
        : loop_(loop),
          service_(service),
          connection_(std::move(connection)),
          named_(std::make_shared<std::function<void(const Result<void>&)>>(std::move(handlers.named))),
          replies_(std::make_shared<ReplyRegistry>()),
          callers_(groups, [this](const std::string& name,
                                  Callers::Answer answer) { driver_.ask_credentials(name, std::move(answer)); }),
          driver_(*connection_),
          context_{service, callers_, replies_, [this] { return pump_.has_room(); }},
          manager_(*connection_, context_, version),
          pump_(loop, *connection_, std::move(handlers.lost)) {
        update_watchers();
        driver_.request_name(bus_name, [this](const Result<void>& result) { tell_named(result); });
    }
    ~Parts() { replies_->abandon_all(); }
    Parts(const Parts&) = delete;
    Parts& operator=(const Parts&) = delete;

    void emit(const Event& event) { manager_.emit(event); }
    [[nodiscard]] bool congested() const { return pump_.congested(); }

    void tell_changes() {
        update_watchers();
        manager_.tell_changes();
    }

private:
    void update_watchers() {
        std::set<std::string> present;
        for (const WatcherStatus& status : service_.watcher_statuses()) {
            present.insert(status.name);
            auto& object = watchers_[status.name];
            if (object) {
                object->tell_changes(status);
            } else {
                object = std::make_unique<WatcherObject>(*connection_, context_, status);
            }
        }
        std::erase_if(watchers_, [&](const auto& watcher) { return present.count(watcher.first) == 0; });
    }

    // Called while the connection handles a message: the handler may destroy the session, so it runs later.
    void tell_named(const Result<void>& result) {
        loop_.post([weak = std::weak_ptr(named_), result] {
            const auto named = weak.lock();
            if (named) (*named)(result);
        });
    }

    EventLoop& loop_;
    Service& service_;
    std::shared_ptr<sdbus::IConnection> connection_;
    std::shared_ptr<std::function<void(const Result<void>&)>> named_;
    std::shared_ptr<ReplyRegistry> replies_;
    Callers callers_;
    BusDriver driver_;
    BusContext context_;
    ManagerObject manager_;
    std::map<std::string, std::unique_ptr<WatcherObject>> watchers_;
    BusPump pump_;
};

BusSession::BusSession(EventLoop& loop, Service& service, const RoleGroups& groups, const std::string& version,
                       std::shared_ptr<sdbus::IConnection> connection, Handlers handlers)
    : parts_(std::make_unique<Parts>(loop, service, groups, version, std::move(connection), std::move(handlers))) {}

BusSession::~BusSession() = default;

Result<void> BusSession::emit(const Event& event) {
    try {
        if (parts_->congested()) return Error{"the bus does not take messages fast enough", EAGAIN};
        parts_->emit(event);
        return {};
    } catch (const std::exception& error) {
        return Error{error.what(), ENOTCONN};
    }
}

bool BusSession::tell_changes() {
    try {
        parts_->tell_changes();
        return true;
    } catch (const std::exception&) {
        return false;  // told again with the next connection; the loss itself is noticed by the pump
    }
}

}  // namespace integrityd
