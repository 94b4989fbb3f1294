#include "core/dm_table.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <fcntl.h>
#include <memory>
#include <optional>
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

// Lines and words are the form in which it is told.
std::string printable(std::string_view text) {
    std::string shown(text);
    std::ranges::replace_if(
        shown, [](char each) { return each < ' ' || each > '~'; }, '?');
    return shown;
}

std::string line_of(const dm_target_spec& target, std::string_view parameters) {
    const std::string_view type = text_at(target.target_type, sizeof target.target_type);
    const std::string told = without_keys(type, parameters);
    return std::to_string(target.sector_start) + " " + std::to_string(target.length) + " " + printable(type) +
           (told.empty() ? "" : " " + printable(told)) + "\n";
}

// The targets stand one after the other, each with the distance of the next from the first one's beginning. A line less
// than there are targets would be a table that nobody loaded.
std::optional<std::string> targets_of(std::span<const char> data, std::uint32_t count) {
    std::string lines;
    std::size_t at = 0;
    for (std::uint32_t i = 0; i < count; ++i) {
        dm_target_spec target{};
        if (at > data.size() || data.size() - at < sizeof target) return std::nullopt;
        std::memcpy(&target, data.data() + at, sizeof target);
        const std::size_t begin = at + sizeof target;
        if (target.next < begin) return std::nullopt;
        // Of the last one the kernel rounds the distance up, beyond the end of what it wrote.
        const std::size_t end = std::min<std::size_t>(target.next, data.size());
        const std::string_view parameters = text_at(data.data() + begin, end - begin);
        if (parameters.size() == end - begin) return std::nullopt;  // its end was cut off
        lines += line_of(target, parameters);
        at = target.next;
    }
    return lines;
}

std::optional<std::string> text_of(std::span<const char> answer) {
    dm_ioctl head{};
    std::memcpy(&head, answer.data(), sizeof head);
    // Where there is no table the kernel leaves the two numbers as they came, or smaller.
    const std::size_t end = std::min<std::size_t>(head.data_size, answer.size());
    const std::size_t begin = std::min<std::size_t>(std::max<std::size_t>(head.data_start, sizeof head), end);
    const auto lines = targets_of(answer.subspan(begin, end - begin), head.target_count);
    if (!lines) return std::nullopt;
    return "device " + std::to_string(major(head.dev)) + ":" + std::to_string(minor(head.dev)) + " " +
           printable(text_at(head.uuid, sizeof head.uuid)) + "\n" + *lines;
}

int ask_kernel(int control, std::span<char> question) {
    return ioctl(control, DM_TABLE_STATUS, question.data()) < 0 ? errno : 0;
}

// Of the device that the head names.
Result<std::string> ask_for(Buffer& buffer, const std::string& shown, const DmQuestion& ask) {
    dm_ioctl& head = buffer.head();
    // The least version that every kernel since 2.6.32 answers; DM_SECURE_DATA_FLAG has the kernel wipe its own copy.
    head.version[0] = 4;
    head.data_size = buffer_size;
    head.data_start = sizeof head;
    head.flags = DM_STATUS_TABLE_FLAG | DM_SECURE_DATA_FLAG;
    if (const int error = ask(buffer.bytes); error != 0) return failed(shown, error);
    if ((head.flags & DM_BUFFER_FULL_FLAG) != 0) return failed(shown, EMSGSIZE);
    auto text = text_of(buffer.bytes);
    if (!text) return failed(shown, EPROTO);
    return std::move(*text);
}

Result<UniqueFd> open_control() {
    UniqueFd control(::open("/dev/mapper/control", O_RDONLY | O_CLOEXEC));
    // ENXIO would say that there is no such mapping, and not that there is no device-mapper.
    if (!control) return failed("/dev/mapper/control", errno == ENXIO ? ENODEV : errno);
    return control;
}

}  // namespace

std::string without_keys(std::string_view type, std::string_view parameters) {
    if (std::ranges::find(plain, type) != plain.end()) return std::string(parameters);
    if (type != "crypt") return "";
    const std::string cipher(next_word(parameters));
    const std::size_t size = key_size(next_word(parameters));
    return cipher + " " + std::to_string(size) + std::string(parameters);
}

Result<std::string> read_dm_table(const std::string& name, const DmQuestion& ask) {
    if (name.empty() || name.size() >= sizeof dm_ioctl::name) return failed(name, EINVAL);
    const auto buffer = std::make_unique<Buffer>();
    name.copy(buffer->head().name, name.size());
    return ask_for(*buffer, name, ask);
}

Result<std::string> read_dm_table(const std::string& name) {
    const auto control = open_control();
    if (!control) return control.error();
    return read_dm_table(name, [&](std::span<char> question) { return ask_kernel(control->get(), question); });
}

Result<std::string> read_dm_table(dev_t device) {
    const std::string shown = std::to_string(major(device)) + ":" + std::to_string(minor(device));
    // Numbers of major 0 are of file systems without a device; the kernel would take 0:0 for no number.
    if (major(device) == 0) return failed(shown, ENXIO);
    const auto control = open_control();
    if (!control) return control.error();
    const auto buffer = std::make_unique<Buffer>();
    buffer->head().dev = device;
    return ask_for(*buffer, shown, [&](std::span<char> question) { return ask_kernel(control->get(), question); });
}

}  // namespace integrityd
