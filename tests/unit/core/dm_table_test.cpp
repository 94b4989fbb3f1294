// What is told of a device-mapper table: everything but keys.
#include "core/dm_table.hpp"

#include <cerrno>
#include <sys/sysmacros.h>

#include <catch2/catch.hpp>

using namespace integrityd;

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
