#include "broker/strict_opener.hpp"

#include <cerrno>
#include <fcntl.h>

#include <catch2/catch.hpp>

#include "broker_rig.hpp"

using namespace integrityd;
using test::BrokerRig;
using test::TemporaryDirectory;
using test::write_file;

namespace {

void permit(const std::string& path, unsigned mode) {
    std::filesystem::permissions(path, std::filesystem::perms(mode));
}

// Main file, vendor's and local drop-ins below one directory.
struct ConfigTree {
    TemporaryDirectory directory;
    ConfigSource source{.only_file = "",
                        .main_file = directory / "integrityd.toml",
                        .vendor_directory = directory / "vendor",
                        .local_directory = directory / "local"};

    ConfigTree() {
        std::filesystem::create_directory(directory / "vendor");
        std::filesystem::create_directory(directory / "local");
        permit(directory / "vendor", 0755);
        permit(directory / "local", 0755);
    }
    [[nodiscard]] Result<Config> load() const { return load_owned_config(source, geteuid()); }
};

}  // namespace

TEST_CASE("the configuration is read as the daemon reads it") {
    ConfigTree tree;
    CHECK(tree.load());  // nothing there: the defaults
    write_file(tree.source.main_file, "[aide]\ndatabase = \"/one\"\n");
    write_file(tree.directory / "vendor/10.toml", "[aide]\ndatabase = \"/two\"\n");
    std::filesystem::create_symlink("/dev/null", tree.directory / "local/10.toml");
    REQUIRE(tree.load());
    CHECK(tree.load()->aide.database == "/one");
    write_file(tree.directory / "local/20.toml", "[aide]\ndatabase = \"/three\"\n");
    CHECK(tree.load()->aide.database == "/three");
    write_file(tree.directory / "local/30.toml", "[aide]\ndatabase = 3\n");
    CHECK(tree.load().error().code == EINVAL);
    tree.source.only_file = tree.directory / "nothing";
    CHECK(tree.load().error().code == ENOENT);
}

TEST_CASE("a configuration that others may write is not read", "[REQ-39]") {
    ConfigTree tree;
    write_file(tree.source.main_file, "");
    const std::string dropin = write_file(tree.directory / "local/20.toml", "");
    REQUIRE(tree.load());
    for (const std::string& path :
         {tree.source.main_file, dropin, tree.directory / "local", tree.directory / "vendor", tree.directory.path()}) {
        CAPTURE(path);
        const auto before = std::filesystem::status(path).permissions();
        permit(path, 0777);
        CHECK(tree.load().error().code == EPERM);
        std::filesystem::permissions(path, before);
    }
    tree.source.only_file = dropin;
    REQUIRE(tree.load());
    permit(dropin, 0666);
    CHECK(tree.load().error().code == EPERM);
}

TEST_CASE("a drop-in that is a link is not read", "[REQ-39]") {
    ConfigTree tree;
    write_file(tree.directory / "elsewhere", "");
    std::filesystem::create_symlink(tree.directory / "elsewhere", tree.directory / "local/20.toml");
    CHECK(tree.load().error().code == ELOOP);
}

TEST_CASE("AIDE's configuration comes with what it includes, each file once, sorted") {
    BrokerRig rig;
    std::filesystem::create_directory(rig.directory / "conf.d");
    write_file(rig.directory / "conf.d/b", "@@include " + rig.config.aide.config + "\n");
    write_file(rig.directory / "conf.d/a", "");
    std::filesystem::create_directory(rig.directory / "conf.d/deeper");
    write_file(rig.config.aide.config, "@@include " + (rig.directory / "conf.d/") + "\n");
    const auto files = rig.make_opener()->open_all(Resource::aide_config);
    REQUIRE(files);
    REQUIRE(files->size() == 3);
    CHECK((*files)[0].path == rig.config.aide.config);
    CHECK((*files)[1].path == rig.directory / "conf.d/a");
    CHECK((*files)[2].path == rig.directory / "conf.d/b");
}

TEST_CASE("includes are taken only from files and directories that nobody else may write", "[REQ-39]") {
    BrokerRig rig;
    std::filesystem::create_directory(rig.directory / "conf.d");
    const std::string snippet = write_file(rig.directory / "conf.d/a", "@@include /etc/passwd\n");
    write_file(rig.config.aide.config, "@@include " + (rig.directory / "conf.d") + "\n");
    for (const std::string& path : {rig.config.aide.config, snippet, rig.directory / "conf.d"}) {
        CAPTURE(path);
        const auto before = std::filesystem::status(path).permissions();
        permit(path, 0777);
        CHECK(rig.make_opener()->open_all(Resource::aide_config).error().code == EPERM);
        std::filesystem::permissions(path, before);
    }
    std::filesystem::remove(snippet);
    std::filesystem::create_symlink("/etc/passwd", snippet);
    CHECK(rig.make_opener()->open_all(Resource::aide_config).error().code == ELOOP);
}

TEST_CASE("513 included files are refused", "[REQ-39] [REQ-31]") {
    BrokerRig rig;
    std::filesystem::create_directory(rig.directory / "conf.d");
    for (int i = 0; i < 512; ++i)
        write_file(rig.directory / ("conf.d/" + std::to_string(i)), "");
    write_file(rig.config.aide.config, "@@include " + (rig.directory / "conf.d") + "\n");
    const auto refused = rig.ask("open-all aide.config");
    CHECK(refused.head.status == E2BIG);
    CHECK(refused.descriptors.empty());
}

TEST_CASE("of a section that is not enabled nothing is opened", "[REQ-39]") {
    BrokerRig rig;
    for (const std::string& path : {rig.config.aide.database, rig.config.aide.report_log, rig.config.aide.config})
        write_file(path, "");
    rig.config.aide.enabled = Enabled::no;
    for (const char* request : {"open aide.database", "open aide.report_log", "open-all aide.config",
                                "open-all aide.database", "watch aide.database"}) {
        CAPTURE(request);
        const auto refused = rig.ask(request);
        CHECK(refused.head.status == EPERM);
        CHECK(refused.descriptors.empty());
    }
}

TEST_CASE("the kernel's audit is asked only where the configuration watches audit, and joined only where it follows it",
          "[REQ-39]") {
    BrokerRig rig;
    rig.audit.feed.reset(open("/dev/null", O_RDONLY | O_CLOEXEC));
    rig.audit.status_file.reset(open("/dev/null", O_RDONLY | O_CLOEXEC));
    CHECK(rig.make_opener()->join_audit_feed());
    CHECK(rig.make_opener()->audit_status());
    rig.config.audit.netlink = false;
    CHECK(rig.make_opener()->join_audit_feed().error().code == EPERM);
    CHECK(rig.make_opener()->audit_status());
    rig.config.audit.netlink = true;
    rig.config.audit.enabled = Enabled::no;
    CHECK(rig.make_opener()->join_audit_feed().error().code == EPERM);
    CHECK(rig.make_opener()->audit_status().error().code == EPERM);
}
