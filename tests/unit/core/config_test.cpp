#include "core/config.hpp"

#include <filesystem>
#include <fstream>

#include <catch2/catch.hpp>

#include "core/config_convert.hpp"
#include "core/config_schema.hpp"
#include "support/temporary_directory.hpp"

using namespace integrityd;

namespace {

void write(const std::string& path, std::string_view text) {
    std::filesystem::create_directories(std::filesystem::path(path).parent_path());
    std::ofstream(path, std::ios::binary) << text;
}

std::string read(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    REQUIRE(file.good());
    return {std::istreambuf_iterator<char>(file), {}};
}

// A tree of configuration files in a temporary directory.
struct Tree {
    test::TemporaryDirectory directory;
    ConfigSource source{"", directory / "etc/integrityd.toml", directory / "usr/conf.d", directory / "etc/conf.d"};

    [[nodiscard]] LoadedConfig load() const { return load_config(source); }
    // What is wrong, a line each, without the directory.
    [[nodiscard]] std::string problems() const {
        std::string text;
        for (const ConfigProblem& problem : load().problems)
            text += to_string(problem).substr(directory.path().size() + 1) + "\n";
        return text;
    }
};

std::string problems_of(std::string_view text) {
    const Tree tree;
    write(tree.source.main_file, text);
    return tree.problems();
}

Config config_of(std::string_view text) {
    const Tree tree;
    write(tree.source.main_file, text);
    const LoadedConfig loaded = tree.load();
    for (const ConfigProblem& problem : loaded.problems)
        UNSCOPED_INFO(to_string(problem));
    REQUIRE(loaded.problems.empty());
    return loaded.config;
}

// The sample of the contract: every section and key, also of watchers that come later.
constexpr std::string_view sample = R"(
[daemon]
state_dir = "/var/lib/integrityd"
violated_at = "high"
[store]
max_size = "32M"
keep = "400d"
flush_repeats = "60s"
[[notify.recipient]]
name = "journal"
type = "journal"
target = ""
min_severity = "low"
sources = []
required = false
[[severity.rule]]
name = "motd is harmless"
kind = "aide.entry.changed"
subject = "/etc/motd"
severity = "low"
until = ""
reason = "edited daily"
[reaction]
min_severity = "critical"
sources = ["aide", "audit", "luks", "boot", "self"]
restore = "acknowledged"
[aide]
enabled = true
report_log = "/var/log/aide/aide.log"
check_command = []
check_interval = "0"
max_age = "26h"
[audit]
enabled = true
log = "/var/log/audit/audit.log"
netlink = true
login_failures = 5
login_window = "5min"
[[audit.rule]]
name = "identity files"
key = "identity"
severity = "medium"
[tls]
enabled = true
interval = "1h"
timeout = "10s"
policy = "bsi-tr-02102-2"
expiring = "30d"
[[tls.endpoint]]
name = "update-server"
address = "update.example:443"
server_name = "update.example"
ca_file = "/etc/ssl/certs/product-ca.pem"
spki_sha256 = []
client_certificate = ""
client_key = ""
starttls = ""
probe = "auto"
required = true
[tpm]
tcti = "device:/dev/tpmrm0"
[luks]
enabled = "auto"
interval = "5min"
[[luks.volume]]
name = "var"
device = "/dev/disk/by-partlabel/var"
mapping = "encrypted_var"
mount = "/var"
pcrs = [7]
pcr_bank = "sha256"
keyslots = ["tpm2"]
[boot]
enabled = "auto"
interval = "60s"
event_log = "/sys/kernel/security/tpm0/binary_bios_measurements"
ima_log = "/sys/kernel/security/ima/binary_runtime_measurements"
efivars = "/sys/firmware/efi/efivars"
root_hash = []
[baseline]
directory = "/usr/lib/integrityd/baseline.d"
adopt = "never"
)";

}  // namespace

