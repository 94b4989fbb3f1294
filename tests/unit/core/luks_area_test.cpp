// What is copied of a volume: its header, and not a byte behind it.
#include "core/luks_area.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "core/memory_file.hpp"
#include "core/read_file.hpp"
#include "support/luks_maker.hpp"

using namespace integrityd;
using namespace integrityd::test;

namespace {

constexpr std::size_t everything = 64U << 20;

std::string copied(const std::string& disk) {
    const auto file = make_memory_file("disk", disk);
    REQUIRE(file);
    const auto area = copy_luks_area(*file);
    REQUIRE(area);
    return read_whole(*area, everything).value();
}

}  // namespace

TEST_CASE("of a LUKS2 volume both copies of the header are copied, and nothing of the data", "[REQ-53]") {
    LuksMaker maker;
    for (const std::uint64_t size : {16U << 10, 128U << 10, 4U << 20}) {
        maker.copy_size = size;
        const std::string area = maker.area("{}");
        CHECK(copied(area + "secret") == area);
        std::string damaged = area;
        damaged.replace(0, 8, 8, 'x');
        CHECK(copied(damaged + "secret") == damaged);
    }
}

TEST_CASE("of what is no LUKS only the first bytes are copied", "[REQ-53]") {
    CHECK(copied(std::string(1 << 20, 's')) == "ssssssss");
    CHECK(copied("abc") == "abc");
    CHECK(copied("").empty());
    CHECK(copied(std::string("LUKS\xba\xbe\0\1", 8) + std::string(1 << 20, 's')).size() == 592);
}

TEST_CASE("a size that is none makes nothing larger", "[REQ-53]") {
    const LuksMaker maker;
    std::string area = maker.area("{}");
    for (const std::uint64_t size :
         {std::uint64_t{0}, std::uint64_t{8192}, std::uint64_t{16385}, std::uint64_t{8} << 20, UINT64_MAX}) {
        LuksMaker::put(area, 8, size, 8);
        CHECK(copied(area + std::string(1 << 20, 's')) == area);
        LuksMaker::put(area, maker.copy_size + 8, size, 8);
        CHECK(copied(area + std::string(1 << 20, 's')).size() == 8);
        area = maker.area("{}");
    }
}

TEST_CASE("the copy cannot be changed any more", "[REQ-53]") {
    const auto file = make_memory_file("disk", "no header");
    const auto area = copy_luks_area(*file);
    REQUIRE(area);
    CHECK(write(area->get(), "x", 1) == -1);
    CHECK(ftruncate(area->get(), 0) == -1);
    CHECK_FALSE(read_whole(*area, 4));
}
