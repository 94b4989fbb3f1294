#include "sources/sealed_object.hpp"

#include <array>
#include <optional>

#include "sources/hash_of.hpp"

namespace integrityd {

namespace {

// A sealed object's public part has 46 bytes of its own and two digests; its private part some 200. TPM2B_MAX_BUFFER.
constexpr std::size_t most_bytes = 4096;
constexpr std::uint16_t alg_keyedhash = 0x0008;

struct Algorithm {
    std::uint16_t id;
    std::string_view name;
};
constexpr std::array algorithms = {Algorithm{0x0004, "sha1"}, Algorithm{0x000b, "sha256"}, Algorithm{0x000c, "sha384"},
                                   Algorithm{0x000d, "sha512"}, Algorithm{0x0012, "sm3_256"}};

// Takes numbers and sized buffers from the front of a text; once something is missing, all is.
class Cursor {
public:
    explicit Cursor(std::string_view bytes) : rest_(bytes) {}

    std::string_view take(std::size_t size) {
        if (size > rest_.size()) good_ = false;
        const std::string_view taken = rest_.substr(0, good_ ? size : 0);
        rest_.remove_prefix(taken.size());
        return taken;
    }
    std::uint32_t number(std::size_t bytes) {
        std::uint32_t value = 0;
        for (const char byte : take(bytes))
            value = value << 8 | static_cast<unsigned char>(byte);
        return value;
    }
    std::string_view sized() { return take(number(2)); }
    [[nodiscard]] bool good() const { return good_; }
    [[nodiscard]] bool at_end() const { return good_ && rest_.empty(); }

private:
    std::string_view rest_;
    bool good_ = true;
};

std::string_view name_of(std::uint32_t id) {
    for (const Algorithm& each : algorithms)
        if (each.id == id) return each.name;
    return "";
}

Result<SealedObject> parse_area(std::string_view area) {
    Cursor cursor(area);
    SealedObject object;
    const auto type = cursor.number(2);
    object.name_algorithm = name_of(cursor.number(2));
    object.attributes = cursor.number(4);
    object.auth_policy = cursor.sized();
    if (!cursor.good()) return Error{"the sealed object is cut"};
    if (type != alg_keyedhash) return Error{"the sealed object is of another type"};
    if (object.name_algorithm.empty()) return Error{"the sealed object names an unknown algorithm"};
    const std::size_t size = object.auth_policy.size();
    if (size != 0 && size != hash_size(object.name_algorithm)) return Error{"the policy has a wrong size"};
    return object;
}

}  // namespace

Result<SealedObject> parse_sealed_public(std::string_view bytes) {
    if (bytes.size() > most_bytes) return Error{"the sealed object is too large"};
    Cursor cursor(bytes);
    const std::string_view area = cursor.sized();
    if (!cursor.at_end()) return Error{"the sealed object is cut, or something follows it"};
    return parse_area(area);
}

Result<SealedObject> parse_sealed_blob(std::string_view bytes) {
    if (bytes.size() > most_bytes) return Error{"the sealed object is too large"};
    Cursor cursor(bytes);
    (void)cursor.sized();
    const std::string_view area = cursor.sized();
    if (!cursor.at_end()) (void)cursor.sized();
    if (!cursor.at_end()) return Error{"the sealed object is cut, or something follows it"};
    return parse_area(area);
}

}  // namespace integrityd
