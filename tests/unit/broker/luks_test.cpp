// What the broker hands out of LUKS volumes, and what it refuses.
#include <cerrno>
#include <filesystem>

#include <catch2/catch.hpp>

#include "broker/strict_open.hpp"
#include "broker_rig.hpp"
#include "core/read_file.hpp"
#include "support/luks_maker.hpp"

using namespace integrityd;
using namespace integrityd::test;

namespace {

struct Rig : BrokerRig {
    const std::string area = LuksMaker().area(luks_json());
    Rig() {
        config.luks.volumes = {
            {.name = "var", .device = write_file(directory / "disk", area + "data"), .mapping = "x"}};
    }
};

}  // namespace

TEST_CASE("the header of a configured volume is handed out as a copy", "[REQ-39][REQ-53]") {
    Rig rig;
    auto answer = rig.ask("header luks.var");
    CHECK(answer.head.status == 0);
    CHECK(answer.text.empty());  // it is no device
    REQUIRE(answer.descriptors.size() == 1);
    CHECK(read_whole(answer.descriptors[0], 1U << 20).value() == rig.area);
}

TEST_CASE("a volume that is not configured, or not enabled, is refused", "[REQ-39][REQ-53]") {
    Rig rig;
    CHECK(rig.ask("header luks.home").head.status == EINVAL);
    CHECK(rig.ask("table luks.home").head.status == EINVAL);
    CHECK(rig.ask("table luks.var").head.status != 0);  // such a mapping is not active
    rig.config.luks.volumes[0].mapping.clear();
    rig.connect();
    CHECK(rig.ask("table luks.var").head.status == EINVAL);
    rig.config.luks.enabled = Enabled::no;
    rig.connect();
    CHECK(rig.ask("header luks.var").head.status == EPERM);
    CHECK(rig.ask("table luks.var").head.status == EPERM);
}

TEST_CASE("the root's table is asked of device-mapper where the boot is watched, and told whole or not at all",
          "[REQ-39][REQ-69]") {
    Rig rig;
    // Tests run in a container as well as on a device: there is a table, or the reason why there is none.
    const auto answer = rig.ask("table boot.root");
    CHECK((answer.head.status == 0) == (answer.descriptors.size() == 1));
    CHECK(answer.head.status != EINVAL);
    if (answer.head.status != 0) CHECK_FALSE(answer.text.empty());
    rig.config.boot.enabled = Enabled::no;
    rig.connect();
    CHECK(rig.ask("table boot.root").head.status == EPERM);
}

TEST_CASE("a volume is opened where others cannot put another one", "[REQ-39][REQ-53]") {
    const TemporaryDirectory directory;
    const std::string file = write_file(directory / "disk", "x");
    CHECK(open_device_strictly(file, geteuid()));
    CHECK(open_device_strictly(directory / "none", geteuid()).error().code == ENOENT);
    std::filesystem::create_symlink(file, directory / "link");
    CHECK_FALSE(open_device_strictly(directory / "link", geteuid()));
    std::filesystem::create_hard_link(file, directory / "second");
    CHECK(open_device_strictly(file, geteuid()).error().code == EMLINK);
    std::filesystem::remove(directory / "second");
    std::filesystem::permissions(directory.path(), std::filesystem::perms(0777));
    CHECK(open_device_strictly(file, geteuid()).error().code == EPERM);
    CHECK_FALSE(open_device_strictly("/dev/null", geteuid()));
}
