// StarttlsDialogue: what is said in the clear before TLS begins (RFC 3207, RFC 9051, RFC 4511).
//
// It reads what the server sends and says what to send; it knows no socket. Total: any bytes lead to `begin`, `failed`
// or to more waiting, within `most_bytes`. Bytes behind the server's consent are refused: they were not protected, and
// a client that takes them for part of the TLS session can be fooled.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "sources/tls_types.hpp"

namespace integrityd {

class StarttlsDialogue {
public:
    // A greeting with its list of extensions has some hundred bytes; this is no mail server any more.
    static constexpr std::size_t most_bytes = 16384;

    enum class State : std::uint8_t { talking, begin, failed };

    explicit StarttlsDialogue(Starttls protocol);

    // What the server sent; what is to be sent is in output() then.
    State feed(std::string_view bytes);
    [[nodiscard]] State state() const { return state_; }
    // What is to be sent now; taken.
    [[nodiscard]] std::string take_output() { return std::exchange(output_, {}); }
    // Why it failed: one line, escaped.
    [[nodiscard]] const std::string& reason() const { return reason_; }

private:
    void step();
    void smtp_line(std::string_view line);
    void imap_line(std::string_view line);
    void ldap_message();
    void consent(std::size_t consumed);
    void fail(std::string_view what, std::string_view line = {});

    Starttls protocol_;
    State state_ = State::talking;
    int stage_ = 0;  // how many of our commands were sent
    std::string input_;
    std::size_t received_ = 0;
    std::string output_;
    std::string reason_;
};

}  // namespace integrityd