TEST_CASE("without any file the defaults hold, and the journal and the bus are told") {
    const Tree tree;
    const LoadedConfig loaded = tree.load();
    CHECK(loaded.problems.empty());
    const Config& config = loaded.config;
    CHECK(config.state_dir == Config().state_dir);
    CHECK(config.runtime_dir == Config().runtime_dir);
    CHECK(config.violated_at == Config().violated_at);
    CHECK(config.log_level == Config().log_level);
    CHECK(config.store_max_size == Config().store_max_size);
    CHECK(config.store_keep == Config().store_keep);
    CHECK(config.flush_repeats == Config().flush_repeats);
    CHECK(config.reaction.sources == ReactionConfig().sources);
    CHECK(config.reaction.min_severity == ReactionConfig().min_severity);
    CHECK_FALSE(config.reaction.restore_when_returned);
    CHECK(config.aide == AideConfig());
    REQUIRE(config.recipients.size() == 2);
    CHECK(config.recipients[0].type == RecipientType::journal);
    CHECK(config.recipients[1].type == RecipientType::dbus);
}

TEST_CASE("every section of the contract is accepted, of later watchers too") {
    CHECK(problems_of(sample).empty());
}

TEST_CASE("the values that were written are the ones in force") {
    const Config config = config_of(R"(
[daemon]
state_dir = "/srv/state"
violated_at = "medium"
[store]
max_size = "2G"
keep = 0
[[notify.recipient]]
name = "soc"
type = "unix"
target = "/run/soc.sock"
min_severity = "high"
sources = ["aide", "self"]
required = true
[[severity.rule]]
name = "later"
kind = "aide.entry.*"
severity = "record"
until = "2027-01-31"
[reaction]
restore = "returned"
sources = []
[aide]
enabled = "auto"
check_command = ["/usr/bin/aide", "--check"]
check_interval = "90min"
check_timeout = "1500s"
max_entries = 10000
[tls]
interval = "1s"
timeout = "250ms"
)");
    CHECK(config.state_dir == "/srv/state");
    CHECK(config.violated_at == Severity::medium);
    CHECK(config.store_max_size == 2ULL << 30);
    CHECK(config.store_keep == Duration(0));
    REQUIRE(config.recipients.size() == 1);
    CHECK(config.recipients[0].name == "soc");
    CHECK(config.recipients[0].type == RecipientType::unix_socket);
    CHECK(config.recipients[0].target == "/run/soc.sock");
    CHECK(config.recipients[0].min_severity == Severity::high);
    CHECK(config.recipients[0].sources == std::vector<std::string>{"aide", "self"});
    CHECK(config.recipients[0].required);
    REQUIRE(config.severity_rules.size() == 1);
    CHECK(config.severity_rules[0].severity == Severity::record);
    CHECK(config.severity_rules[0].until == 1801440000000000);  // 2027-02-01T00:00:00Z
    CHECK(config.reaction.restore_when_returned);
    CHECK(config.reaction.sources.empty());
    CHECK(config.aide.enabled == Enabled::automatic);
    CHECK(config.aide.check_command == std::vector<std::string>{"/usr/bin/aide", "--check"});
    CHECK(config.aide.check_interval == std::chrono::minutes(90));
    CHECK(config.aide.check_timeout == std::chrono::minutes(25));
    CHECK(config.aide.max_entries == 10000);
    CHECK(config.tls.interval == std::chrono::seconds(1));
    CHECK(config.tls.timeout == std::chrono::milliseconds(250));
}

