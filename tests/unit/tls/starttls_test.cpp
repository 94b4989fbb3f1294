// The dialogues before TLS, byte by byte and all at once.
#include <catch2/catch.hpp>

#include "sources/tls_starttls.hpp"

using namespace integrityd;
using State = StarttlsDialogue::State;

namespace {

struct Turn {
    std::string server;
    std::string client;
};

State play(StarttlsDialogue& dialogue, const std::vector<Turn>& turns, bool slowly) {
    for (const auto& turn : turns) {
        if (slowly) {
            for (const char byte : turn.server)
                (void)dialogue.feed(std::string_view(&byte, 1));
        } else {
            (void)dialogue.feed(turn.server);
        }
        CHECK(dialogue.take_output() == turn.client);
    }
    return dialogue.state();
}

std::string ldap(char code) {
    return std::string("\x30\x0c\x02\x01\x01\x78\x07\x0a\x01", 9) + code + std::string("\x04\x00\x04\x00", 4);
}

}  // namespace

TEST_CASE("SMTP: greeting, EHLO, STARTTLS, whatever pieces it comes in") {
    const bool slowly = GENERATE(false, true);
    StarttlsDialogue dialogue(Starttls::smtp);
    CHECK(play(dialogue,
               {{"220-one\r\n220 two\r\n", "EHLO localhost\r\n"},
                {"250-a\r\n250 STARTTLS\r\n", "STARTTLS\r\n"},
                {"220 go\r\n", ""}},
               slowly) == State::begin);
}

TEST_CASE("IMAP: untagged lines come at any time") {
    const bool slowly = GENERATE(false, true);
    StarttlsDialogue dialogue(Starttls::imap);
    CHECK(play(dialogue, {{"* OK hello\n", "a STARTTLS\r\n"}, {"* CAPABILITY X\r\na OK now\r\n", ""}}, slowly) ==
          State::begin);
}

TEST_CASE("LDAP: the request goes first, success begins TLS") {
    const bool slowly = GENERATE(false, true);
    StarttlsDialogue dialogue(Starttls::ldap);
    CHECK(dialogue.take_output().find("1.3.6.1.4.1.1466.20037") != std::string::npos);
    CHECK(play(dialogue, {{ldap(0), ""}}, slowly) == State::begin);
}

TEST_CASE("A refusal is told with the server's own words, escaped") {
    StarttlsDialogue smtp(Starttls::smtp);
    CHECK(smtp.feed("554 go\x1b[2J away\r\n") == State::failed);
    CHECK(smtp.reason() == "it refuses: 554 go\\x1b[2J away");
    StarttlsDialogue later(Starttls::smtp);
    CHECK(later.feed("220 x\r\n250 y\r\n454 no\r\n") == State::failed);
    CHECK(later.reason() == "it refuses STARTTLS: 454 no");
    StarttlsDialogue imap(Starttls::imap);
    CHECK(imap.feed("* OK x\r\na NO not here\r\n") == State::failed);
    StarttlsDialogue directory(Starttls::ldap);
    CHECK(directory.feed(ldap(52)) == State::failed);
    CHECK(directory.reason() == "it refuses StartTLS with result code 52");
}

TEST_CASE("Unprotected bytes behind the consent are refused") {
    StarttlsDialogue smtp(Starttls::smtp);
    CHECK(smtp.feed("220 x\r\n250 y\r\n220 go\r\n250 injected\r\n") == State::failed);
    StarttlsDialogue imap(Starttls::imap);
    CHECK(imap.feed("* OK x\r\na OK go\r\n* BYE") == State::failed);
    StarttlsDialogue directory(Starttls::ldap);
    CHECK(directory.feed(ldap(0) + "x") == State::failed);
    CHECK(directory.reason() == "it sends unprotected bytes behind its consent to TLS");
}

TEST_CASE("What is no such protocol is said so, and an endless one ends") {
    StarttlsDialogue smtp(Starttls::smtp);
    CHECK(smtp.feed("HTTP/1.1 400 Bad Request\r\n") == State::failed);
    StarttlsDialogue directory(Starttls::ldap);
    CHECK(directory.feed("\x30\x84\xff\xff\xff\xff") == State::failed);
    StarttlsDialogue imap(Starttls::imap);
    CHECK(imap.feed(std::string(StarttlsDialogue::most_bytes, 'x')) == State::talking);
    CHECK(imap.feed("x") == State::failed);
}
