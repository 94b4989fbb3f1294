// Cursor, blocks and names of the audit log.
#include <cstring>
#include <sys/inotify.h>

#include <catch2/catch.hpp>

#include "sources/audit_log_blocks.hpp"
#include "sources/audit_log_cursor.hpp"
#include "sources/audit_log_names.hpp"

using namespace integrityd;

namespace {

AuditLogCursor sample() {
    AuditLogCursor cursor;
    cursor.device = 64769;
    cursor.inode = 131;
    cursor.offset = 8388608;
    cursor.modified = -1;
    cursor.head_size = 256;
    cursor.head = sha256("head");
    cursor.block_size = 4096;
    cursor.block = sha256("block");
    cursor.sealed_blocks = 127;
    cursor.seal = extend_seal({}, sha256("seal"));
    return cursor;
}

std::string event(std::uint32_t mask, std::uint32_t cookie, const std::string& name) {
    inotify_event head{};
    head.mask = mask;
    head.cookie = cookie;
    head.len = static_cast<std::uint32_t>(name.empty() ? 0 : name.size() + 1);
    std::string bytes(sizeof head, '\0');
    std::memcpy(bytes.data(), &head, sizeof head);
    return name.empty() ? bytes : bytes + name + '\0';
}

}  // namespace

TEST_CASE("a cursor is read as it was written, and nothing else is a cursor") {
    const std::string text = to_text(sample());
    CHECK(text.size() < 512);
    CHECK(parse_audit_log_cursor(text) == sample());
    for (std::size_t size = 0; size < text.size(); ++size)
        CHECK_FALSE(parse_audit_log_cursor(std::string_view(text).substr(0, size)));
    for (const std::string& wrong : {text + " ", text + " 1", " " + text, text + "\n", "audit-log-2" + text.substr(11)})
        CHECK_FALSE(parse_audit_log_cursor(wrong));
    AuditLogCursor beyond = sample();
    beyond.offset = 100;  // the block before it cannot be longer
    CHECK_FALSE(parse_audit_log_cursor(to_text(beyond)));
    beyond.offset = std::uint64_t{1} << 63;
    CHECK_FALSE(parse_audit_log_cursor(to_text(beyond)));
}

TEST_CASE("blocks follow each other without a gap and grow slowly in number") {
    for (std::size_t index = 0; index < 12000; ++index) {
        const AuditLogBlock block = audit_log_block(index);
        if (block.end() != audit_log_block(index + 1).begin) FAIL(index);
        if (audit_log_blocks_before(block.begin) != index) FAIL(index);
        if (audit_log_blocks_before(block.end() - 1) != index) FAIL(index);
    }
    CHECK(audit_log_block(1).begin == 65536);
    CHECK(audit_log_blocks_before(std::uint64_t{1} << 30) < 3000);
    CHECK(audit_log_blocks_before(std::uint64_t{1} << 40) < 8192);
    CHECK(audit_log_blocks_before(~std::uint64_t{0} >> 1) < 20000);
}

TEST_CASE("a tag says whether bytes are the same, however they were cut") {
    const BlockKey key = make_block_key();
    const std::string text(200000, 'x');
    BlockTags whole(key, 0);
    whole.add(text);
    BlockTags parts(key, 0);
    for (std::size_t i = 0; i < text.size(); i += 777)
        parts.add(std::string_view(text).substr(i, 777));
    CHECK(whole.whole() == 3);
    CHECK(parts.whole() == 3);
    CHECK(whole.tag(2) == parts.tag(2));
    CHECK(whole.open_tag() == parts.open_tag());
    CHECK(whole.open_block().end() == text.size());
    BlockTagger other(key);
    other.update(std::string(65535, 'x') + 'y');
    CHECK(other.finish() != whole.tag(0));
    BlockTagger other_key(make_block_key());
    other_key.update(std::string_view(text).substr(0, 65536));
    CHECK(other_key.finish() != whole.tag(0));
}

TEST_CASE("inotify's events are told apart: rotation, removal, writing, and what is no business of ours") {
    AuditLogNames names("audit.log");
    CHECK(names.older_number("audit.log.1") == 1);
    CHECK(names.older_number("audit.log.999") == 999);
    for (const char* const other : {"audit.log", "audit.log.", "audit.log.0", "audit.log.01", "audit.log.1000",
                                    "audit.log.1x", "audit.logx1", "xaudit.log.1", "audit.log.-1"})
        CHECK(names.older_number(other) == 0);

    AuditLogChanges changes;
    names.read(event(IN_MOVED_FROM, 7, "audit.log.1") + event(IN_MOVED_TO, 7, "audit.log.2"), changes);
    CHECK(changes.rotations == 0);
    names.read(event(IN_MOVED_FROM, 8, "audit.log"), changes);
    names.read(event(IN_MOVED_TO, 8, "audit.log.1") + event(IN_CREATE, 0, "audit.log"), changes);
    CHECK(changes.rotations == 1);
    CHECK(changes.names);
    CHECK_FALSE(changes.removed);
    CHECK(changes.older_removed.empty());

    AuditLogChanges others;
    names.read(event(IN_MODIFY, 0, "other") + event(IN_DELETE, 0, "audit.log.1x") + event(IN_ATTRIB, 0, "x"), others);
    CHECK_FALSE((others.written || others.names || others.attributes || others.directory_gone));
    names.read(event(IN_ATTRIB | IN_ISDIR, 0, ""), others);  // of the directory itself
    CHECK(others.attributes);

    names.read(event(IN_DELETE, 0, "audit.log") + event(IN_DELETE, 0, "audit.log.3") + event(IN_DELETE_SELF, 0, ""),
               others);
    CHECK(others.removed);
    CHECK(others.older_removed == std::vector<unsigned>{3});
    CHECK(others.directory_gone);

    AuditLogChanges cut;
    const std::string bytes = event(IN_MODIFY, 0, "audit.log");
    names.read(std::string_view(bytes).substr(0, 10), cut);
    CHECK_FALSE(cut.written);
}
