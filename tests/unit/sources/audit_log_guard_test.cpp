// The audit log as an object: what is done to it is told, and what auditd does is not.
#include <fstream>

#include <catch2/catch.hpp>

#include "support/audit_log_rig.hpp"

using namespace integrityd;
using test::AuditLogRig;
using Kinds = std::vector<std::string>;

namespace {

std::string text_of(std::size_t size, char first = 'a') {
    std::string text;
    for (std::size_t i = 0; text.size() < size; ++i)
        text += std::string("record ") + first + std::to_string(i) + "\n";
    return text;
}

// One that is followed, and was read to its end.
struct Followed : AuditLogRig {
    explicit Followed(std::size_t size = 1000) {
        writer.open();
        start();
        writer.write(text_of(size));
        turn();
    }
};

}  // namespace

TEST_CASE("a log that is unlinked is said at once, and what goes on being written to it is read") {
    Followed rig;
    std::filesystem::remove(rig.writer.path());
    rig.turn();
    CHECK(rig.heard.kinds() == Kinds{"removed"});
    rig.writer.write("more\n");
    rig.turn();
    CHECK(rig.heard.text == text_of(1000) + "more\n");
    rig.minutes(1);
    CHECK(rig.heard.kinds() == Kinds{"removed"});
    rig.writer.stop();
    rig.writer.write("new\n");
    rig.second();
    CHECK(rig.heard.kinds() == Kinds{"removed", "removed back"});
    CHECK(rig.heard.text == text_of(1000) + "more\nnew\n");
    rig.writer.rotate();
    rig.writer.write("newer\n");
    rig.second();
    CHECK(rig.heard.text == text_of(1000) + "more\nnew\nnewer\n");
    CHECK(rig.heard.findings.size() == 2);
}

TEST_CASE("a log that is moved away is said, whatever its new name is") {
    for (const char* const name : {"elsewhere", "audit.log.1"}) {
        Followed rig;
        std::filesystem::rename(rig.writer.path(), rig.directory / name);
        rig.second();
        CHECK(rig.heard.kinds() == Kinds{"removed"});
        rig.writer.write("more\n");
        rig.second();
        CHECK(rig.heard.text == text_of(1000) + "more\n");
        std::filesystem::rename(rig.directory / name, rig.writer.path());
        rig.second();
        CHECK(rig.heard.kinds() == Kinds{"removed", "removed back"});
    }
}

TEST_CASE("another file in the place of the log is said") {
    Followed rig;
    std::ofstream(rig.directory / "new") << text_of(2000, 'b');
    std::filesystem::permissions(rig.directory / "new", std::filesystem::perms(0600));
    std::filesystem::rename(rig.directory / "new", rig.writer.path());
    rig.second();
    CHECK(rig.heard.kinds() == Kinds{"replaced"});
    CHECK(rig.heard.text == text_of(1000) + text_of(2000, 'b'));
    rig.writer.stop();
    rig.writer.write("x\n");
    rig.writer.rotate();
    rig.second();
    CHECK(rig.heard.findings.size() == 1);
}

TEST_CASE("a log that is renamed like a rotation while auditd goes on with it is said") {
    Followed rig;
    std::filesystem::rename(rig.writer.path(), rig.writer.older(1));
    test::AuditLogWriter intruder(rig.writer.path());
    intruder.open();
    rig.second();
    CHECK(rig.heard.findings.empty());
    rig.writer.write("unseen\n");
    rig.second();
    CHECK(rig.heard.kinds() == Kinds{"replaced"});
    CHECK(rig.heard.findings[0].path == rig.writer.older(1));
}

TEST_CASE("a link in the place of the log is said") {
    Followed rig;
    std::filesystem::remove(rig.writer.path());
    std::filesystem::create_directory(rig.writer.path());
    rig.second();
    CHECK(rig.heard.kinds() == Kinds{"replaced"});
    CHECK(rig.heard.blindness);
}

