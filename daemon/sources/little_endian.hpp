// LittleEndian: reads numbers and runs of bytes from a text that somebody else wrote; never past its end.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace integrityd {

class LittleEndian {
public:
    explicit LittleEndian(std::string_view bytes, std::size_t offset = 0)
        : bytes_(bytes), offset_(offset < bytes.size() ? offset : bytes.size()) {}

    [[nodiscard]] std::size_t offset() const { return offset_; }
    [[nodiscard]] std::size_t left() const { return bytes_.size() - offset_; }

    // None, and nothing is consumed, where it would reach past the end.
    std::optional<std::string_view> take(std::uint64_t count) {
        if (count > left()) return std::nullopt;
        const auto taken = bytes_.substr(offset_, static_cast<std::size_t>(count));
        offset_ += taken.size();
        return taken;
    }
    std::optional<std::uint8_t> u8() { return number<std::uint8_t>(); }
    std::optional<std::uint16_t> u16() { return number<std::uint16_t>(); }
    std::optional<std::uint32_t> u32() { return number<std::uint32_t>(); }
    std::optional<std::uint64_t> u64() { return number<std::uint64_t>(); }

private:
    template <typename T>
    std::optional<T> number() {
        const auto taken = take(sizeof(T));
        if (!taken) return std::nullopt;
        std::uint64_t value = 0;
        for (std::size_t i = sizeof(T); i-- > 0;)
            value = (value << 8U) | static_cast<std::uint8_t>((*taken)[i]);
        return static_cast<T>(value);
    }

    std::string_view bytes_;
    std::size_t offset_;
};

}  // namespace integrityd
