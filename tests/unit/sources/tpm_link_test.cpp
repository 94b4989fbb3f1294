// The way to the TPM: what a hostile or broken other side may answer.
#include "core/tpm_link.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "core/broker_protocol.hpp"
#include "core/tpm_address.hpp"
#include "support/temporary_directory.hpp"

using namespace integrityd;
using namespace std::chrono_literals;

namespace {

const TpmBytes command = {0x80, 0x01, 0, 0, 0, 10, 0, 0, 1, 0x81};
const TpmBytes answer = {0x80, 0x01, 0, 0, 0, 12, 0, 0, 0, 0, 1, 2};

class OtherSide {
public:
    explicit OtherSide(int type) {
        std::array<int, 2> ends{};
        REQUIRE(socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, ends.data()) == 0);
        near.reset(ends[0]);
        far.reset(ends[1]);
    }
    void write(const TpmBytes& bytes) const {
        REQUIRE(::write(far.get(), bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()));
    }

    UniqueFd near;
    UniqueFd far;
};

int code_of(int type, const TpmBytes& answered) {
    OtherSide other(type);
    other.write(answered);
    TpmLink link(std::move(other.near));
    const auto got = link.exchange(command, std::chrono::steady_clock::now() + 20ms);
    return got ? 0 : got.error().code;
}

TpmBytes with_head(std::uint32_t status, const TpmBytes& rest) {
    const broker_protocol::AnswerHead head{status, 0};
    TpmBytes message(sizeof head + rest.size());
    std::memcpy(message.data(), &head, sizeof head);
    std::copy(rest.begin(), rest.end(), message.begin() + sizeof head);
    return message;
}

TpmBytes with_size(TpmBytes bytes, std::uint8_t high, std::uint8_t low) {
    bytes[4] = high;
    bytes[5] = low;
    return bytes;
}

}  // namespace

TEST_CASE("a whole answer of a stream is taken, and no more than its size says") {
    OtherSide other(SOCK_STREAM);
    TpmBytes twice = answer;
    twice.push_back(0xff);
    other.write(twice);
    TpmLink link(std::move(other.near));
    const auto got = link.exchange(command, std::chrono::steady_clock::now() + 30s);
    REQUIRE(got);
    CHECK(*got == answer);
    TpmBytes sent(command.size());
    CHECK(read(other.far.get(), sent.data(), sent.size()) == static_cast<ssize_t>(sent.size()));
    CHECK(sent == command);
}

TEST_CASE("an answer that is cut, too long or shorter than its head is none") {
    CHECK(code_of(SOCK_STREAM, {0x80, 0x01, 0, 0}) == ETIMEDOUT);
    CHECK(code_of(SOCK_STREAM, with_size(answer, 0, 13)) == ETIMEDOUT);
    CHECK(code_of(SOCK_STREAM, with_size(answer, 0, 9)) == EPROTO);
    CHECK(code_of(SOCK_STREAM, with_size(answer, 0x10, 1)) == EPROTO);
    CHECK(code_of(SOCK_STREAM, with_size(answer, 0, 12)) == 0);
}

TEST_CASE("the broker's answers are taken with their reason, and refused where they are none") {
    CHECK(code_of(SOCK_SEQPACKET, with_head(0, answer)) == 0);
    CHECK(code_of(SOCK_SEQPACKET, with_head(EPERM, {'n', 'o'})) == EPERM);
    CHECK(code_of(SOCK_SEQPACKET, with_head(0, {})) == EPROTO);
    CHECK(code_of(SOCK_SEQPACKET, with_head(0, with_size(answer, 0, 11))) == EPROTO);
    CHECK(code_of(SOCK_SEQPACKET, {1, 2, 3}) == EPROTO);
    OtherSide gone(SOCK_SEQPACKET);
    gone.far.reset();
    TpmLink link(std::move(gone.near));
    CHECK(link.exchange(command, std::chrono::steady_clock::now() + 30s).error().code == ECONNRESET);
}

TEST_CASE("the TCTI of the configuration names a device, a socket or a local port, and nothing else") {
    CHECK(parse_tpm_address("device:/dev/tpmrm0")->path == "/dev/tpmrm0");
    CHECK(parse_tpm_address("swtpm:path=/run/tpm")->kind == TpmAddress::Kind::socket);
    CHECK(parse_tpm_address("swtpm:host=127.0.0.1,port=2321")->port == 2321);
    CHECK(parse_tpm_address("swtpm:host=localhost,port=1")->kind == TpmAddress::Kind::port);
    for (const char* const other :
         {"", "device", "device:", "device:tpmrm0", "tabrmd:", "libtss2-tcti-cmd.so:sh", "swtpm:path=tpm",
          "swtpm:host=10.0.0.1,port=2321", "swtpm:host=127.0.0.1,port=0", "swtpm:host=127.0.0.1,port=70000",
          "swtpm:host=127.0.0.1,port=1x", "swtpm:host=127.0.0.1"}) {
        CAPTURE(other);
        CHECK_FALSE(parse_tpm_address(other));
    }
}

TEST_CASE("what is no device is not opened as one, and what is not there is no TPM") {
    const test::TemporaryDirectory directory;
    const auto open_at = [](TpmAddress::Kind kind, const std::string& path) {
        return open_tpm(TpmAddress{kind, path, 0}).error().code;
    };
    CHECK(open_at(TpmAddress::Kind::device, directory / "none") == ENODEV);
    CHECK(open_at(TpmAddress::Kind::socket, directory / "none") == ENODEV);
    CHECK(open_at(TpmAddress::Kind::socket, directory / std::string(200, 'x')) == ENAMETOOLONG);
    CHECK(open_at(TpmAddress::Kind::device, directory.path()) == EISDIR);
    const UniqueFd file(::open((directory / "file").c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
    CHECK(open_at(TpmAddress::Kind::device, directory / "file") == EINVAL);
    CHECK(open_tpm(TpmAddress{TpmAddress::Kind::device, "/dev/null", 0}));
}
