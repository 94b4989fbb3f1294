#include "bus/bus_service.hpp"

#include <cerrno>

#include "bus/bus_session.hpp"
#include "core/log.hpp"

namespace integrityd {

namespace {

// Contract section 5: changes of properties are signalled at most 10 times a second.
constexpr Duration change_interval = std::chrono::milliseconds(100);

}  // namespace

BusService::BusService(EventLoop& loop, Worker& worker, Service& service, BusSettings settings)
    : loop_(loop),
      worker_(worker),
      service_(service),
      settings_(std::move(settings)),
      groups_(resolve_role_groups(settings_.lookup)),
      backoff_(settings_.first_retry, settings_.longest_retry),
      changes_(loop, change_interval,
               [this] {
                   if (session_) (void)session_->tell_changes();
               }),
      retry_(loop.add_timer([this] { connect(); })),
      alive_(std::make_shared<BusService*>(this)) {}

BusService::~BusService() = default;

void BusService::start() {
    (void)backoff_.next();  // this is the try that comes at once
    connect();
}

Result<void> BusService::publish(const Event& event) {
    if (!up()) return Error{"there is no bus", ENOTCONN};
    return session_->emit(event);
}

void BusService::connect() {
    // A bus that hangs lets who greets it wait.
    const auto submitted = worker_.run(Lane::host, &open_system_bus, [weak = std::weak_ptr(alive_)](auto connection) {
        const auto alive = weak.lock();
        if (alive) (*alive)->opened(std::move(connection));
    });
    if (!submitted) down(submitted.error().message);
}

void BusService::opened(Result<std::shared_ptr<sdbus::IConnection>> connection) {
    if (!connection) return down(connection.error().message);
    try {
        session_ =
            std::make_unique<BusSession>(loop_, service_, groups_, settings_.version, std::move(*connection),
                                         BusSession::Handlers{[this](const Result<void>& result) { named(result); },
                                                              [this](const std::string& reason) { down(reason); }});
    } catch (const std::exception& error) {
        down(error.what());
    }
}

void BusService::named(const Result<void>& result) {
    if (!result) return down(result.error().message);
    up_since_ = loop_.now();
    tell(State::up, {});
    refresh();
}

void BusService::down(const std::string& reason) {
    // A bus that takes us and drops us again is no reason to try without a pause.
    const bool had_come_up = up() && loop_.now() - up_since_ >= settings_.first_retry;
    session_.reset();
    if (had_come_up) backoff_.reset();
    retry_->start(backoff_.next());
    tell(State::down, reason);
}

void BusService::tell(State state, const std::string& reason) {
    if (state == state_) return;
    state_ = state;
    if (state == State::up) {
        log::info("on the bus");
    } else {
        log::debug("not on the bus: {}", reason);
    }
    if (settings_.changed) settings_.changed(state == State::up, reason);
}

}  // namespace integrityd
