#include "bus/manager_object.hpp"

#include <cerrno>

#include <sdbus-c++/sdbus-c++.h>

#include "bus/arguments.hpp"
#include "bus/convert.hpp"
#include "bus/guarded.hpp"
#include "bus/names.hpp"
#include "bus/reply_size.hpp"
#include "core/canonical_json.hpp"
#include "manager_adaptor.hpp"

namespace integrityd {

namespace {

using ManagerAdaptor = org::cip_project::Integrity1::Manager_adaptor;
using Ids = std::vector<std::uint64_t>;

Audience audience_of(const Caller& caller) {
    return caller.role >= Role::auditor ? Audience::auditors : Audience::readers;
}

// The first check that failed.
Result<void> all_of(std::initializer_list<Result<void>> checks) {
    for (const Result<void>& check : checks) {
        if (!check) return check;
    }
    return {};
}

// As many items as a reply may hold, as they travel on the bus.
template <typename BusItem, typename Item>
std::vector<BusItem> fill(const std::vector<Item>& items, Audience audience) {
    std::vector<BusItem> filled;
    ReplyBudget budget;
    for (const Item& item : items) {
        if (!budget.add(reply_size(item))) break;
        filled.push_back(to_bus(item, audience));
    }
    return filled;
}

std::vector<std::string> fill(const std::vector<std::string>& lines) {
    std::vector<std::string> filled;
    ReplyBudget budget;
    for (const std::string& line : lines) {
        if (!budget.add(reply_size(line))) break;
        filled.push_back(line);
    }
    return filled;
}

Result<void> check_reply_text(std::string_view text) {
    if (text.size() > largest_reply) return Error{"the answer is larger than a reply may be", E2BIG};
    return {};
}

void send_difference(Reply<std::string, std::string>& reply, const Result<BaselineDiff>& found) {
    answer(reply, found, [&](const BaselineDiff& diff) {
        const std::string difference = canonical_json(diff.difference);
        const auto fits = check_reply_text(difference);
        if (!fits) return reply.fail(fits.error());
        reply.send(difference, diff.digest);
    });
}

}  // namespace

class ManagerObject::Adaptor final : public sdbus::AdaptorInterfaces<ManagerAdaptor, sdbus::ObjectManager_adaptor> {
public:
    Adaptor(sdbus::IConnection& connection, const BusContext& context, std::string version)
        : AdaptorInterfaces(connection, root_path),
          context_(context),
          version_(std::move(version)),
          told_(context.service.manager_status()) {
        registerAdaptor();
    }
    ~Adaptor() { unregisterAdaptor(); }
    Adaptor(const Adaptor&) = delete;
    Adaptor& operator=(const Adaptor&) = delete;

    void tell_changes() {
        const ManagerStatus now = context_.service.manager_status();
        std::vector<std::string> names;
        if (now.verdict != told_.verdict) names.emplace_back("State");
        if (now.since != told_.since) names.emplace_back("StateSince");
        if (now.open_violations != told_.open_violations) names.emplace_back("OpenViolations");
        if (now.last_sequence != told_.last_sequence) names.emplace_back("LastSequence");
        if (now.stream != told_.stream) names.emplace_back("StreamId");
        if (now.maintenance_until != told_.maintenance_until) names.emplace_back("MaintenanceUntil");
        told_ = now;
        if (!names.empty()) getObject().emitPropertiesChangedSignal(ManagerAdaptor::INTERFACE_NAME, names);
    }

private:
    [[nodiscard]] std::string sender() const { return getObject().getCurrentlyProcessedMessage()->getSender(); }
    [[nodiscard]] ManagerStatus status() const {
        return guarded_value([this] { return context_.service.manager_status(); });
    }

    void ListViolations(sdbus::Result<std::vector<BusViolation>, std::uint64_t>&& result, BusDict filter,
                        std::uint64_t after_id, std::uint32_t limit) override {
        serve(context_, sender(), Role::reader, std::move(result),
              [this, filter = std::move(filter), after_id, limit](const Caller& caller, const auto& reply) {
                  const auto wanted = read_filter(filter);
                  if (!wanted) return reply->fail(wanted.error());
                  const auto page = context_.service.list_violations(*wanted, after_id, page_limit(limit));
                  answer(*reply, page, [&](const ViolationPage& found) {
                      reply->send(fill<BusViolation>(found.violations, audience_of(caller)), found.sequence);
                  });
              });
    }

    void GetViolation(sdbus::Result<BusViolation>&& result, std::uint64_t id) override {
        serve(context_, sender(), Role::reader, std::move(result), [this, id](const Caller& caller, const auto& reply) {
            answer(*reply, context_.service.get_violation(id),
                   [&](const Violation& found) { reply->send(to_bus(found, audience_of(caller))); });
        });
    }

    void ListEvents(sdbus::Result<std::vector<BusEvent>, std::uint64_t, std::string>&& result,
                    std::uint64_t after_sequence, std::uint32_t limit) override {
        serve(context_, sender(), Role::reader, std::move(result),
              [this, after_sequence, limit](const Caller& caller, const auto& reply) {
                  answer(*reply, context_.service.list_events(after_sequence, page_limit(limit)),
                         [&](const EventPage& page) {
                             reply->send(fill<BusEvent>(page.events, audience_of(caller)), page.pruned,
                                         context_.service.manager_status().stream);
                         });
              });
    }

    void ExportEvents(sdbus::Result<std::vector<std::string>>&& result, std::uint64_t after_sequence,
                      std::uint32_t limit) override {
        serve(context_, sender(), Role::auditor, std::move(result),
              [this, after_sequence, limit](const Caller&, const auto& reply) {
                  answer(*reply, context_.service.export_events(after_sequence, page_limit(limit)),
                         [&](const std::vector<std::string>& lines) { reply->send(fill(lines)); });
              });
    }