TEST_CASE("a log that is emptied or cut is said, and reading goes on") {
    Followed rig;
    std::filesystem::resize_file(rig.writer.path(), 0);
    rig.turn();
    REQUIRE(rig.heard.kinds() == Kinds{"truncated"});
    CHECK(rig.heard.findings[0].range.begin == 0);
    CHECK(rig.heard.findings[0].range.end == text_of(1000).size());
    rig.writer.write("after\n");
    rig.turn();
    CHECK(rig.heard.text == text_of(1000) + "after\n");
    CHECK(rig.heard.changes == 1);
    // Emptied and written to between two looks.
    std::filesystem::resize_file(rig.writer.path(), 0);
    rig.writer.write("new\n");
    rig.turn();
    CHECK(rig.heard.text == text_of(1000) + "after\nnew\n");
    CHECK(rig.heard.kinds() == Kinds{"truncated", "truncated"});

    Followed cut(100000);
    std::filesystem::resize_file(cut.writer.path(), 70000);
    cut.second();
    CHECK(cut.heard.kinds() == Kinds{"truncated"});
    CHECK(cut.heard.text == text_of(100000));
    cut.writer.write("after\n");
    cut.second();
    CHECK(cut.heard.text == text_of(100000) + "after\n");
    CHECK(cut.heard.findings.size() == 1);
}

TEST_CASE("a log that is emptied and filled with more than there was is said at once") {
    Followed rig;
    std::filesystem::resize_file(rig.writer.path(), 0);
    rig.writer.write(text_of(5000, 'b'));
    rig.turn();
    CHECK(rig.heard.kinds() == Kinds{"rewritten"});
}

TEST_CASE("one changed byte is said within a second, whatever its place, when the file is closed") {
    Followed rig(3U << 20);
    rig.minutes(1);
    for (const off_t offset : {off_t{10}, off_t{1500000}, off_t{3U << 20} - 5}) {
        rig.heard.findings.clear();
        rig.overwrite(rig.writer.path(), offset);
        rig.second();
        REQUIRE(rig.heard.kinds() == Kinds{"rewritten"});
        CHECK(rig.heard.findings[0].range.begin <= static_cast<std::uint64_t>(offset));
        CHECK(rig.heard.findings[0].range.end > static_cast<std::uint64_t>(offset));
        CHECK(rig.heard.findings[0].range.end - rig.heard.findings[0].range.begin <= 65536);
    }
    rig.minutes(6);
    CHECK(rig.heard.findings.size() == 1);
}

TEST_CASE("one changed byte in a file that stays open is said: at once in the last part, else within the round") {
    Followed rig(3U << 20);
    rig.overwrite(rig.writer.path(), off_t{3U << 20} - 100000, false);
    rig.turn();
    CHECK(rig.heard.kinds() == Kinds{"rewritten"});
    rig.intruder.reset();
    rig.second();
    rig.overwrite(rig.writer.path(), 10, false);
    for (int i = 0; i < 11; ++i)
        rig.second();
    CHECK(rig.heard.kinds() == Kinds{"rewritten", "rewritten"});
}

TEST_CASE("one changed byte among what auditd writes meanwhile is said") {
    Followed rig(3U << 20);
    rig.overwrite(rig.writer.path(), 10, false);
    rig.writer.write("more\n");
    rig.turn();
    CHECK(rig.heard.findings.empty());
    rig.minutes(5);
    CHECK(rig.heard.kinds() == Kinds{"rewritten"});
}

TEST_CASE("one changed byte in a file that was rotated is said") {
    Followed rig(300000);
    rig.writer.rotate();
    rig.writer.write("more\n");
    rig.second();
    REQUIRE(rig.heard.findings.empty());
    for (const off_t offset : {off_t{10}, off_t{299999}}) {
        rig.heard.findings.clear();
        rig.overwrite(rig.writer.older(1), offset);
        rig.second();
        REQUIRE(rig.heard.kinds() == Kinds{"rewritten"});
        CHECK(rig.heard.findings[0].path == rig.writer.older(1));
    }
}

