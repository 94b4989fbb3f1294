// This machine's own listeners.
#include <filesystem>
#include <fstream>

#include "sources/tls_discover.hpp"
#include "support/skip.hpp"
#include "support/tls_rig.hpp"

using namespace integrityd;
using namespace integrityd::test;

namespace {

const std::string head =
    "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n";

std::string line(const std::string& local, const std::string& state) {
    return "   0: " + local + " 00000000:0000 " + state +
           " 00000000:00000000 00:00000000 00000000     0        0 1 1\n";
}

std::string hex_port(unsigned port) {
    char text[8];
    (void)std::snprintf(text, sizeof text, "%04X", port);
    return text;
}

}  // namespace

TEST_CASE("Listeners are read from the kernel's table, others are passed over") {
    const auto found =
        parse_listeners(head + line("0100007F:1F90", "0A") + line("00000000:01BB", "0A") + line("0100007F:0016", "01") +
                        line("bad", "0A") + "\n0A\n" + line("0100007F:0000", "0A"));
    CHECK(found == std::vector<std::string>{"127.0.0.1:443", "127.0.0.1:8080"});
    const auto six = parse_listeners(head + line("00000000000000000000000000000000:01BB", "0A") +
                                     line("00000000000000000000000001000000:0019", "0A"));
    CHECK(six == std::vector<std::string>{"[::1]:25", "[::1]:443"});
    std::string many = head;
    for (unsigned i = 1; i < 2000; ++i)
        many += line("0100007F:" + hex_port(i), "0A");
    CHECK(parse_listeners(many).size() == 256);
    CHECK(parse_listeners("").empty());
}

TEST_CASE("Listeners that speak TLS are found, by STARTTLS or at once, and silent ones cost one patience") {
    if (!skip_unless(have_openssl(), "needs openssl")) return;
    const TemporaryDirectory root;
    const TlsAuthority authority(root.path());
    const auto files = authority.issue("server");
    const TlsServer server(files);
    std::filesystem::create_directories(root / "proc/net");
    std::ofstream(root / "proc/net/tcp") << head << line("00000000:" + hex_port(server.port()), "0A")
                                         << line("0100007F:0001", "0A");
    const auto found = discover_tls(root.path(), failure_bound);
    REQUIRE(found.ok());
    REQUIRE(found->size() == 1);
    CHECK(found->front().address == server.address());
    CHECK(found->front().certificate.spki_sha256 == files.spki_sha256);
    CHECK(discover_tls(root / "none", failure_bound)->empty());
}
