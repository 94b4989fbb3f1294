// policy/audit/60-integrityd.rules on the running kernel, with its paths below a temporary root. As root, where nobody
// else uses audit.
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <regex>
#include <sstream>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "support/audit_host.hpp"
#include "support/skip.hpp"

using namespace integrityd;
using namespace integrityd::test;
namespace fs = std::filesystem;

namespace {

constexpr uid_t somebody = 61020;

bool possible() {
    const std::string why = AuditHost::why_not();
    return skip_unless(why.empty(), why);
}

// The rules, and a root with every directory and file that they name.
struct Policy {
    TemporaryDirectory root;
    std::string rules;
    std::size_t count = 0;

    Policy() {
        fs::permissions(root.path(), fs::perms(0755));
        std::ostringstream text;
        text << std::ifstream(INTEGRITYD_SOURCE_ROOT "/policy/audit/60-integrityd.rules").rdbuf();
        rules = std::regex_replace(text.str(), std::regex("(dir=|path=|exe!=)/"), "$1" + root.path() + "/");
        const std::regex place("(dir|path|exe!)=(" + root.path() + "/[^ ]*)");
        for (std::sregex_iterator found(rules.begin(), rules.end(), place), end; found != end; ++found)
            fs::create_directories(fs::path((*found)[2].str()).parent_path());
        std::istringstream lines(rules);
        for (std::string line; std::getline(lines, line);)
            count += line.starts_with("-a ") ? 1 : 0;
        std::ofstream(root / "policy.rules") << rules;
    }
    [[nodiscard]] bool load() const { return AuditHost::auditctl("-R " + root / "policy.rules"); }
};

// In a process of its own, as a person who has logged in: audit knows him by his login, whatever he becomes later.
template <typename Act>
pid_t as_somebody(Act act) {
    const pid_t child = fork();
    if (child != 0) return child;
    std::ofstream("/proc/self/loginuid") << somebody;
    if (setgid(somebody) != 0 || setuid(somebody) != 0) _exit(126);
    act();
    _exit(127);
}

int status_of(pid_t child) {
    int status = 0;
    (void)waitpid(child, &status, 0);
    return status;
}

// A SYSCALL record with all of this in it.
bool wait_for_call(const UniqueFd& feed, const std::vector<std::string>& parts) {
    return wait_for_record(feed.get(), [&parts](std::uint16_t type, std::string_view text) {
        return type == 1300 && std::ranges::all_of(parts, [&text](const std::string& part) {
                   return text.find(part) != std::string_view::npos;
               });
    });
}

}  // namespace

TEST_CASE("the kernel takes every rule for a device, and gives all of them up again") {
    if (!possible()) return;
    AuditHost host;
    const Policy policy;
    REQUIRE(policy.load());
    CHECK(host.status().rules.size() == policy.count);
    REQUIRE(AuditHost::auditctl("-D"));
    CHECK(host.status().rules.empty());
}

TEST_CASE("a directory that a device does not have costs its own rule alone") {
    if (!possible()) return;
    AuditHost host;
    const Policy policy;
    fs::remove_all(policy.root / "usr/share");
    CHECK_FALSE(policy.load());  // auditctl says so, after the last rule
    CHECK(host.status().rules.size() == policy.count - 4);
}

TEST_CASE("who writes to what is watched is recorded with his login and the rule's key") {
    if (!possible()) return;
    AuditHost host;
    const Policy policy;
    fs::permissions(policy.root / "etc", fs::perms(0777));
    REQUIRE(policy.load());
    const auto feed = host.kernel().join_feed();
    REQUIRE(feed);
    const std::string login = " auid=" + std::to_string(somebody);
    const std::string passwd = policy.root / "etc/passwd";
    (void)status_of(as_somebody([&passwd] { execl("/bin/touch", "touch", passwd.c_str(), nullptr); }));
    CHECK(wait_for_call(*feed, {login, "comm=\"touch\"", "key=\"integrityd-identity\""}));
    const std::string hosts = policy.root / "etc/hosts";
    (void)status_of(as_somebody([&hosts] { execl("/bin/touch", "touch", hosts.c_str(), nullptr); }));
    CHECK(wait_for_call(*feed, {login, "comm=\"touch\"", "key=\"integrityd-system\""}));
}

TEST_CASE("a user who tries to remove the audit log is recorded, though the kernel never comes to the file") {
    if (!possible()) return;
    AuditHost host;
    const Policy policy;
    const std::string log = policy.root / "var/log/audit/audit.log";
    std::ofstream(log) << "a line\n";
    fs::permissions(policy.root / "var/log/audit", fs::perms(0700));
    REQUIRE(policy.load());
    const auto feed = host.kernel().join_feed();
    REQUIRE(feed);
    const int status = status_of(as_somebody([&log] { execl("/bin/rm", "rm", "-rf", log.c_str(), nullptr); }));
    CHECK(WEXITSTATUS(status) == 1);
    CHECK(fs::exists(log));
    CHECK(wait_for_call(*feed, {" exit=-13 ", "comm=\"rm\"", "key=\"integrityd-denied\""}));
    CHECK(wait_for_record(feed->get(), [&log](std::uint16_t type, std::string_view text) {
        return type == 1302 && text.find("name=\"" + log + "\"") != std::string_view::npos;
    }));
}

#ifdef __x86_64__
namespace {

// creat() of i386 by a 64-bit program: its number, and a path below 4 GiB.
long creat_as_i386(const std::string& path) {
    void* const low = mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
    if (low == MAP_FAILED) return -1;
    (void)path.copy(static_cast<char*>(low), 4095);
    long result = 8;
    asm volatile("int $0x80" : "+a"(result) : "b"(low), "c"(0600L) : "memory", "r8", "r9", "r10", "r11");
    return result;
}

}  // namespace

TEST_CASE("a call of the other ABI is recorded as well") {
    if (!possible()) return;
    AuditHost host;
    const Policy policy;
    REQUIRE(policy.load());
    const auto feed = host.kernel().join_feed();
    REQUIRE(feed);
    const pid_t child = fork();
    if (child == 0) _exit(creat_as_i386(policy.root / "etc/new") >= 0 ? 0 : 1);
    const int status = status_of(child);
    if (!skip_unless(WIFEXITED(status) && WEXITSTATUS(status) == 0, "the kernel has no calls of i386")) return;
    CHECK(wait_for_call(*feed, {"arch=40000003 syscall=8 ", "key=\"integrityd-system\""}));
}
#endif
