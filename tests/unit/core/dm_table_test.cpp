// What is told of a device-mapper table: everything but keys; and what of a kernel's answer is believed.
#include "core/dm_table.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <sys/sysmacros.h>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>
#include <linux/dm-ioctl.h>

using namespace integrityd;

namespace {

struct Target {
    std::string type;
    std::string parameters;
};

// An answer as the kernel's retrieve_status() writes it: targets at multiples of 8, the end where the last text ends.
struct Answer {
    dm_ioctl head{};
    std::string data;

    Answer(const std::string& uuid, const std::vector<Target>& targets) {
        head.dev = makedev(253, 2);
        uuid.copy(head.uuid, sizeof head.uuid);
        head.data_start = sizeof head;
        head.target_count = static_cast<std::uint32_t>(targets.size());
        for (const Target& each : targets)
            add(each);
        head.data_size = static_cast<std::uint32_t>(head.data_start + used);
    }
    // Of this target alone; `next`: from its own beginning.
    void change(std::size_t at, std::uint32_t next) {
        std::memcpy(data.data() + at + offsetof(dm_target_spec, next), &next, sizeof next);
    }
    [[nodiscard]] DmQuestion told() const {
        return [*this](std::span<char> question) {
            std::memcpy(question.data(), &head, sizeof head);
            const std::size_t begin = std::min<std::size_t>(sizeof head, question.size());
            std::ranges::copy(data.substr(0, question.size() - begin), question.begin() + begin);
            return 0;
        };
    }
    [[nodiscard]] Result<std::string> read() const { return read_dm_table("encrypted_var", told()); }

    std::size_t used = 0;

private:
    void add(const Target& target) {
        dm_target_spec spec{};
        spec.length = 2048;
        target.type.copy(spec.target_type, sizeof spec.target_type);
        const std::size_t begin = data.size();
        data.append(sizeof spec, '\0');
        data += target.parameters + '\0';
        used = data.size();
        data.resize((data.size() + 7) / 8 * 8, '\0');
        spec.next = static_cast<std::uint32_t>(data.size());
        std::memcpy(data.data() + begin, &spec, sizeof spec);
    }
};

const Target crypt_target{"crypt", "aes-xts-plain64 :64:logon:cryptsetup:abc-d0 0 8:3 32768"};
const Target linear_target{"linear", "8:3 2048"};
constexpr const char* device_line = "device 253:2 CRYPT-LUKS2-x\n";
constexpr const char* crypt_line = "0 2048 crypt aes-xts-plain64 64 0 8:3 32768\n";

}  // namespace

TEST_CASE("a key is replaced by its length, wherever it is kept", "[REQ-53]") {
    const std::string key(128, 'a');
    CHECK(without_keys("crypt", "aes-xts-plain64 " + key + " 0 8:3 32768 1 allow_discards") ==
          "aes-xts-plain64 64 0 8:3 32768 1 allow_discards");
    CHECK(without_keys("crypt", "aes-xts-plain64 :64:logon:cryptsetup:abc-d0 0 8:3 32768") ==
          "aes-xts-plain64 64 0 8:3 32768");
    CHECK(without_keys("crypt", "cipher_null-ecb - 0 8:3 0") == "cipher_null-ecb 0 0 8:3 0");
    CHECK(without_keys("crypt", "") == " 0");
}

TEST_CASE("parameters that may hold a key of another kind are not told", "[REQ-53]") {
    CHECK(without_keys("integrity", "8:3 0 32 J 1 journal_crypt:ctr(aes):00112233").empty());
    CHECK(without_keys("something-new", "secret").empty());
    CHECK(without_keys("linear", "8:3 2048") == "8:3 2048");
}

TEST_CASE("a mapping that cannot be asked for is an error") {
    CHECK_FALSE(read_dm_table(""));
    CHECK_FALSE(read_dm_table(std::string(300, 'a')));
    CHECK_FALSE(read_dm_table("integrityd-test-no-such-mapping"));
    // What has no device: tmpfs, overlay.
    CHECK(read_dm_table(makedev(0, 0)).error().code == ENXIO);
    CHECK(read_dm_table(makedev(0, 30)).error().code == ENXIO);
}

TEST_CASE("the kernel is asked for the table of one mapping, and to wipe its own copy", "[REQ-53]") {
    dm_ioctl asked{};
    std::size_t room = 0;
    const auto answer = read_dm_table("encrypted_var", [&](std::span<char> question) {
        std::memcpy(&asked, question.data(), sizeof asked);
        room = question.size();
        return ENXIO;
    });
    CHECK(answer.error().code == ENXIO);
    CHECK(std::string(asked.name) == "encrypted_var");
    CHECK(asked.flags == (DM_STATUS_TABLE_FLAG | DM_SECURE_DATA_FLAG));
    CHECK(asked.version[0] == 4);
    CHECK(asked.data_size == room);
    CHECK(asked.data_start >= sizeof asked);
}