TEST_CASE("everything wrong is told with file, line and column, sorted", "[REQ-34]") {
    CHECK(
        problems_of("[aide]\n"
                    "  max_entrys = 5\n"
                    "max_entries = 0\n"
                    "enabled = \"yes\"\n"
                    "report_log = \"aide.log\"\n"
                    "[stor]\n"
                    "[store]\n"
                    "keep = \"400 d\"\n"
                    "max_size = 5.5\n") ==
        "etc/integrityd.toml:2:3: unknown key 'max_entrys' in [aide]\n"
        "etc/integrityd.toml:3:15: max_entries must be an integer from 1 to 10000\n"
        "etc/integrityd.toml:4:11: enabled must be true, false or \"auto\"\n"
        "etc/integrityd.toml:5:14: report_log must be an absolute path\n"
        "etc/integrityd.toml:6:2: unknown section or key 'stor'\n"
        "etc/integrityd.toml:8:8: keep must be a duration \"0\" or from \"1s\" to \"3650d\": an integer with ms, s, "
        "min, h or d, in quotes\n"
        "etc/integrityd.toml:9:12: max_size must be a size from \"1024K\" to \"1024G\": an integer with K, M or G, in "
        "quotes\n");
}

TEST_CASE("of syntax errors the first of each file is told", "[REQ-34]") {
    Tree tree;
    write(tree.source.main_file, "[aide\n[[[\n");
    write(tree.directory / "etc/conf.d/50.toml", "\n a = \n");
    const auto loaded = tree.load();
    REQUIRE(loaded.problems.size() == 2);
    CHECK(to_string(loaded.problems[0]).find("conf.d/50.toml:2:") != std::string::npos);
    CHECK(to_string(loaded.problems[1]).find("integrityd.toml:1:") != std::string::npos);
}

TEST_CASE("what only the whole shows is told where it stands", "[REQ-34]") {
    using Row = std::pair<std::string_view, std::string_view>;  // text, problem
    const Row row = GENERATE(
        Row{"[[notify.recipient]]\nname = 'a'\n", "1:1: [[notify.recipient]] has no type"},
        Row{"[[notify.recipient]]\ntype = 'journal'\n", "1:1: [[notify.recipient]] has no name"},
        Row{"[[notify.recipient]]\nname = 'a'\ntype = 'unix'\ntarget = 'x'\n", "4:10: target of a unix recipient"},
        Row{"[[notify.recipient]]\nname = 'a'\ntype = 'unix'\n", "1:1: target of a unix recipient"},
        Row{"[[notify.recipient]]\nname = 'a'\ntype = 'syslog'\ntarget = 'kern'\n", "4:10: 'kern' is no syslog"},
        Row{"[[notify.recipient]]\nname = 'a'\ntype = 'dbus'\ntarget = 'x'\n", "4:10: a dbus recipient has no target"},
        Row{"[[notify.recipient]]\nname = 'a'\ntype = 'fax'\n", "3:8: type must be one of"},
        Row{"[[notify.recipient]]\nname = 'a'\ntype = 'journal'\nsources = ['disk']\n", "4:11: sources each entry"},
        Row{"[[notify.recipient]]\nname = 'a'\ntype = 'journal'\n[[notify.recipient]]\nname = 'a'\ntype = 'dbus'\n",
            "5:8: [[notify.recipient]] 'a' is there twice"},
        Row{"[[severity.rule]]\nname = 'a'\nseverity = 'none'\n", "3:12: severity must be one of \"record\""},
        Row{"[[severity.rule]]\nname = 'a'\nkind = 'aide.*.entry'\nseverity = 'low'\n", "3:8: 'aide.*.entry' matches"},
        Row{"[[severity.rule]]\nname = 'a'\nseverity = 'low'\nuntil = '2027-02-29'\n", "4:9: until must be"},
        Row{"[[severity.rule]]\nname = \"a\\n\"\nseverity = 'low'\n", "2:8: name must be a string of 1 to 64"},
        Row{"[aide]\ncheck_command = ['aide']\n", "2:17: check_command must begin with an absolute path"},
        Row{"[aide]\ncheck_interval = '1h'\n", "2:18: check_interval needs a check_command"},
        Row{"[aide]\ndatabase_command = ['/bin/x']\n", "2:20: database_command needs a check_command"},
        Row{"[aide]\ncheck_command = ['/x']\ndatabase_command = ['x']\n", "3:20: database_command must begin with"},
        Row{"[aide]\ncheck_command = ['/bin/x']\ncheck_interval = '9ms'\n", "3:18: check_interval must be a duration"},
        Row{"[luks]\ninterval = 0\n", "2:12: interval must"}, Row{"[boot]\nroot_hash = ['AB']\n", "2:13: each entry"},
        Row{"[[audit.rule]]\nname = 'a'\n", "2:8: [[audit.rule]] needs at least one of"},
        Row{"[[tls.endpoint]]\nname = 'a'\naddress = 'host'\n", "3:11: address must be HOST:PORT"},
        Row{"[[tls.endpoint]]\nname = 'a'\naddress = 'h:1'\nclient_key = '/k'\n", "1:1: client_certificate and"},
        Row{"[[tls.endpoint]]\nname = 'a'\naddress = 'h:1'\nclient_certificate = '/c'\nclient_key = "
            "'pkcs11:object=k?Pin-Value=1234'\n",
            "5:14: client_key must hold no secret"},
        Row{"[[luks.volume]]\nname = 'a'\ndevice = '/dev/a'\npcrs = [24]\n", "4:8: pcrs each entry must be an integer"},
        Row{"[notify]\nrecipient = 'journal'\n", "2:13: must be a list of tables: [[notify.recipient]]"},
        Row{"[notify]\nrecipient = ['journal']\n", "2:14: must be a table: [[notify.recipient]]"},
        Row{"notify = 3\n", "1:10: must be a table: [notify]"}, Row{"aide = 3\n", "1:8: must be a table: [aide]"},
        Row{"[notify]\nx = 1\n", "2:1: unknown key 'x' in [notify]"},
        Row{"[daemon]\nstate_dir = \"/a\\u0000b\"\n", "2:13: state_dir must be an absolute path"},
        Row{"[daemon]\n\"log\\u001b[2J\" = 1\n", "2:1: unknown key 'log\\x1b[2J' in [daemon]"});
    INFO(row.first);
    const std::string problems = problems_of(row.first);
    CHECK(problems.starts_with("etc/integrityd.toml:" + std::string(row.second)));
    CHECK(std::count(problems.begin(), problems.end(), '\n') == 1);
    CHECK(problems.find("1234") == std::string::npos);
}

