#include "chain.hpp"

#include <openssl/evp.h>

#include "json.hpp"

namespace integrityctl {

namespace {

constexpr std::string_view hash_prefix = "# ";

int digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool read_hash(std::string_view text, std::array<unsigned char, 32>& hash) {
    if (text.size() != 2 * hash.size()) return false;
    for (std::size_t i = 0; i < hash.size(); ++i) {
        const int high = digit(text[2 * i]);
        const int low = digit(text[2 * i + 1]);
        if (high < 0 || low < 0) return false;
        hash[i] = static_cast<unsigned char>(high << 4 | low);
    }
    return true;
}

bool hash_on(std::array<unsigned char, 32>& hash, std::string_view line) {
    std::string input(hash.begin(), hash.end());
    input += line;
    unsigned size = 0;
    return EVP_Digest(input.data(), input.size(), hash.data(), &size, EVP_sha256(), nullptr) == 1 &&
           size == hash.size();
}

}  // namespace

bool Chain::refuse(std::string_view why) {
    error_ = "line " + std::to_string(lines_) + ": ";
    error_ += why;
    return false;
}

bool Chain::begin(std::string_view line) {
    if (lines_ != 1) return refuse("the hash before the oldest event stands in the first line only");
    if (!read_hash(line.substr(hash_prefix.size()), hash_)) return refuse("no hash of 64 lower-case hex digits");
    return true;
}

bool Chain::add(std::string_view line) {
    if (!error_.empty()) return false;
    ++lines_;
    if (line.starts_with(hash_prefix)) return begin(line);
    if (line.size() > max_line) return refuse("longer than any event");
    const auto place = read_chain_place(line);
    if (!place) return refuse("not an event");
    if (lines_ == 1 && place->sequence != 1) {
        return refuse("begins with event " + std::to_string(place->sequence) +
                      " and not with the hash before it: was it exported with --after?");
    }
    if (checked_ > 0 && place->stream != stream_) return refuse("an event of another stream");
    if (checked_ > 0 && place->sequence != last_ + 1) {
        return refuse("event " + std::to_string(place->sequence) + " follows " + std::to_string(last_));
    }
    if (!hash_on(hash_, line)) return refuse("SHA-256 is not available");
    if (checked_++ == 0) first_ = place->sequence;
    last_ = place->sequence;
    stream_ = place->stream;
    return true;
}

std::string Chain::head() const {
    static constexpr char digits[] = "0123456789abcdef";
    std::string text;
    for (const unsigned char byte : hash_)
        text += {digits[byte >> 4], digits[byte & 15]};
    return text;
}

}  // namespace integrityctl