TEST_CASE("a rotated file that was there before us is guarded, too") {
    AuditLogRig rig;
    rig.writer.write(text_of(300000));
    rig.writer.rotate();
    rig.start();
    rig.second();
    rig.overwrite(rig.writer.older(1), 10);
    rig.second();
    CHECK(rig.heard.kinds() == Kinds{"rewritten"});
    AuditLogRig::cut(rig.writer.older(1), 100);
    rig.second();
    CHECK(rig.heard.kinds() == Kinds{"rewritten", "truncated"});
    std::filesystem::remove(rig.writer.older(1));
    rig.second();
    CHECK(rig.heard.kinds() == Kinds{"rewritten", "truncated", "older_removed"});
}

TEST_CASE("what was changed while nobody watched is said after the restart") {
    Followed rig(1U << 20);
    rig.history = 1000;
    const std::string cursor = rig.log->cursor(rig.heard.end);
    rig.stop();
    SECTION("far before the cursor") {
        rig.overwrite(rig.writer.path(), 10);
        rig.start(cursor);
        CHECK(rig.heard.kinds() == Kinds{"rewritten"});
    }
    SECTION("just before the cursor") {
        rig.overwrite(rig.writer.path(), off_t{1U << 20} - 10);
        rig.start(cursor);
        CHECK(rig.heard.kinds() == Kinds{"rewritten"});
    }
    SECTION("cut") {
        std::filesystem::resize_file(rig.writer.path(), 1000);
        rig.start(cursor);
        CHECK(rig.heard.kinds() == Kinds{"truncated"});
    }
    SECTION("emptied and begun anew") {
        std::filesystem::resize_file(rig.writer.path(), 0);
        rig.writer.write("new\n");
        rig.heard.text.clear();
        rig.start(cursor);
        CHECK(rig.heard.kinds() == Kinds{"gap"});
        CHECK(rig.heard.text == "new\n");
    }
    SECTION("removed") {
        std::filesystem::remove(rig.writer.path());
        rig.start(cursor);
        rig.second();
        CHECK(rig.heard.kinds() == Kinds{"gap", "removed"});
    }
    SECTION("replaced by a copy") {
        std::filesystem::copy_file(rig.writer.path(), rig.directory / "copy");
        std::filesystem::rename(rig.directory / "copy", rig.writer.path());
        rig.start(cursor);
        CHECK(rig.heard.kinds() == Kinds{"replaced"});
    }
    SECTION("not at all") {
        rig.writer.write("more\n");
        rig.start(cursor);
        CHECK(rig.heard.findings.empty());
    }
    CHECK(rig.heard.old.size() < 100000);
}

TEST_CASE("rights that others have are said with both values, and taken back") {
    Followed rig;
    (void)chmod(rig.writer.path().c_str(), 0644);
    rig.turn();
    REQUIRE(rig.heard.kinds() == Kinds{"permissions"});
    CHECK(rig.heard.findings[0].rights.mode == 0644);
    CHECK(rig.heard.findings[0].expected.mode == 0640);
    (void)chmod(rig.writer.path().c_str(), 0620);
    rig.turn();
    CHECK(rig.heard.kinds() == Kinds{"permissions", "permissions"});
    (void)chmod(rig.writer.path().c_str(), 0640);
    rig.turn();
    CHECK(rig.heard.kinds() == Kinds{"permissions", "permissions", "permissions back"});
    rig.writer.rotate();
    rig.turn();
    (void)chmod(rig.writer.older(1).c_str(), 0404);
    rig.turn();
    CHECK(rig.heard.kinds().size() == 4);
    CHECK(rig.heard.findings.back().path == rig.writer.older(1));
}

TEST_CASE("each file whose rights are wrong is said by itself, and so is the directory when others may write to it") {
    Followed rig;
    const auto& wrong = rig.heard.wrong[AuditLogFinding::Kind::permissions];
    rig.writer.rotate();
    (void)chmod(rig.writer.path().c_str(), 0644);
    (void)chmod(rig.writer.older(1).c_str(), 0644);
    rig.turn();
    REQUIRE(wrong.size() == 2);
    CHECK(wrong[0].path == rig.writer.path());
    CHECK(wrong[1].path == rig.writer.older(1));
    (void)chmod(rig.directory.path().c_str(), 0777);
    rig.turn();
    REQUIRE(wrong.size() == 3);
    CHECK(wrong[2].path == rig.directory.path());
    CHECK(wrong[2].expected.mode == 0755);
    (void)chmod(rig.directory.path().c_str(), 0755);
    (void)chmod(rig.writer.older(1).c_str(), 0400);
    rig.turn();
    REQUIRE(wrong.size() == 1);
    rig.writer.rotate();
    rig.turn();
    REQUIRE(wrong.empty());  // auditd takes the right to write, and others' with it
    CHECK(rig.heard.kinds().back() == "permissions back");
}