TEST_CASE("drop-ins come in the order of their names, and the local one shadows the vendor's") {
    Tree tree;
    write(tree.source.main_file, "[aide]\nmax_entries = 1\nmax_age = '1h'\ncheck_command = ['/a', 'b']\n");
    write(tree.directory / "usr/conf.d/20.toml", "[aide]\nmax_entries = 2\n");
    write(tree.directory / "usr/conf.d/30.toml", "[aide]\nmax_entries = 3\ncheck_command = ['/c']\n");
    write(tree.directory / "etc/conf.d/10.toml", "[aide]\nmax_entries = 4\n");
    write(tree.directory / "etc/conf.d/ignored.conf", "not = toml =\n");
    CHECK(tree.load().problems.empty());
    CHECK(tree.load().config.aide.max_entries == 3);
    CHECK(tree.load().config.aide.check_command == std::vector<std::string>{"/c"});
    CHECK(tree.load().config.aide.max_age == std::chrono::hours(1));

    write(tree.directory / "etc/conf.d/30.toml", "");
    CHECK(tree.load().config.aide.max_entries == 2);
    std::filesystem::create_symlink("/dev/null", tree.directory / "etc/conf.d/20.toml");
    CHECK(tree.load().config.aide.max_entries == 4);
}

TEST_CASE("lists of tables are merged by name, new entries go last") {
    Tree tree;
    write(tree.source.main_file,
          "[[severity.rule]]\nname = 'one'\nseverity = 'low'\nreason = 'kept'\n"
          "[[severity.rule]]\nname = 'two'\nseverity = 'low'\n");
    write(tree.directory / "etc/conf.d/50.toml",
          "[[severity.rule]]\nname = 'three'\nseverity = 'high'\n"
          "[[severity.rule]]\nname = 'one'\nseverity = 'high'\n");
    const LoadedConfig loaded = tree.load();
    CHECK(loaded.problems.empty());
    REQUIRE(loaded.config.severity_rules.size() == 3);
    CHECK(loaded.config.severity_rules[0].name == "one");
    CHECK(loaded.config.severity_rules[0].severity == Severity::high);
    CHECK(loaded.config.severity_rules[0].reason == "kept");
    CHECK(loaded.config.severity_rules[2].name == "three");
}