TEST_CASE("an answer is told as device and targets", "[REQ-53]") {
    CHECK(Answer("CRYPT-LUKS2-x", {crypt_target}).read().value() == std::string(device_line) + crypt_line);
    CHECK(Answer("CRYPT-LUKS2-x", {crypt_target, linear_target}).read().value() ==
          std::string(device_line) + crypt_line + "0 2048 linear 8:3 2048\n");
    // A device without a table: the kernel leaves data_size before data_start.
    Answer none("CRYPT-LUKS2-x", {});
    none.head.data_size = offsetof(dm_ioctl, data);
    CHECK(none.read().value() == device_line);
}

TEST_CASE("why device-mapper refuses is said, and none of it is taken for another", "[REQ-53]") {
    for (const int error : {EPERM, EACCES, ENXIO, ENODEV, ENOTTY, EINVAL, ENOMEM, EINTR}) {
        CAPTURE(error);
        const auto answer = read_dm_table("encrypted_var", [error](std::span<char>) { return error; });
        REQUIRE_FALSE(answer);
        CHECK(answer.error().code == error);
        CHECK(answer.error().message == std::string("device-mapper: encrypted_var: ") + std::strerror(error));
    }
}

TEST_CASE("a table that the kernel found no room for is not told in part", "[REQ-53]") {
    Answer full("CRYPT-LUKS2-x", {crypt_target, linear_target});
    full.head.flags |= DM_BUFFER_FULL_FLAG;
    CHECK(full.read().error().code == EMSGSIZE);
}

TEST_CASE("an answer that is cut off anywhere is never a table of fewer targets", "[REQ-53]") {
    const Answer whole("CRYPT-LUKS2-x", {crypt_target, linear_target});
    for (std::size_t size = 0; size < whole.used; ++size) {
        Answer cut = whole;
        cut.head.data_size = static_cast<std::uint32_t>(cut.head.data_start + size);
        const auto answer = cut.read();
        CAPTURE(size);
        CHECK_FALSE(answer);
        if (!answer) CHECK(answer.error().code == EPROTO);
    }
    CHECK(whole.read());
}

TEST_CASE("numbers in an answer that lead out of it or back into it are refused", "[REQ-53]") {
    const Answer good("CRYPT-LUKS2-x", {crypt_target, linear_target});
    for (const std::uint32_t next : {0U, 1U, 39U, 1U << 16U, 0xfffffff8U, 0xffffffffU}) {
        CAPTURE(next);
        Answer bad = good;
        bad.change(0, next);
        CHECK(bad.read().error().code == EPROTO);
    }
    Answer many = good;
    many.head.target_count = 0xffffffffU;
    CHECK(many.read().error().code == EPROTO);
    Answer beyond = good;
    beyond.head.data_start = 0xffffffffU;
    CHECK(beyond.read().error().code == EPROTO);
    Answer inside = good;
    inside.head.data_start = 0;
    CHECK(inside.read().value() == std::string(device_line) + crypt_line + "0 2048 linear 8:3 2048\n");
    Answer large = good;
    large.head.data_size = 0xffffffffU;
    CHECK(large.read());
}

TEST_CASE("texts without an end stay in their places", "[REQ-53]") {
    const std::string longest(sizeof dm_ioctl{}.uuid, 'u');
    const auto uuid = Answer(longest, {linear_target}).read();
    CHECK(uuid.value() == "device 253:2 " + longest + "\n0 2048 linear 8:3 2048\n");
    const std::string type(sizeof dm_target_spec{}.target_type, 't');
    CHECK(Answer("x", {{type, "secret"}}).read().value() == "device 253:2 x\n0 2048 " + type + "\n");
    Answer endless("x", {linear_target});
    std::ranges::replace(endless.data.begin() + sizeof(dm_target_spec), endless.data.end(), '\0', ' ');
    CHECK(endless.read().error().code == EPROTO);
}

TEST_CASE("who names a mapping cannot write a table into its name", "[REQ-53]") {
    const auto answer = Answer("x\n0 2048 crypt aes-xts-plain64 64 0 8:3 32768", {linear_target}).read();
    REQUIRE(answer);
    CHECK(std::ranges::count(*answer, '\n') == 2);
    CHECK(answer->find("\n0 2048 linear") != std::string::npos);
    CHECK(answer->find('\n') > answer->find("crypt"));
}
