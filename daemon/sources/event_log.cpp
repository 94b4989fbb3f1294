#include "sources/event_log.hpp"

#include <algorithm>
#include <array>

#include "sources/event_types.hpp"
#include "sources/little_endian.hpp"

namespace integrityd {

namespace {

// With its NUL.
constexpr std::string_view agile_signature("Spec ID Event03\0", 16);
// Firmware has up to five banks; more is no log.
constexpr std::uint32_t most_algorithms = 16;
// The largest digest that an unknown algorithm may claim: what fits none of the known ones is no digest.
constexpr std::uint16_t largest_digest = 64;

// A cut event for PCR 0 begins with zeros as well; the type that follows has none of four.
constexpr std::size_t shortest_padding = 8;

class Parser {
public:
    explicit Parser(std::string_view bytes) : bytes_(bytes), at_(bytes), filled_from_(filled_from(bytes)) {}

    EventLog parse() {
        if (bytes_.empty()) return failed(LogEnd::truncated, "the log is empty");
        if (bytes_.size() > largest_event_log) return failed(LogEnd::corrupt, "the log is larger than 1 MiB");
        if (!first_event()) return std::move(log_);
        while (at_.left() > 0 && !padding()) {
            if (!(log_.form == LogForm::sha1 ? old_event() : agile_event())) break;
            log_.end_offset = at_.offset();
        }
        return std::move(log_);
    }

private:
    struct Size {
        HashAlgorithm algorithm;
        std::uint16_t size;
    };

    EventLog failed(LogEnd end, const std::string& why) {
        fail(end, why);
        return std::move(log_);
    }
    bool fail(LogEnd end, const std::string& why) {
        log_.end = end;
        log_.problem = why;
        return false;
    }
    std::string here() const { return "event " + std::to_string(log_.events.size()) + " at byte " + where(); }
    std::string where() const { return std::to_string(log_.end_offset); }
    bool cut() { return fail(LogEnd::truncated, here() + " reaches past the end of the log"); }

    // The first event has the old form in both.
    bool first_event() {
        log_.form = LogForm::sha1;
        if (!old_event()) return false;
        log_.end_offset = at_.offset();
        const LogEvent& first = log_.events.front();
        if (first.type != event_type::no_action || !first.data.starts_with(agile_signature)) {
            log_.algorithms = {tcg::sha1};
            return true;
        }
        log_.form = LogForm::crypto_agile;
        // Its digest is 20 zeros, of no bank.
        log_.events.front().digest_count = 0;
        log_.digests.clear();
        return specification(first.data.substr(agile_signature.size()));
    }

    // TCG_EfiSpecIDEventStruct behind its signature.
    bool specification(std::string_view data) {
        LittleEndian in(data);
        const bool fixed = in.u32() && in.take(4).has_value();  // platform class; version, errata, size of UINTN
        const auto count = fixed ? in.u32() : std::nullopt;
        if (!count) return fail(LogEnd::truncated, "the specification event is cut");
        if (*count == 0 || *count > most_algorithms)
            return fail(LogEnd::corrupt, "the specification event names " + std::to_string(*count) + " algorithms");
        for (std::uint32_t i = 0; i < *count; ++i) {
            const auto algorithm = in.u16();
            const auto size = algorithm ? in.u16() : std::nullopt;
            if (!size) return fail(LogEnd::truncated, "the specification event is cut");
            if (!add_size({*algorithm, *size})) return false;
        }
        const auto vendor = in.u8();
        if (!vendor || !in.take(*vendor)) return fail(LogEnd::truncated, "the specification event is cut");
        return true;
    }

    bool add_size(Size size) {
        const std::size_t expected = digest_size(size.algorithm);
        const bool known_otherwise = expected != 0 && expected != size.size;
        if (size.size == 0 || size.size > largest_digest || known_otherwise)
            return fail(LogEnd::corrupt, "the specification event gives an algorithm a wrong size of digest");
        if (size_of(size.algorithm) != 0) return fail(LogEnd::corrupt, "the specification event names a bank twice");
        sizes_.at(size_count_++) = size;
        log_.algorithms.push_back(size.algorithm);
        return true;
    }

