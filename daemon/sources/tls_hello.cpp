#include "sources/tls_hello.hpp"

#include <bit>

namespace integrityd {

namespace {

constexpr std::uint16_t supported_versions = 43;  // RFC 8446, 4.2
constexpr std::uint16_t key_share = 51;
constexpr std::uint8_t server_hello = 2;
constexpr std::uint8_t server_key_exchange = 12;
constexpr std::uint8_t named_curve = 3;  // RFC 8422, 5.4

// RFC 8446, 4.1.3: the random of a HelloRetryRequest, SHA-256 of "HelloRetryRequest".
constexpr std::string_view retry_random =
    "\xcf\x21\xad\x74\xe5\x9a\x61\x11\xbe\x1d\x8c\x02\x1e\x65\xb8\x91\xc2\xa2\x11\x16\x7a\xbb\x8c\x5e\x07\x9e\x09\xe2"
    "\xc8\xa8\x33\x9c";

// Reads big-endian numbers until there is nothing left; then it has failed for good.
class Reader {
public:
    explicit Reader(std::string_view bytes) : bytes_(bytes) {}

    std::uint32_t number(std::size_t size) {
        std::uint32_t value = 0;
        for (const char each : take(size))
            value = (value << 8) | static_cast<std::uint8_t>(each);
        return value;
    }
    std::string_view take(std::size_t size) {
        if (size > bytes_.size()) {
            failed_ = true;
            bytes_ = {};
            return {};
        }
        const auto taken = bytes_.substr(0, size);
        bytes_.remove_prefix(size);
        return taken;
    }
    [[nodiscard]] bool failed() const { return failed_; }
    [[nodiscard]] bool empty() const { return bytes_.empty(); }

private:
    std::string_view bytes_;
    bool failed_ = false;
};

void read_extensions(std::string_view bytes, TlsServerHello& hello) {
    Reader reader(bytes);
    while (!reader.empty()) {
        const auto type = static_cast<std::uint16_t>(reader.number(2));
        Reader body(reader.take(reader.number(2)));
        if (type == supported_versions) hello.version = static_cast<std::uint16_t>(body.number(2));
        if (type == key_share) hello.group = static_cast<std::uint16_t>(body.number(2));
    }
}

}  // namespace

std::optional<TlsServerHello> parse_server_hello(std::string_view message) {
    Reader reader(message);
    if (reader.number(1) != server_hello) return std::nullopt;
    Reader body(reader.take(reader.number(3)));
    TlsServerHello hello;
    hello.version = static_cast<std::uint16_t>(body.number(2));
    hello.retry = body.take(32) == retry_random;
    (void)body.take(body.number(1));  // session id
    hello.cipher = static_cast<std::uint16_t>(body.number(2));
    (void)body.number(1);  // compression
    if (reader.failed() || body.failed()) return std::nullopt;
    if (!body.empty()) read_extensions(body.take(body.number(2)), hello);
    return hello;
}

std::optional<TlsKeyExchange> parse_server_key_exchange(std::string_view message, TlsExchangeKind kind) {
    Reader reader(message);
    if (reader.number(1) != server_key_exchange) return std::nullopt;
    Reader body(reader.take(reader.number(3)));
    TlsKeyExchange exchange;
    if (kind == TlsExchangeKind::ecdhe) {
        if (body.number(1) != named_curve) return std::nullopt;
        exchange.group = static_cast<std::uint16_t>(body.number(2));
    } else {
        std::string_view prime = body.take(body.number(2));
        while (!prime.empty() && prime.front() == '\0')
            prime.remove_prefix(1);
        if (prime.empty()) return std::nullopt;
        exchange.dh_bits = static_cast<std::uint32_t>((prime.size() - 1) * 8) +
                           static_cast<std::uint32_t>(std::bit_width(static_cast<std::uint8_t>(prime.front())));
    }
    if (reader.failed() || body.failed()) return std::nullopt;
    return exchange;
}

}  // namespace integrityd
