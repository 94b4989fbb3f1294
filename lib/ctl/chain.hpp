// The hash chain of exported events, recomputed without the daemon.
//
// A line is the canonical JSON of an event; its hash is SHA-256 over the hash before it (32 raw bytes, zeros at first)
// and the line. A first line "# HASH" gives the hash before the oldest event that was kept.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace integrityctl {

class Chain {
public:
    // Of an event; longer is none. The daemon tells at most 1 MiB in an answer.
    static constexpr std::size_t max_line = 1 << 20;

    // False: the line does not belong here, and error() says why. Lines after that are not taken.
    bool add(std::string_view line);

    [[nodiscard]] const std::string& error() const { return error_; }
    [[nodiscard]] std::uint64_t checked() const { return checked_; }
    [[nodiscard]] std::uint64_t first() const { return first_; }
    [[nodiscard]] std::uint64_t last() const { return last_; }
    [[nodiscard]] const std::string& stream() const { return stream_; }
    // The hash of the last event, lower-case hex.
    [[nodiscard]] std::string head() const;

private:
    bool refuse(std::string_view why);
    bool begin(std::string_view line);

    std::array<unsigned char, 32> hash_{};
    std::uint64_t lines_ = 0;
    std::uint64_t checked_ = 0;
    std::uint64_t first_ = 0;
    std::uint64_t last_ = 0;
    std::string stream_;
    std::string error_;
};

}  // namespace integrityctl
