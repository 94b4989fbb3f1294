// The daemon's TPM commands on their way through the broker, with a real software TPM behind it.
#include "broker/tpm_forward.hpp"

#include <array>
#include <cerrno>
#include <functional>
#include <sys/socket.h>
#include <thread>

#include <catch2/catch.hpp>

#include "broker_rig.hpp"
#include "support/skip.hpp"
#include "support/swtpm.hpp"
#include "tpm_commands.hpp"

using namespace integrityd;
using namespace integrityd::test;
using namespace std::chrono_literals;

namespace {

struct Pair {
    explicit Pair(int type) {
        std::array<int, 2> ends{};
        REQUIRE(socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, ends.data()) == 0);
        near.reset(ends[0]);
        far.reset(ends[1]);
    }
    UniqueFd near;
    UniqueFd far;
};

// The broker's part between a client and a TPM that the test plays.
class Forwarding {
public:
    explicit Forwarding(TpmForwardSettings settings = {.patience = 30s, .deadline = 30s})
        : client_(SOCK_SEQPACKET), tpm_(SOCK_STREAM), thread_([this, settings] {
              outcome = forward_tpm_commands(client_.far, std::move(tpm_.far), settings);
              client_.far.reset();
          }) {}
    ~Forwarding() { end(); }

    void end() {
        client_.near.reset();
        if (thread_.joinable()) thread_.join();
    }
    // The conversation has ended by itself.
    void wait() { thread_.join(); }

    [[nodiscard]] bool may_send(const TpmBytes& command) const {
        return ::send(client_.near.get(), command.data(), command.size(), MSG_NOSIGNAL) >= 0;
    }
    void send(const TpmBytes& command) const { REQUIRE(may_send(command)); }
    [[nodiscard]] RawAnswer receive() const { return receive_answer(client_.near); }
    // Whether anything reached the TPM.
    [[nodiscard]] bool tpm_was_asked() const {
        std::array<char, 16> got{};
        return recv(tpm_.near.get(), got.data(), got.size(), MSG_DONTWAIT) > 0;
    }
    // Lost when the conversation is over.
    void answer_as_tpm(const TpmBytes& answer) const {
        (void)::send(tpm_.near.get(), answer.data(), answer.size(), MSG_NOSIGNAL);
    }

    Result<void> outcome;

private:
    Pair client_;
    Pair tpm_;
    std::thread thread_;
};

const TpmBytes done = {0x80, 0x01, 0, 0, 0, 10, 0, 0, 0, 0};

}  // namespace

TEST_CASE("a command that reads is answered by the TPM, and the next one too", "[REQ-60]") {
    Forwarding forwarding;
    for (int i = 0; i < 3; ++i) {
        forwarding.answer_as_tpm(done);
        forwarding.send(read_clock_command());
        const RawAnswer answer = forwarding.receive();
        CHECK(answer.head.status == 0);
        CHECK(answer.text == std::string(done.begin(), done.end()));
        CHECK(forwarding.tpm_was_asked());
    }
    forwarding.end();
    CHECK(forwarding.outcome);
}

TEST_CASE("a command that is refused never reaches the TPM, and ends the conversation", "[REQ-60]") {
    for (const TpmBytes& command :
         {authorised_command(0x126, {lockout_handle}),
          authorised_command(0x137, {tpm_digest_index, tpm_digest_index}, {0, 1, 0, 0, 0}),
          authorised_command(0x182, {7}, TpmBytes(38, 0)), TpmBytes{1, 2, 3}, TpmBytes(longest_tpm_message + 100)}) {
        Forwarding forwarding;
        forwarding.send(command);
        const RawAnswer answer = forwarding.receive();
        CHECK(answer.head.status != 0);
        CHECK_FALSE(answer.text.empty());
        CHECK(forwarding.receive().ended);
        forwarding.wait();
        CHECK_FALSE(forwarding.tpm_was_asked());
        CHECK_FALSE(forwarding.outcome);
    }
}

TEST_CASE("a TPM that hangs ends the conversation at its deadline with the reason") {
    Forwarding forwarding({.patience = 30s, .deadline = 20ms});
    forwarding.send(read_clock_command());
    CHECK(forwarding.receive().head.status == ETIMEDOUT);
    CHECK(forwarding.receive().ended);
}

TEST_CASE("a client that is silent, or asks without an end, does not keep the place", "[REQ-60] [REQ-31]") {
    Forwarding silent({.patience = 10ms, .deadline = 30s});
    silent.wait();
    CHECK(silent.outcome);
    Forwarding flood;
    int answered = 0;
    for (; answered < 1000; ++answered) {
        flood.answer_as_tpm(done);
        const TpmBytes command = read_clock_command();
        if (!flood.may_send(command) || flood.receive().head.status != 0 || !flood.tpm_was_asked()) break;
    }
    CHECK(answered == 512);
}

TEST_CASE("the broker asks the TPM of the configuration, and says where there is none", "[REQ-60]") {
    BrokerRig rig;
    rig.config.tpm.tcti = "device:" + (rig.directory / "tpmrm0");
    CHECK(rig.ask("command tpm").head.status == ENODEV);
    for (const std::string tcti : {"swtpm:host=127.0.0.1,port=1", "device:tpm", "tabrmd:"}) {
        CAPTURE(tcti);
        rig.config.tpm.tcti = tcti;
        rig.connect();
        CHECK(rig.ask("command tpm").head.status != 0);
    }
    rig.connect();
    CHECK(rig.ask("command audit").head.status == EINVAL);
    // Where others could put another TPM.
    std::filesystem::create_directory(rig.directory / "open");
    std::filesystem::permissions(rig.directory / "open", std::filesystem::perms(0777));
    rig.config.tpm.tcti = "swtpm:path=" + (rig.directory / "open/tpm");
    rig.connect();
    CHECK(rig.ask("command tpm").head.status == EPERM);
    // Neither watcher is enabled.
    rig.config.luks.enabled = Enabled::no;
    rig.config.boot.enabled = Enabled::no;
    rig.config.tpm.tcti = "device:/dev/null";
    rig.connect();
    CHECK(rig.ask("command tpm").head.status == EPERM);
}

TEST_CASE("a real TPM is read through the broker, and cannot be cleared through it", "[REQ-60]") {
    if (!skip_unless(Swtpm::why_not().empty(), Swtpm::why_not())) return;
    const Swtpm swtpm;
    BrokerRig rig;
    rig.config.tpm.tcti = swtpm.tcti();
    const RawAnswer begun = rig.ask("command tpm");
    REQUIRE(begun.head.status == 0);
    CHECK(begun.descriptors.empty());
    const auto text = [](const TpmBytes& command) { return std::string(command.begin(), command.end()); };
    const RawAnswer clock = rig.ask(text(read_clock_command()));
    CHECK(clock.head.status == 0);
    CHECK(clock.text.size() > 30);
    const RawAnswer cleared = rig.ask(text(authorised_command(0x126, {lockout_handle})));
    CHECK(cleared.head.status == EPERM);
    CHECK(rig.receive().ended);
    rig.end();
    REQUIRE(rig.lines.size() == 1);
    CHECK(rig.lines[0] == "TPM: a TPM command that reading does not need");
}
