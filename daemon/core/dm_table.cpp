#include "core/dm_table.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <fcntl.h>
#include <memory>
#include <span>
#include <sys/ioctl.h>
#include <sys/sysmacros.h>

#include <linux/dm-ioctl.h>

#include "core/unique_fd.hpp"

namespace integrityd {

namespace {

// A crypt target is some 200 bytes; a volume of many parts (LVM) has a line each. More is none of ours.
constexpr std::size_t buffer_size = 64U << 10;

// Told with their parameters: none of them takes a key.
constexpr std::array<std::string_view, 5> plain = {"linear", "verity", "error", "zero", "striped"};

Error failed(const std::string& name, int code) {
    return Error{"device-mapper: " + name + ": " + std::strerror(code), code};
}

// What the kernel wrote may hold a key: it does not stay in our memory.
struct Buffer {
    alignas(dm_ioctl) std::array<char, buffer_size> bytes{};

    Buffer() = default;
    Buffer(const Buffer&) = delete;
    Buffer& operator=(const Buffer&) = delete;
    ~Buffer() { explicit_bzero(bytes.data(), bytes.size()); }

    dm_ioctl& head() { return *reinterpret_cast<dm_ioctl*>(bytes.data()); }
};

std::string_view text_at(const char* begin, std::size_t most) {
    return {begin, strnlen(begin, most)};
}

std::string_view next_word(std::string_view& text) {
    const std::size_t begin = std::min(text.find_first_not_of(' '), text.size());
    text.remove_prefix(begin);
    const std::string_view word = text.substr(0, text.find(' '));
    text.remove_prefix(word.size());
    return word;
}

// ":SIZE:TYPE:NAME" of a key in the kernel's keyring, or hex digits; "-" is none.
std::size_t key_size(std::string_view key) {
    if (!key.starts_with(':')) return key == "-" ? 0 : key.size() / 2;
    std::size_t size = 0;
    const std::string_view number = key.substr(1, key.find(':', 1) - 1);
    (void)std::from_chars(number.data(), number.data() + number.size(), size);
    return size;
}

// The targets stand one after the other, each with the distance of the next from the first one's beginning.
std::string targets_of(std::span<const char> data, std::uint32_t count) {
    std::string lines;
    std::size_t at = 0;
    for (std::uint32_t i = 0; i < count && at + sizeof(dm_target_spec) < data.size(); ++i) {
        dm_target_spec target{};
        std::memcpy(&target, data.data() + at, sizeof target);
        const std::size_t begin = at + sizeof target;
        const std::string_view type = text_at(target.target_type, sizeof target.target_type);
        const std::string told = without_keys(type, text_at(data.data() + begin, data.size() - begin));
        lines += std::to_string(target.sector_start) + " " + std::to_string(target.length) + " " + std::string(type) +
                 (told.empty() ? "" : " " + told) + "\n";
        if (target.next <= at) break;
        at = target.next;
    }
    return lines;
}

std::string text_of(Buffer& buffer) {
    const dm_ioctl& head = buffer.head();
    const std::size_t end = std::min<std::size_t>(head.data_size, buffer.bytes.size());
    const std::size_t begin = std::min<std::size_t>(head.data_start, end);
    return "device " + std::to_string(major(head.dev)) + ":" + std::to_string(minor(head.dev)) + " " +
           std::string(text_at(head.uuid, sizeof head.uuid)) + "\n" +
           targets_of(std::span(buffer.bytes).subspan(begin, end - begin), head.target_count);
}

// Of the device that the head names.
Result<std::string> ask(Buffer& buffer, const std::string& shown) {
    const UniqueFd control(::open("/dev/mapper/control", O_RDONLY | O_CLOEXEC));
    if (!control) return failed("/dev/mapper/control", errno);
    dm_ioctl& head = buffer.head();
    // The least version that every kernel since 2.6.32 answers; DM_SECURE_DATA_FLAG has the kernel wipe its own copy.
    head.version[0] = 4;
    head.data_size = buffer_size;
    head.data_start = sizeof head;
    head.flags = DM_STATUS_TABLE_FLAG | DM_SECURE_DATA_FLAG;
    if (ioctl(control.get(), DM_TABLE_STATUS, &head) < 0) return failed(shown, errno);
    if ((head.flags & DM_BUFFER_FULL_FLAG) != 0) return failed(shown, EMSGSIZE);
    return text_of(buffer);
}

}  // namespace

std::string without_keys(std::string_view type, std::string_view parameters) {
    if (std::ranges::find(plain, type) != plain.end()) return std::string(parameters);
    if (type != "crypt") return "";
    const std::string cipher(next_word(parameters));
    const std::size_t size = key_size(next_word(parameters));
    return cipher + " " + std::to_string(size) + std::string(parameters);
}

Result<std::string> read_dm_table(const std::string& name) {
    const auto buffer = std::make_unique<Buffer>();
    dm_ioctl& head = buffer->head();
    if (name.empty() || name.size() >= sizeof head.name) return failed(name, EINVAL);
    name.copy(head.name, name.size());
    return ask(*buffer, name);
}

Result<std::string> read_dm_table(dev_t device) {
    const std::string shown = std::to_string(major(device)) + ":" + std::to_string(minor(device));
    // Numbers of major 0 are of file systems without a device; the kernel would take 0:0 for no number.
    if (major(device) == 0) return failed(shown, ENXIO);
    const auto buffer = std::make_unique<Buffer>();
    buffer->head().dev = device;
    return ask(*buffer, shown);
}

}  // namespace integrityd
