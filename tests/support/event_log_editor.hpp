// Event logs as values: taken apart, changed and put together again; or made from nothing.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "sources/event_log.hpp"
#include "sources/event_types.hpp"
#include "sources/tcg_hash.hpp"

namespace integrityd::test {

inline std::string little(std::uint64_t value, std::size_t size) {
    std::string out;
    for (std::size_t i = 0; i < size; ++i, value >>= 8U)
        out += static_cast<char>(value & 0xffU);
    return out;
}

inline std::string utf16(std::string_view ascii) {
    std::string out;
    for (const char c : ascii)
        out += std::string{c, '\0'};
    return out;
}

inline std::string digest_of(HashAlgorithm algorithm, std::string_view bytes) {
    return std::string(TcgHash::make(algorithm)->digest({bytes}).view());
}

// UEFI_VARIABLE_DATA.
inline std::string variable_data(std::string_view name, std::string_view value, const std::string& guid = {}) {
    return (guid.empty() ? std::string(16, '\x11') : guid) + little(name.size(), 8) + little(value.size(), 8) +
           utf16(name) + std::string(value);
}

// EFI_SIGNATURE_LIST with certificates (any bytes) of one size.
inline std::string signature_list(const std::vector<std::string>& certificates) {
    const std::string x509("\xa1\x59\xc0\xa5\xe4\x94\xa7\x4a\x87\xb5\xab\x15\x5c\x2b\xf0\x72", 16);
    std::string out;
    for (const auto& certificate : certificates) {
        const std::uint64_t size = 16 + certificate.size();
        out += x509 + little(28 + size, 4) + little(0, 4) + little(size, 4) + std::string(16, '\x22') + certificate;
    }
    return out;
}

// A list of SHA-256 digests, as in dbx.
inline std::string hash_list(const std::vector<std::string>& digests) {
    const std::string sha256("\x26\x16\xc4\xc1\x4c\x50\x92\x40\xac\xa9\x41\xf9\x36\x93\x43\x28", 16);
    std::string out = sha256 + little(28 + digests.size() * 48, 4) + little(0, 4) + little(48, 4);
    for (const auto& digest : digests)
        out += std::string(16, '\x33') + digest;
    return out;
}

struct EditedEvent {
    std::uint32_t pcr = 0;
    std::uint32_t type = 0;
    std::vector<std::pair<HashAlgorithm, std::string>> digests;
    std::string data;
};

struct EditedLog {
    std::vector<HashAlgorithm> algorithms = {tcg::sha1, tcg::sha256};
    std::vector<EditedEvent> events;  // without the specification event

    EditedLog() = default;
    // Of a crypto-agile log.
    explicit EditedLog(std::string_view bytes) {
        const EventLog log = parse_event_log(bytes);
        algorithms = log.algorithms;
        for (std::size_t i = 1; i < log.events.size(); ++i) {
            const LogEvent& from = log.events[i];
            EditedEvent event{from.pcr, from.type, {}, std::string(from.data)};
            for (const HashAlgorithm algorithm : algorithms)
                event.digests.emplace_back(algorithm, log.digest(from, algorithm));
            events.push_back(std::move(event));
        }
    }

    // An event whose digest is that of `measured`.
    EditedEvent& add(std::uint32_t pcr, std::uint32_t type, const std::string& data, std::string_view measured) {
        EditedEvent event{pcr, type, {}, data};
        for (const HashAlgorithm algorithm : algorithms)
            event.digests.emplace_back(algorithm, digest_of(algorithm, measured));
        events.push_back(std::move(event));
        return events.back();
    }
    // An event whose digest is that of its data.
    EditedEvent& add(std::uint32_t pcr, std::uint32_t type, const std::string& data) {
        return add(pcr, type, data, data);
    }

    // The first event of this PCR and type, from `after` on.
    [[nodiscard]] std::size_t find(std::uint32_t pcr, std::uint32_t type, std::size_t after = 0) const {
        const auto found =
            std::find_if(events.begin() + static_cast<std::ptrdiff_t>(after), events.end(),
                         [&](const EditedEvent& event) { return event.pcr == pcr && event.type == type; });
        return static_cast<std::size_t>(found - events.begin());
    }

    [[nodiscard]] std::string bytes() const {
        std::string banks = little(algorithms.size(), 4);
        for (const HashAlgorithm algorithm : algorithms)
            banks += little(algorithm, 2) + little(digest_size(algorithm), 2);
        const std::string specification =
            std::string("Spec ID Event03\0", 16) + little(0, 4) + std::string("\0\2\0\2", 4) + banks + '\0';
        std::string out = little(0, 4) + little(event_type::no_action, 4) + std::string(20, '\0') +
                          little(specification.size(), 4) + specification;
        for (const EditedEvent& event : events) {
            out += little(event.pcr, 4) + little(event.type, 4) + little(event.digests.size(), 4);
            for (const auto& [algorithm, digest] : event.digests)
                out += little(algorithm, 2) + digest;
            out += little(event.data.size(), 4) + event.data;
        }
        return out;
    }
};

}  // namespace integrityd::test