TEST_CASE("a drop-in is checked on its own, also where a later one replaces the value") {
    Tree tree;
    write(tree.directory / "etc/conf.d/10.toml", "[aide]\nmax_entries = -1\n");
    write(tree.directory / "etc/conf.d/20.toml", "[aide]\nmax_entries = 7\n");
    CHECK(tree.problems() == "etc/conf.d/10.toml:2:15: max_entries must be an integer from 1 to 10000\n");
}

TEST_CASE("a single file is read alone and must be there") {
    Tree tree;
    write(tree.source.main_file, "[aide]\nmax_entries = 1\n");
    tree.source.only_file = tree.directory / "own.toml";
    CHECK(tree.problems() == "own.toml:1:1: No such file or directory\n");
    write(tree.source.only_file, "[aide]\nmax_age = '2h'\n");
    CHECK(tree.load().config.aide.max_entries == 1000);
}

TEST_CASE("what is too large, too long or no file is refused", "[REQ-30][REQ-36]") {
    Tree tree;
    write(tree.source.main_file, "# " + std::string(4000, 'x') + "\n" + std::string(1U << 20, '\n'));
    CHECK(tree.problems() == "etc/integrityd.toml:1:1: is larger than 1 MiB\n");
    write(tree.source.main_file, "[aide]\na" + std::string(5000, '.') + "\n");
    CHECK(tree.problems() == "etc/integrityd.toml:2:1: the line is longer than 4096 bytes\n");
    write(tree.source.main_file, "a.b.c.d.e.f.g.h = 1\n");
    CHECK(tree.problems().find("nested too deeply") != std::string::npos);
    std::filesystem::remove(tree.source.main_file);
    std::filesystem::create_directory(tree.source.main_file);
    CHECK(tree.problems() == "etc/integrityd.toml:1:1: is not a regular file\n");
}

TEST_CASE("the canonical form is the same for the same configuration, however it is spelled", "[REQ-16]") {
    const std::string defaults = Tree().load().config.canonical;
    CHECK(defaults.find(R"("max_age":93600000000,)") != std::string::npos);
    CHECK(config_of("[store]\nflush_repeats = '1min'\nmax_size = '32768K'\n").canonical == defaults);
    CHECK(config_of("[store]\nflush_repeats = '2min'\n").canonical != defaults);
    CHECK(config_of("[luks]\ninterval = '1min'\n").canonical != defaults);
}

// "#key = value" and "#[section]" are settings; "# text" is prose; "#   key" is an example.
TEST_CASE("the delivered file names every setting at its default") {
    std::istringstream delivered(read(std::string(INTEGRITYD_SOURCE_ROOT) + "/daemon/integrityd.toml"));
    std::string settings, with_examples;
    for (std::string line; std::getline(delivered, line);) {
        if (!line.starts_with('#')) continue;
        const bool example = line.starts_with("#   ");
        const bool setting = line.size() > 1 && line[1] != ' ';
        if (setting) settings += line.substr(1) + "\n";
        if (setting || example) with_examples += line.substr(1) + "\n";
    }
    CHECK(config_of(settings).canonical == Tree().load().config.canonical);
    CHECK(config_of(with_examples).severity_rules.size() == 1);
    for (const ConfigSection& section : config_schema()) {
        for (const ConfigKey& key : section.keys) {
            INFO(section.name << "." << key.name);
            CHECK(with_examples.find(std::string(key.name) + " = ") != std::string::npos);
        }
    }
}
