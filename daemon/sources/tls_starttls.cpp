#include "sources/tls_starttls.hpp"

#include <algorithm>
#include <cctype>
#include <optional>

#include "core/escape.hpp"

namespace integrityd {

namespace {

// RFC 4511, 4.14.1: ExtendedRequest 1.3.6.1.4.1.1466.20037 as message 1.
constexpr std::string_view ldap_request =
    "\x30\x1d\x02\x01\x01\x77\x18\x80\x16"
    "1.3.6.1.4.1.1466.20037";
constexpr std::size_t longest_shown = 120;

bool begins_with_word(std::string_view line, std::string_view word) {
    if (line.size() < word.size()) return false;
    return std::equal(word.begin(), word.end(), line.begin(),
                      [](char a, char b) { return std::toupper(static_cast<unsigned char>(b)) == a; });
}

// The length of BER: one byte, or 0x81 to 0x84 with as many bytes. `at` is moved behind it; none: not all there yet, or
// (`bad`) nothing that fits here.
std::optional<std::size_t> ber_length(std::string_view bytes, std::size_t& at, bool& bad) {
    if (at >= bytes.size()) return std::nullopt;
    const auto first = static_cast<std::uint8_t>(bytes[at++]);
    if (first < 0x80) return first;
    const std::size_t count = first & 0x7f;
    bad = count == 0 || count > 4;
    if (bad || bytes.size() - at < count) return std::nullopt;
    std::size_t length = 0;
    for (std::size_t i = 0; i < count; ++i)
        length = (length << 8) | static_cast<std::uint8_t>(bytes[at++]);
    bad = length > StarttlsDialogue::most_bytes;
    return bad ? std::nullopt : std::optional(length);
}

}  // namespace

StarttlsDialogue::StarttlsDialogue(Starttls protocol) : protocol_(protocol) {
    if (protocol == Starttls::none) state_ = State::begin;
    if (protocol == Starttls::ldap) output_ = ldap_request;
}

StarttlsDialogue::State StarttlsDialogue::feed(std::string_view bytes) {
    if (state_ != State::talking) return state_;
    received_ += bytes.size();
    if (received_ > most_bytes) {
        fail("it says more than " + std::to_string(most_bytes) + " bytes before TLS begins");
        return state_;
    }
    input_ += bytes;
    step();
    return state_;
}

void StarttlsDialogue::step() {
    if (protocol_ == Starttls::ldap) return ldap_message();
    while (state_ == State::talking) {
        const std::size_t end = input_.find('\n');
        if (end == std::string::npos) return;
        std::string line = input_.substr(0, end);
        input_.erase(0, end + 1);
        if (!line.empty() && line.back() == '\r') line.pop_back();
        if (protocol_ == Starttls::smtp)
            smtp_line(line);
        else
            imap_line(line);
    }
}

// Replies are "NNN-text" until the last, "NNN text".
void StarttlsDialogue::smtp_line(std::string_view line) {
    const bool formed =
        line.size() >= 3 &&
        std::all_of(line.begin(), line.begin() + 3, [](unsigned char c) { return std::isdigit(c) != 0; }) &&
        (line.size() == 3 || line[3] == ' ' || line[3] == '-');
    if (!formed) return fail("this is no SMTP", line);
    if (line.size() > 3 && line[3] == '-') return;
    const std::string_view expected = stage_ == 1 ? "250" : "220";
    if (line.substr(0, 3) != expected) return fail(stage_ == 2 ? "it refuses STARTTLS" : "it refuses", line);
    if (stage_ == 2) return consent(0);
    output_ += stage_ == 0 ? "EHLO localhost\r\n" : "STARTTLS\r\n";
    ++stage_;
}

// Untagged lines ("* ...") may come at any time; ours is tagged "a".
void StarttlsDialogue::imap_line(std::string_view line) {
    if (stage_ == 0) {
        if (!begins_with_word(line, "* OK")) return fail("it does not greet as IMAP does", line);
        output_ += "a STARTTLS\r\n";
        stage_ = 1;
        return;
    }
    if (line.starts_with("* ")) return;
    if (begins_with_word(line, "A OK")) return consent(0);
    fail("it refuses STARTTLS", line);
}

// LDAPMessage ::= SEQUENCE { messageID INTEGER 1, [APPLICATION 24] { resultCode ENUMERATED, ... } }
void StarttlsDialogue::ldap_message() {
    const std::string_view bytes = input_;
    std::size_t at = 0;
    bool bad = false;
    if (bytes.empty()) return;
    if (bytes[at++] != '\x30') return fail("this is no LDAP");
    const auto length = ber_length(bytes, at, bad);
    if (bad) return fail("this is no LDAP");
    if (!length || bytes.size() - at < *length) return;
    const std::size_t end = at + *length;
    const std::string_view message = bytes.substr(at, *length);
    if (!message.starts_with(std::string_view("\x02\x01\x01\x78", 4))) return fail("it answers something else");
    std::size_t inner = 4;
    const auto size = ber_length(message, inner, bad);
    const std::string_view result = size ? message.substr(std::min(inner, message.size())) : std::string_view{};
    if (bad || result.size() < 3 || result[0] != '\x0a' || result[1] != '\x01') return fail("this is no LDAP");
    const auto code = static_cast<std::uint8_t>(result[2]);
    if (code != 0) return fail("it refuses StartTLS with result code " + std::to_string(code));
    consent(end);
}

void StarttlsDialogue::consent(std::size_t consumed) {
    if (input_.size() > consumed) return fail("it sends unprotected bytes behind its consent to TLS");
    input_.clear();
    state_ = State::begin;
}

void StarttlsDialogue::fail(std::string_view what, std::string_view line) {
    state_ = State::failed;
    reason_ = what;
    if (!line.empty()) reason_ += ": " + escape_cut(line, longest_shown);
}

}  // namespace integrityd
