#include "aide_run/protocol.hpp"

#include <algorithm>
#include <cassert>
#include <charconv>

namespace integrityd {

namespace {

constexpr std::size_t ended_size = 2;
constexpr char by_exit = 0;
constexpr char by_signal = 1;

bool is_last(AideFrame type) {
    return type == AideFrame::ended || type == AideFrame::refused;
}

bool size_fits(AideFrame type, std::size_t size) {
    if (type == AideFrame::ended) return size == ended_size;
    return size <= (type == AideFrame::refused ? aide_reason_limit : aide_frame_limit);
}

}  // namespace

std::optional<AideVerb> aide_verb(std::string_view word) {
    const auto found = std::find(aide_verb_words.begin(), aide_verb_words.end(), word);
    if (found == aide_verb_words.end()) return std::nullopt;
    return static_cast<AideVerb>(found - aide_verb_words.begin());
}

std::optional<AideRequest> parse_aide_request(std::string_view line) {
    const std::size_t space = line.find(' ');
    const auto verb = aide_verb(line.substr(0, space));
    const bool sized = space != std::string_view::npos;
    if (!verb || sized != (*verb == AideVerb::paths)) return std::nullopt;
    AideRequest request{*verb, 0};
    if (!sized) return request;
    const std::string_view digits = line.substr(space + 1);
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), request.payload_size);
    const bool whole = error == std::errc() && end == digits.data() + digits.size() && !digits.starts_with('0');
    return whole && request.payload_size <= aide_payload_limit ? std::optional(request) : std::nullopt;
}

std::string aide_request(AideVerb verb, std::string_view payload) {
    std::string request(aide_verb_words.at(static_cast<std::size_t>(verb)));
    if (verb == AideVerb::paths) request += ' ' + std::to_string(payload.size());
    return request.append("\n").append(payload);
}

std::array<char, aide_frame_header_size> aide_frame_header(AideFrame type, std::size_t size) {
    assert(size_fits(type, size));
    const auto byte = [size](unsigned shift) { return static_cast<char>((size >> shift) & 0xFF); };
    return {static_cast<char>(type), byte(24), byte(16), byte(8), byte(0)};
}

Result<void> AideFrameReader::take(std::string_view bytes, const Sink& sink) {
    while (!bytes.empty()) {
        if (ending_) return Error{"more came after the last frame"};
        if (header_.size() < aide_frame_header_size) {
            header_.push_back(bytes.front());
            bytes.remove_prefix(1);
            if (auto begun = begin_frame(); !begun) return begun;
            continue;
        }
        const auto piece = bytes.substr(0, left_);
        bytes.remove_prefix(piece.size());
        left_ -= piece.size();
        if (is_last(type_))
            last_ += piece;
        else
            sink(type_, piece);
        if (auto ended = end_frame(); !ended) return ended;
    }
    return {};
}

Result<void> AideFrameReader::begin_frame() {
    if (header_.size() < aide_frame_header_size) return {};
    type_ = static_cast<AideFrame>(header_[0]);
    left_ = 0;
    for (std::size_t index = 1; index < aide_frame_header_size; ++index)
        left_ = left_ << 8 | static_cast<unsigned char>(header_[index]);
    const bool known = type_ == AideFrame::output || type_ == AideFrame::errors || is_last(type_);
    if (!known || !size_fits(type_, left_)) return Error{"not a frame of this protocol"};
    return end_frame();
}

Result<void> AideFrameReader::end_frame() {
    if (left_ > 0) return {};
    header_.clear();
    if (!is_last(type_)) return {};
    AideEnding ending;
    if (type_ == AideFrame::refused) {
        ending.refused = last_.empty() ? "no reason was given" : last_;
    } else if (last_[0] == by_exit || last_[0] == by_signal) {
        auto& number = last_[0] == by_exit ? ending.exit_status : ending.signal;
        number = static_cast<unsigned char>(last_[1]);
    } else {
        return Error{"neither an exit status nor a signal"};
    }
    ending_ = std::move(ending);
    return {};
}

}  // namespace integrityd
