// DaemonService: answers what the bus asks, out of situation, store, watchers and recipients.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "bus/service.hpp"
#include "publish/recipients.hpp"
#include "self_baseline.hpp"
#include "state/baseline.hpp"
#include "state/situation.hpp"
#include "watcher_host.hpp"

namespace integrityd {

class DaemonService final : public Service {
public:
    struct Parts {
        EventLoop& loop;
        Store& store;
        Situation& situation;
        Recipients& recipients;
        BaselineStore& baselines;
        SelfBaseline& self;
        const std::vector<std::unique_ptr<WatcherHost>>& watchers;
        // A check of the whole chain is over, whoever asked for it.
        std::function<void(const ChainCheck&)> verified;
    };

    explicit DaemonService(Parts parts);
    ~DaemonService() override;

    [[nodiscard]] ManagerStatus manager_status() const override;
    [[nodiscard]] std::vector<WatcherStatus> watcher_statuses() const override;
    [[nodiscard]] Result<ViolationPage> list_violations(const ViolationFilter& filter, std::uint64_t after_id,
                                                        std::size_t limit) override;
    [[nodiscard]] Result<Violation> get_violation(std::uint64_t id) override;
    [[nodiscard]] Result<EventPage> list_events(std::uint64_t after, std::size_t limit) override;
    [[nodiscard]] Result<std::vector<std::string>> export_events(std::uint64_t after, std::size_t limit) override;
    Result<void> acknowledge(const std::vector<std::uint64_t>& ids, const Requester& by,
                             std::string_view comment) override;
    Result<void> check(std::string_view watcher, const Requester& by) override;
    void diff_baseline(std::string_view watcher, const std::function<void(const Result<BaselineDiff>&)>& done) override;
    void accept_baseline(std::string_view watcher, std::string_view digest, const std::vector<std::uint64_t>& ids,
                         const Requester& by, std::string_view comment,
                         std::function<void(Result<std::uint32_t>)> done) override;
    void import_baseline(std::string_view watcher, std::string_view document, const Requester& by,
                         std::string_view comment, std::function<void(const Result<std::string>&)> done) override;
    [[nodiscard]] Result<std::string> report(std::string_view topic) override;
    void verify_events(std::function<void(Result<ChainCheck>)> done) override;
    // The daemon's own check of the chain it found: makes nobody who asks meanwhile wait for Busy to pass.
    void verify_at_start(std::function<void(Result<ChainCheck>)> done);
    Result<void> test_recipient(std::string_view name, const Requester& by) override;

private:
    struct Acceptance;
    struct Verification;

    [[nodiscard]] Result<WatcherHost*> find_watcher(std::string_view name) const;
    [[nodiscard]] Result<Wanted> wanted_of(const std::vector<const Kind*>& settled,
                                           const std::vector<std::uint64_t>& ids) const;
    [[nodiscard]] std::vector<std::uint64_t> acknowledge_settled(const std::vector<const Kind*>& kinds,
                                                                 const std::vector<std::uint64_t>& ids,
                                                                 const Requester& by, std::string_view comment);
    void when_settled(WatcherHost& host, const std::function<void(Watcher*)>& then);
    void begin_acceptance(WatcherHost& host, Watcher& watcher, const std::shared_ptr<Acceptance>& acceptance);
    void settle_tampered(std::string_view watcher, const Requester& by, std::string_view comment);
    [[nodiscard]] std::uint32_t count_resolved(const std::vector<std::uint64_t>& ids) const;
    void accept_own(std::string_view digest, const Requester& by, std::string_view comment,
                    const std::function<void(Result<std::uint32_t>)>& done);
    void finish_acceptance(WatcherHost& host, const std::shared_ptr<Acceptance>& acceptance,
                           const Result<void>& accepted);
    void tell_accepted(std::string_view watcher, std::string_view digest, const Requester& by,
                       std::string_view comment);
    void verify_for(std::function<void(Result<ChainCheck>)> done, bool asked_for);
    void verify_on();
    [[nodiscard]] ValueMap watchers_report() const;
    [[nodiscard]] ValueMap recipients_report() const;
    [[nodiscard]] std::vector<std::string> baseline_names() const;
    [[nodiscard]] ValueMap baseline_report() const;
    [[nodiscard]] Result<std::string> baseline_report(std::string_view name) const;
    [[nodiscard]] ValueMap baseline_row(std::string_view name) const;
    [[nodiscard]] ValueMap progress_report() const;

    Parts parts_;
    std::unique_ptr<Verification> verification_;
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace integrityd