TEST_CASE("what is wrong with the log is said again when it is asked for, and after a restart") {
    Followed rig;
    const int before = rig.heard.conditions;
    rig.turn();
    rig.log->expect_group(getegid());
    CHECK(rig.heard.conditions == before);
    rig.log->check();
    CHECK(rig.heard.conditions == before + 2);
    rig.restart();
    CHECK(rig.heard.conditions == before + 4);
    CHECK(rig.heard.findings.empty());
}

TEST_CASE("until it is known whose the log may be what is wrong is said, and nothing is taken back") {
    Followed rig;
    rig.log->expect_group(std::nullopt);
    (void)chmod(rig.writer.path().c_str(), 0644);
    rig.turn();
    (void)chmod(rig.writer.path().c_str(), 0600);
    rig.turn();
    CHECK(rig.heard.kinds() == Kinds{"permissions"});
    rig.log->expect_group(getegid());
    CHECK(rig.heard.kinds() == Kinds{"permissions", "permissions back"});
    rig.log->expect_group(getegid() + 1);
    CHECK(rig.heard.wrong[AuditLogFinding::Kind::permissions].empty());  // the group may do nothing
}

TEST_CASE("expected are the owner, a group that is auditd's or root's, and no rights of others") {
    AuditLogRightsRule rule;
    rule.group = 4;
    CHECK(expected_rights({0640, 0, 4}, rule) == AuditLogRights{0640, 0, 4});
    CHECK(expected_rights({0600, 0, 0}, rule) == AuditLogRights{0600, 0, 0});
    CHECK(expected_rights({0400, 0, 0}, rule) == AuditLogRights{0400, 0, 0});
    CHECK(expected_rights({0666, 1000, 100}, rule) == AuditLogRights{0640, 0, 4});
    CHECK(expected_rights({0640, 0, 100}, rule) == AuditLogRights{0640, 0, 4});
    CHECK(expected_rights({0600, 0, 100}, rule) == AuditLogRights{0600, 0, 100});  // it may do nothing
    rule.group = std::nullopt;
    CHECK(expected_rights({0640, 0, 100}, rule) == AuditLogRights{0640, 0, 100});
    CHECK(expected_rights({0755, 0, 100}, rule_of_directory(rule)) == AuditLogRights{0755, 0, 100});
    CHECK(expected_rights({01777, 1000, 100}, rule_of_directory(rule)) == AuditLogRights{01755, 0, 100});
    CHECK(to_text(AuditLogRights{0640, 0, 4}) == "0640 0:4");
}

TEST_CASE("a directory that goes away is a log that goes away") {
    Followed rig;
    std::filesystem::rename(rig.directory.path(), rig.directory.path() + ".away");
    rig.second();
    CHECK(rig.heard.kinds() == Kinds{"removed"});
    CHECK(rig.heard.blindness);
    std::filesystem::rename(rig.directory.path() + ".away", rig.directory.path());
    for (int i = 0; i < 6; ++i)
        rig.second();
    CHECK(rig.heard.kinds() == Kinds{"removed", "removed back"});
    CHECK_FALSE(rig.heard.blindness);
}

TEST_CASE("a lane that takes no more jobs delays comparing, and ends nothing") {
    Followed rig(1U << 20);
    rig.worker.full_ = true;
    rig.overwrite(rig.writer.path(), 10);
    rig.second();
    CHECK(rig.heard.findings.empty());
    rig.worker.full_ = false;
    for (int i = 0; i < 11; ++i)
        rig.second();
    CHECK(rig.heard.kinds() == Kinds{"rewritten"});
}
