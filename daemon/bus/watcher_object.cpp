#include "bus/watcher_object.hpp"

#include <sdbus-c++/sdbus-c++.h>

#include "bus/guarded.hpp"
#include "bus/names.hpp"
#include "watcher_adaptor.hpp"

namespace integrityd {

namespace {

using WatcherAdaptor = org::cip_project::Integrity1::Watcher_adaptor;

}  // namespace

class WatcherObject::Adaptor final : public sdbus::AdaptorInterfaces<WatcherAdaptor> {
public:
    Adaptor(sdbus::IConnection& connection, const BusContext& context, const WatcherStatus& status)
        : AdaptorInterfaces(connection, watcher_path + status.name), context_(context), told_(status) {
        registerAdaptor();
        getObject().emitInterfacesAddedSignal({WatcherAdaptor::INTERFACE_NAME});
    }
    ~Adaptor() {
        try {
            getObject().emitInterfacesRemovedSignal({WatcherAdaptor::INTERFACE_NAME});
        } catch (const sdbus::Error&) {
            // The connection is gone: nobody is there to be told.
        }
        unregisterAdaptor();
    }
    Adaptor(const Adaptor&) = delete;
    Adaptor& operator=(const Adaptor&) = delete;

    void tell_changes(const WatcherStatus& now) {
        std::vector<std::string> names;
        if (now.state != told_.state) names.emplace_back("State");
        if (now.detail != told_.detail) names.emplace_back("Detail");
        if (now.blind_since != told_.blind_since) names.emplace_back("BlindSince");
        if (now.last_look != told_.last_look) names.emplace_back("LastLook");
        if (now.next_look != told_.next_look) names.emplace_back("NextLook");
        told_ = now;
        if (!names.empty()) getObject().emitPropertiesChangedSignal(WatcherAdaptor::INTERFACE_NAME, names);
    }

private:
    // As it is now; as it was last told when the watcher has just gone.
    [[nodiscard]] WatcherStatus status() const {
        return guarded_value([this] {
            for (const WatcherStatus& status : context_.service.watcher_statuses()) {
                if (status.name == told_.name) return status;
            }
            return told_;
        });
    }

    void Check(sdbus::Result<>&& result) override {
        serve(context_, getObject().getCurrentlyProcessedMessage()->getSender(), Role::admin, std::move(result),
              // By value: the watcher may be gone before the bus has said who asks.
              [&service = context_.service, name = told_.name](const Caller& caller, const auto& reply) {
                  answer(*reply, service.check(name, describe_requester(caller)));
              });
    }

    std::string Name() override { return told_.name; }
    std::string State() override { return std::string(to_string(status().state)); }
    std::string Detail() override { return status().detail; }
    std::uint64_t BlindSince() override { return status().blind_since; }
    std::uint64_t LastLook() override { return status().last_look; }
    std::uint64_t NextLook() override { return status().next_look; }
    std::map<std::string, std::uint64_t> Counters() override { return status().counters; }

    BusContext context_;
    WatcherStatus told_;
};

WatcherObject::WatcherObject(sdbus::IConnection& connection, const BusContext& context, const WatcherStatus& status)
    : adaptor_(std::make_unique<Adaptor>(connection, context, status)) {}

WatcherObject::~WatcherObject() = default;

void WatcherObject::tell_changes(const WatcherStatus& now) {
    adaptor_->tell_changes(now);
}

}  // namespace integrityd