    std::uint16_t size_of(HashAlgorithm algorithm) const {
        for (std::size_t i = 0; i < size_count_; ++i) {
            if (sizes_.at(i).algorithm == algorithm) return sizes_.at(i).size;
        }
        return 0;
    }

    // Behind the last byte that is another than the very last; where that is none that firmware fills with, the end.
    static std::size_t filled_from(std::string_view bytes) {
        if (bytes.empty() || (bytes.back() != '\0' && bytes.back() != '\xff')) return bytes.size();
        const std::size_t other = bytes.find_last_not_of(bytes.back());
        return other == std::string_view::npos ? 0 : other + 1;
    }

    bool padding() {
        if (at_.left() < shortest_padding || at_.offset() < filled_from_) return false;
        log_.end = LogEnd::padding;
        return true;
    }

    // TCG_PCClientPCREvent.
    bool old_event() {
        LogEvent event;
        if (!head(event)) return false;
        const auto digest = at_.take(digest_size(tcg::sha1));
        if (!digest) return cut();
        log_.digests.push_back({tcg::sha1, *digest});
        event.digest_count = 1;
        return data(event);
    }

    // TCG_PCR_EVENT2.
    bool agile_event() {
        LogEvent event;
        if (!head(event)) return false;
        const auto count = at_.u32();
        if (!count) return cut();
        if (*count > log_.algorithms.size())
            return fail(LogEnd::corrupt, here() + " has " + std::to_string(*count) + " digests, more than banks");
        for (std::uint32_t i = 0; i < *count; ++i) {
            if (!digest(event)) return false;
        }
        return data(event);
    }

    bool head(LogEvent& event) {
        event.offset = at_.offset();
        event.first_digest = log_.digests.size();
        const auto pcr = at_.u32();
        const auto type = pcr ? at_.u32() : std::nullopt;
        if (!type) return cut();
        const bool none = *pcr == no_pcr && *type == event_type::no_action;
        if (*pcr >= most_pcrs && !none) return fail(LogEnd::corrupt, here() + " is for PCR " + std::to_string(*pcr));
        event.pcr = *pcr;
        event.type = *type;
        return true;
    }

    bool digest(LogEvent& event) {
        const auto algorithm = at_.u16();
        if (!algorithm) return cut();
        const std::uint16_t size = size_of(*algorithm);
        if (size == 0) return fail(LogEnd::corrupt, here() + " has a digest of a bank that the log does not have");
        const bool twice = std::any_of(log_.digests.begin() + static_cast<std::ptrdiff_t>(event.first_digest),
                                       log_.digests.end(), [&](const auto& d) { return d.algorithm == *algorithm; });
        if (twice) return fail(LogEnd::corrupt, here() + " has two digests of one bank");
        const auto value = at_.take(size);
        if (!value) return cut();
        log_.digests.push_back({*algorithm, *value});
        ++event.digest_count;
        return true;
    }

    bool data(LogEvent& event) {
        const auto size = at_.u32();
        const auto taken = size ? at_.take(*size) : std::nullopt;
        if (!taken) return cut();
        event.data = *taken;
        log_.events.push_back(event);
        return true;
    }

    std::string_view bytes_;
    LittleEndian at_;
    std::size_t filled_from_;  // once: at each event the whole rest would be read
    EventLog log_;
    std::array<Size, most_algorithms> sizes_{};
    std::size_t size_count_ = 0;
};

}  // namespace

std::string_view EventLog::digest(const LogEvent& event, HashAlgorithm algorithm) const {
    for (std::size_t i = event.first_digest; i < event.first_digest + event.digest_count; ++i) {
        if (digests[i].algorithm == algorithm) return digests[i].value;
    }
    return {};
}

EventLog parse_event_log(std::string_view bytes) {
    return Parser(bytes).parse();
}

}  // namespace integrityd
