// What audit is like, over time: status and rules from a memory file, auditd's files in a temporary directory.
#include "watchers/audit/audit_status_watch.hpp"

#include <filesystem>
#include <fstream>

#include <catch2/catch.hpp>

#include "catalogue_kinds.hpp"
#include "support/temporary_directory.hpp"
#include "unit/sources/audit_status_bytes.hpp"
#include "unit/watchers/watched_device.hpp"

using namespace integrityd;
using namespace integrityd::test;
using namespace std::chrono_literals;

namespace {

const std::string watch_etc = rule_content({"dir=/etc", "perm=wa", "key=identity"});
const std::string watch_boot = rule_content({"dir=/boot", "perm=wa"});

void write(const std::string& path, const std::string& text) {
    std::ofstream(path, std::ios::binary) << text;
}

struct Rig : WatchedDevice {
    TemporaryDirectory directory;
    std::unique_ptr<Opener> opener;
    bool auditd_alive = true;
    int looks = 0;
    std::unique_ptr<AuditStatusWatch> watch;

    Rig() {
        config.audit.config = directory / "auditd.conf";
        write(config.audit.config, "log_file = /var/log/audit/audit.log\n");
        std::filesystem::create_directory(directory / "rules.d");
        write(directory / "rules.d/audit.rules", "-D\n");
        opener = direct_opener();
        set({}, {watch_etc});
        restart(std::nullopt);
    }
    void restart(std::optional<AuditLostMark> mark) {
        watch = std::make_unique<AuditStatusWatch>(
            context(*opener),
            AuditStatusWatch::Callbacks{[this](Look look) { present.report(std::move(look)); },
                                        [this](Observation seen) { present.report(std::move(seen)); },
                                        [this] { ++looks; }},
            std::move(mark), [this](pid_t) { return auditd_alive; });
    }
    void set(const KernelNumbers& numbers, const std::vector<std::string>& rules) {
        kernel.status_file = memory_file(status_bytes(numbers, rules));
    }
    void look() {
        watch->look_now();
        (void)worker.run_all();
    }
    void accept() {
        const auto diff = watch->diff_baseline();
        REQUIRE(diff);
        REQUIRE(watch->accept_baseline(diff->digest, Wanted()));
        (void)worker.run_all();
    }
    [[nodiscard]] std::vector<std::string> told(std::string_view kind, const std::string& subject,
                                                std::string_view list) const {
        std::vector<std::string> texts;
        for (const auto& value : *present.get(kind, subject).evidence.at(std::string(list)).get<ValueList>())
            texts.emplace_back(value.text());
        return texts;
    }
};

using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE("audit as it was accepted is no violation, and needs no word") {
    Rig rig;
    rig.look();
    CHECK(rig.watch->problem() == "no accepted baseline: run `integrityctl baseline accept audit`");
    rig.accept();
    CHECK(rig.watch->problem().empty());
    CHECK(rig.present.held.empty());
    CHECK(rig.present.happenings.empty());
    CHECK(rig.looks == 2);
    CHECK(rig.watch->status()->kernel.pid == 1234);
}

TEST_CASE("auditing that is switched off is told, and taken back when it is on") {
    Rig rig;
    rig.set({.enabled = 0}, {watch_etc});
    rig.look();
    CHECK(rig.present.has("audit.disabled", "kernel"));
    rig.set({.enabled = 2}, {watch_etc});
    rig.look();
    CHECK(rig.present.held.empty());
}

TEST_CASE("an auditd that is not there is told: never started, ended, or killed so that the kernel still names it") {
    Rig rig;
    rig.set({.pid = 0}, {watch_etc});
    rig.look();
    CHECK(rig.present.get("audit.daemon.stopped", "auditd").summary == "auditd does not run");
    rig.set({.pid = 1234}, {watch_etc});
    rig.look();
    CHECK(rig.present.held.empty());
    rig.auditd_alive = false;
    rig.look();
    CHECK(rig.present.get("audit.daemon.stopped", "auditd").summary == "auditd does not run");
    CHECK(rig.present.get("audit.daemon.stopped", "auditd").context.at("pid").number() == 1234);
}

TEST_CASE("an auditd that runs and writes nothing is told at once, and looked at [REQ-42]") {
    Rig rig;
    rig.look();
    rig.watch->set_log_silent(1'800'000'000'000'000);
    const auto& told = rig.present.get("audit.daemon.stopped", "auditd");
    CHECK(told.summary == "auditd writes nothing although records come");
    CHECK(told.evidence.at("running") == Value(true));
    CHECK(told.context.at("silent_since").number() == 1'800'000'000'000'000);
    CHECK(rig.watch->looking());
    (void)rig.worker.run_all();
    CHECK(rig.present.count("audit.daemon.stopped") == 1);
    rig.watch->set_log_silent(std::nullopt);
    CHECK(rig.present.held.empty());
}

TEST_CASE("rules that are not the accepted ones are told by what was added and removed [REQ-42]") {
    Rig rig;
    rig.look();
    rig.accept();
    rig.set({}, {watch_boot, watch_boot});
    rig.look();
    CHECK(rig.told("audit.rules.changed", "rules", "added") == Texts(2, "-a always,exit -F dir=/boot -F perm=wa"));
    CHECK(rig.told("audit.rules.changed", "rules", "removed") ==
          Texts{"-a always,exit -F dir=/etc -F perm=wa -F key=identity"});
    rig.set({}, {});
    rig.look();
    CHECK(rig.present.get("audit.rules.changed", "rules").summary ==
          "the loaded audit rules are not the accepted ones: 0 added, 1 removed");
    rig.set({}, {watch_etc});
    rig.look();
    CHECK(rig.present.held.empty());
}

TEST_CASE("another order of the same rules is another set of rules") {
    Rig rig;
    rig.set({}, {watch_etc, watch_boot});
    rig.look();
    rig.accept();
    rig.set({}, {watch_boot, watch_etc});
    rig.look();
    CHECK(rig.present.get("audit.rules.changed", "rules").summary ==
          "the loaded audit rules are not the accepted ones: in another order");
}

TEST_CASE("files of auditd that are not the accepted ones are named") {
    Rig rig;
    rig.look();
    rig.accept();
    write(rig.config.audit.config, "log_file = /dev/null\n");
    write(rig.directory / "rules.d/99-more.rules", "-e 0\n");
    std::filesystem::remove(rig.directory / "rules.d/audit.rules");
    rig.look();
    const std::string& subject = rig.config.audit.config;
    CHECK(rig.told("audit.config.changed", subject, "changed") == Texts{subject});
    CHECK(rig.told("audit.config.changed", subject, "added") == Texts{rig.directory / "rules.d/99-more.rules"});
    CHECK(rig.told("audit.config.changed", subject, "removed") == Texts{rig.directory / "rules.d/audit.rules"});
    rig.accept();
    CHECK(rig.present.held.empty());
}

TEST_CASE("a state that changed since it was shown is not accepted") {
    Rig rig;
    rig.look();
    const auto diff = rig.watch->diff_baseline();
    REQUIRE(diff);
    rig.set({}, {watch_boot});
    rig.look();
    const auto refused = rig.watch->accept_baseline(diff->digest, Wanted());
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == ECANCELED);
    CHECK(rig.baselines.documents.empty());
}

TEST_CASE("who asks while a look is on its way is answered after it") {
    Rig rig;
    rig.look();
    rig.accept();
    rig.set({}, {watch_boot});
    rig.watch->look_soon();
    bool told = false;
    rig.watch->when_settled([&] { told = rig.present.count("audit.rules.changed") == 1; });
    CHECK_FALSE(told);
    (void)rig.worker.run_all();
    CHECK(told);
}

TEST_CASE("only a part is accepted where only that was asked for, and the other goes on as it was") {
    Rig rig;
    rig.look();
    rig.accept();
    write(rig.config.audit.config, "# other\n");
    rig.set({}, {watch_boot});
    rig.look();
    const auto diff = rig.watch->diff_baseline();
    REQUIRE(rig.watch->accept_baseline(diff->digest, Wanted({{&kinds::audit_rules_changed, "rules"}})));
    (void)rig.worker.run_all();
    CHECK(rig.present.count("audit.rules.changed") == 0);
    CHECK(rig.present.count("audit.config.changed") == 1);
}

TEST_CASE("each image has its own baseline") {
    Rig rig;
    rig.look();
    rig.accept();
    rig.baselines.image_ = "image-b";
    rig.set({}, {watch_boot});
    rig.look();
    CHECK(rig.watch->problem().starts_with("no accepted baseline"));
    rig.accept();
    rig.baselines.image_ = "image-a";
    rig.look();
    CHECK(rig.present.count("audit.rules.changed") == 1);
    rig.set({}, {watch_etc});
    rig.look();
    CHECK(rig.present.held.empty());
}

TEST_CASE("what was exported of audit can be imported, and what is no baseline is refused") {
    Rig rig;
    rig.look();
    rig.accept();
    const ValueMap exported = rig.baselines.load("audit").value()->content;
    rig.set({}, {watch_boot});
    rig.look();
    rig.accept();
    for (const ValueMap& document : {ValueMap{}, ValueMap{{"version", 1}, {"images", ValueMap{{"", ValueMap{}}}}}})
        CHECK(rig.watch->import_baseline(document).error().code == EINVAL);
    REQUIRE(rig.present.held.empty());
    REQUIRE(rig.watch->import_baseline(exported));
    (void)rig.worker.run_all();
    CHECK(rig.present.count("audit.rules.changed") == 1);
}

TEST_CASE("a baseline that is not what was accepted is a reason to be blind, and judges nothing") {
    Rig rig;
    rig.look();
    rig.accept();
    rig.baselines.tampered = true;
    rig.set({}, {});
    rig.look();
    CHECK(rig.watch->problem() == "the baseline is not what was accepted");
    CHECK(rig.present.held.empty());
}

TEST_CASE("a kernel that may not be asked makes blind, and takes nothing back") {
    Rig rig;
    rig.look();
    rig.accept();
    rig.set({.enabled = 0}, {});
    rig.look();
    CHECK(rig.present.held.size() == 2);
    rig.kernel.status_file.reset();
    write(rig.config.audit.config, "# other\n");
    rig.look();
    CHECK(rig.watch->problem() == "the kernel's audit cannot be asked: audit: not permitted");
    CHECK(rig.present.held.size() == 3);  // files are judged all the same
    rig.watch->set_log_silent(1);
    CHECK(rig.present.has("audit.daemon.stopped", "auditd"));
    const auto diff = rig.watch->diff_baseline();
    REQUIRE(diff);
    CHECK(rig.watch->accept_baseline(diff->digest, Wanted({{&kinds::audit_rules_changed, "rules"}})).error().code ==
          ENOENT);
    REQUIRE(rig.watch->accept_baseline(diff->digest, Wanted()));
    (void)rig.worker.run_all();
    CHECK(rig.present.count("audit.config.changed") == 0);
    CHECK(rig.present.count("audit.rules.changed") == 1);  // what was accepted of the rules still stands
}

TEST_CASE("what the kernel lost is told as the exact difference") {
    Rig rig;
    rig.set({.lost = 1000}, {});
    rig.look();
    CHECK(rig.present.happenings.empty());  // nobody knows when that was
    rig.set({.lost = 1459}, {});
    rig.look();
    REQUIRE(rig.present.happenings.size() == 1);
    CHECK(rig.present.happenings[0].kind == &kinds::audit_records_lost);
    CHECK(rig.present.happenings[0].subject == "kernel");
    CHECK(rig.present.happenings[0].evidence.at("records").number() == 459);
    rig.set({.lost = 0}, {});  // auditctl --reset-lost
    rig.look();
    rig.set({.lost = 0}, {});
    rig.look();
    CHECK(rig.present.happenings.size() == 1);
    rig.set({.lost = 3}, {});
    rig.look();
    REQUIRE(rig.present.happenings.size() == 2);
    CHECK(rig.present.happenings[1].evidence.at("records").number() == 3);
}

TEST_CASE("what the kernel lost while the daemon was down is told, by the mark that was kept") {
    Rig rig;
    rig.set({.lost = 7}, {});
    rig.look();
    REQUIRE(rig.watch->lost_mark());
    const AuditLostMark mark = *rig.watch->lost_mark();
    CHECK(mark.lost == 7);
    rig.set({.lost = 9}, {});
    rig.restart(mark);
    rig.look();
    REQUIRE(rig.present.happenings.size() == 1);
    CHECK(rig.present.happenings[0].evidence.at("records").number() == 2);
    // After a boot the kernel counts from 0.
    rig.clock.boot_id_ = "22222222-2222-3333-4444-555555555555";
    rig.set({.lost = 8}, {});
    rig.restart(mark);
    rig.look();
    CHECK(rig.present.happenings.at(1).evidence.at("records").number() == 8);
}

TEST_CASE("it looks every 30 seconds, and once for a storm of records") {
    Rig rig;
    rig.look();
    const auto pass = [&rig](Duration by) {
        rig.loop.advance(by);
        (void)rig.worker.run_all();
    };
    pass(30s);
    CHECK(rig.looks == 2);
    for (int i = 0; i < 350; ++i) {
        rig.watch->look_soon();
        pass(1ms);
    }
    CHECK(rig.looks == 2);
    pass(300ms);
    CHECK(rig.looks == 3);
    for (int i = 0; i < 99; ++i) {
        rig.watch->look_soon();
        pass(100ms);
    }
    CHECK(rig.looks == 3);  // rules are still being loaded
    for (int i = 0; i < 101; ++i) {
        rig.watch->look_soon();
        pass(100ms);
    }
    CHECK(rig.looks == 5);  // who never stops does not keep us from looking
}

TEST_CASE("a look that is asked for while one is on its way follows it") {
    Rig rig;
    rig.watch->look_now();
    rig.watch->look_now();
    rig.watch->look_now();
    CHECK(rig.worker.run_all() == 2);
    CHECK(rig.looks == 1);  // over when the last one is: it saw what was there when it was asked for
    CHECK_FALSE(rig.watch->looking());
}

TEST_CASE("what comes back after the watch is gone is nobody's") {
    Rig rig;
    rig.watch->look_now();
    rig.watch.reset();
    CHECK(rig.worker.run_all() == 1);
    CHECK(rig.looks == 0);
}

TEST_CASE("a queue that is full is no end of looking") {
    Rig rig;
    rig.worker.full_ = true;
    rig.look();
    CHECK(rig.looks == 0);
    rig.worker.full_ = false;
    rig.loop.advance(1s);
    (void)rig.worker.run_all();
    CHECK(rig.looks == 1);
}

TEST_CASE("this process is alive, and one that was waited for is not") {
    CHECK(process_is_alive(getpid()));
    CHECK(process_is_alive(1));
    CHECK_FALSE(process_is_alive(0));
    CHECK_FALSE(process_is_alive(-1));
}