    void Acknowledge(sdbus::Result<>&& result, Ids ids, std::string comment) override {
        serve(context_, sender(), Role::admin, std::move(result),
              [this, ids = std::move(ids), comment = std::move(comment)](const Caller& caller, const auto& reply) {
                  const auto valid = all_of({check_ids(ids), check_comment(comment)});
                  if (!valid) return reply->fail(valid.error());
                  if (ids.empty()) return reply->fail(Error{"no id is given", EINVAL});
                  answer(*reply, context_.service.acknowledge(ids, describe_requester(caller), comment));
              });
    }

    void Check(sdbus::Result<>&& result, std::string watcher) override {
        serve(context_, sender(), Role::admin, std::move(result),
              [this, watcher = std::move(watcher)](const Caller& caller, const auto& reply) {
                  const auto valid = check_name(watcher);
                  if (!valid) return reply->fail(valid.error());
                  answer(*reply, context_.service.check(watcher, describe_requester(caller)));
              });
    }

    void DiffBaseline(sdbus::Result<std::string, std::string>&& result, std::string watcher) override {
        serve(context_, sender(), Role::reader, std::move(result),
              [this, watcher = std::move(watcher)](const Caller&, const auto& reply) {
                  const auto valid = check_name(watcher);
                  if (!valid) return reply->fail(valid.error());
                  context_.service.diff_baseline(watcher, [reply](const auto& found) {
                      guarded(*reply, [&] { send_difference(*reply, found); });
                  });
              });
    }

    void AcceptBaseline(sdbus::Result<std::uint32_t>&& result, std::string watcher, std::string digest, Ids ids,
                        std::string comment) override {
        serve(context_, sender(), Role::admin, std::move(result),
              [this, watcher = std::move(watcher), digest = std::move(digest), ids = std::move(ids),
               comment = std::move(comment)](const Caller& caller, const auto& reply) {
                  const auto valid =
                      all_of({check_name(watcher), check_name(digest), check_ids(ids), check_comment(comment)});
                  if (!valid) return reply->fail(valid.error());
                  context_.service.accept_baseline(
                      watcher, digest, ids, describe_requester(caller), comment, [reply](auto resolved) {
                          guarded(*reply,
                                  [&] { answer(*reply, resolved, [&](std::uint32_t count) { reply->send(count); }); });
                      });
              });
    }

    void ImportBaseline(sdbus::Result<std::string>&& result, std::string watcher, std::string document,
                        std::string comment) override {
        serve(context_, sender(), Role::admin, std::move(result),
              [this, watcher = std::move(watcher), document = std::move(document), comment = std::move(comment)](
                  const Caller& caller, const auto& reply) {
                  const auto valid = all_of({check_name(watcher), check_document(document), check_comment(comment)});
                  if (!valid) return reply->fail(valid.error());
                  context_.service.import_baseline(
                      watcher, document, describe_requester(caller), comment, [reply](const auto& digest) {
                          guarded(*reply, [&] {
                              answer(*reply, digest, [&](const std::string& pinned) { reply->send(pinned); });
                          });
                      });
              });
    }

    void GetReport(sdbus::Result<std::string>&& result, std::string topic) override {
        serve(context_, sender(), Role::reader, std::move(result),
              [this, topic = std::move(topic)](const Caller&, const auto& reply) {
                  const auto valid = check_name(topic);
                  if (!valid) return reply->fail(valid.error());
                  answer(*reply, context_.service.report(topic), [&](const std::string& report) {
                      const auto fits = check_reply_text(report);
                      if (!fits) return reply->fail(fits.error());
                      reply->send(report);
                  });
              });
    }

    void VerifyEvents(sdbus::Result<bool, std::uint64_t, std::string>&& result) override {
        serve(context_, sender(), Role::auditor, std::move(result), [this](const Caller&, const auto& reply) {
            context_.service.verify_events([reply](auto check) {
                guarded(*reply, [&] {
                    answer(*reply, check,
                           [&](const ChainCheck& chain) { reply->send(chain.intact, chain.checked, chain.detail); });
                });
            });
        });
    }

    void TestRecipient(sdbus::Result<>&& result, std::string name) override {
        serve(context_, sender(), Role::admin, std::move(result),
              [this, name = std::move(name)](const Caller& caller, const auto& reply) {
                  const auto valid = check_name(name);
                  if (!valid) return reply->fail(valid.error());
                  answer(*reply, context_.service.test_recipient(name, describe_requester(caller)));
              });
    }

    std::string Version() override { return version_; }
    std::string State() override { return std::string(to_string(status().verdict)); }
    std::uint64_t StateSince() override { return status().since; }
    std::map<std::string, std::uint32_t> OpenViolations() override { return status().open_violations; }
    std::uint64_t LastSequence() override { return status().last_sequence; }
    std::string StreamId() override { return status().stream; }
    std::uint64_t MaintenanceUntil() override { return status().maintenance_until; }

    BusContext context_;
    std::string version_;
    ManagerStatus told_;
};

ManagerObject::ManagerObject(sdbus::IConnection& connection, const BusContext& context, std::string version)
    : adaptor_(std::make_unique<Adaptor>(connection, context, std::move(version))) {}

ManagerObject::~ManagerObject() = default;

void ManagerObject::emit(const Event& event) {
    adaptor_->emitEventAdded(to_bus(event, Audience::readers));
}

void ManagerObject::tell_changes() {
    adaptor_->tell_changes();
}

}  // namespace integrityd
