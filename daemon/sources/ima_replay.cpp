#include "sources/ima_replay.hpp"

#include <algorithm>

namespace integrityd {

namespace {

TcgHash sha1_hash() {
    return std::move(TcgHash::make(tcg::sha1).value());
}

TcgDigest zeros(HashAlgorithm algorithm) {
    return TcgDigest::filled(digest_size(algorithm), '\0');
}

}  // namespace

ImaReplay::ImaReplay(const std::vector<HashAlgorithm>& banks) : sha1_(sha1_hash()) {
    for (const HashAlgorithm algorithm : banks) {
        auto hash = TcgHash::make(algorithm);
        if (!hash) continue;
        const TcgDigest initial = zeros(algorithm);
        // With SHA-1 both are the same.
        banks_.push_back({std::move(*hash), initial, initial, true, algorithm != tcg::sha1, std::nullopt});
    }
}

bool ImaReplay::replays(const std::vector<HashAlgorithm>& banks) const {
    return std::ranges::all_of(banks, [&](HashAlgorithm wanted) { return value(wanted).has_value(); });
}

void ImaReplay::await(HashAlgorithm bank, const TcgDigest& value) {
    for (ImaBank& each : banks_) {
        if (each.hash.algorithm() != bank) continue;
        each.awaited = value;
        meet(each);
    }
}

// Before the first entry both are the same, and nothing is decided.
void ImaReplay::meet(ImaBank& bank) {
    if (!bank.awaited) return;
    const bool own = bank.may_be_own && bank.value == *bank.awaited;
    const bool padded = bank.may_be_padded && bank.padded == *bank.awaited;
    if (!own && !padded) return;
    bank.may_be_own = own;
    bank.may_be_padded = padded;
    bank.awaited.reset();
}

bool ImaReplay::add(const ImaEntry& entry, HashAlgorithm list) {
    const TcgDigest sha1 = ima_template_digest(sha1_, entry);
    bool right = entry.violation;
    if (!right && list == tcg::sha1) {
        right = sha1.view() == entry.template_digest;
    } else if (!right) {
        if (!list_ || list_->algorithm() != list) list_ = TcgHash::make(list);
        right = list_ && ima_template_digest(*list_, entry).view() == entry.template_digest;
    }
    if (entry.pcr != ima_pcr) return right;
    for (ImaBank& bank : banks_)
        extend(bank, entry, sha1);
    return right;
}

// A violation is extended as all ones, so that nothing can be sealed to what may have been read.
void ImaReplay::extend(ImaBank& bank, const ImaEntry& entry, const TcgDigest& sha1) {
    const HashAlgorithm algorithm = bank.hash.algorithm();
    const TcgDigest ones = TcgDigest::filled(digest_size(algorithm), '\xff');
    if (bank.may_be_own) {
        const bool known = algorithm == tcg::sha1;
        const TcgDigest with = entry.violation ? ones : (known ? sha1 : ima_template_digest(bank.hash, entry));
        bank.hash.extend(bank.value, with.view());
    }
    if (bank.may_be_padded) {
        // Before 5.8 a violation was 20 bytes of ones, filled up with zeros as well.
        TcgDigest with = zeros(algorithm);
        const TcgDigest first = entry.violation ? TcgDigest::filled(digest_size(tcg::sha1), '\xff') : sha1;
        std::copy_n(first.bytes.begin(), std::min(first.size, with.size), with.bytes.begin());
        bank.hash.extend(bank.padded, with.view());
    }
    meet(bank);
}

std::vector<HashAlgorithm> ImaReplay::unmet() const {
    std::vector<HashAlgorithm> out;
    for (const ImaBank& bank : banks_) {
        if (bank.awaited) out.push_back(bank.hash.algorithm());
    }
    return out;
}

std::optional<TcgDigest> ImaReplay::value(HashAlgorithm bank) const {
    for (const ImaBank& each : banks_) {
        if (each.hash.algorithm() == bank) return each.may_be_own ? each.value : each.padded;
    }
    return std::nullopt;
}

BootAggregate check_boot_aggregate(const ImaFile& file, const PcrValues& pcrs) {
    if (file.digest.find_first_not_of('\0') == std::string_view::npos) return BootAggregate::without_tpm;
    const auto algorithm = parse_hash_name(file.algorithm);
    auto hash = algorithm ? TcgHash::make(*algorithm) : std::nullopt;
    if (!hash || file.digest.size() != digest_size(*algorithm)) return BootAggregate::unknown;
    for (const std::uint32_t count : {8U, 10U}) {
        hash->begin();
        for (std::uint32_t pcr = 0; pcr < count; ++pcr) {
            const auto value = pcrs(*algorithm, pcr);
            if (!value) return BootAggregate::unknown;
            hash->add(value->view());
        }
        if (hash->finish().view() == file.digest) return BootAggregate::matches;
    }
    return BootAggregate::differs;
}

}  // namespace integrityd
