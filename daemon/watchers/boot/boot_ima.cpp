#include "watchers/boot/boot_ima.hpp"

#include <array>
#include <cerrno>
#include <unistd.h>

#include "catalogue_kinds.hpp"
#include "core/escape.hpp"

namespace integrityd {

namespace {

// Files that are told one by one; of more the number is told.
constexpr std::size_t most_violations = 64;
constexpr std::size_t most_wrong = 16;
constexpr std::size_t longest_path = 512;
constexpr std::size_t block = 1U << 16;

std::string path_of(const ImaEntry& entry) {
    const auto file = parse_ima_file(entry);
    return file ? escape_cut(file->path, longest_path) : escape_cut(entry.template_name, longest_path);
}

// Banks in which the TPM says what PCR 10 is, of those that can be computed here.
std::vector<HashAlgorithm> banks_with_ima(const PcrValuesByBank& now) {
    std::vector<HashAlgorithm> banks;
    for (const auto& [bank, pcrs] : now) {
        if (pcrs.contains(ima_pcr) && TcgHash::make(bank)) banks.push_back(bank);
    }
    return banks;
}

Observation mismatch(std::string subject, std::string summary) {
    return {&kinds::boot_ima_mismatch, std::move(subject), std::move(summary), {}, {}, std::nullopt};
}

}  // namespace

std::string_view to_string(ImaState state) {
    switch (state) {
        case ImaState::none:
            return "none";
        case ImaState::unreadable:
            return "unreadable";
        case ImaState::follows:
            return "followed";
        case ImaState::without_tpm:
            return "without TPM";
        default:
            return "not read yet";
    }
}

void BootIma::begin(const std::vector<HashAlgorithm>& banks) {
    replay_.emplace(banks);
    reader_ = {};
    aggregate_.reset();
    violations_.clear();
    violations_count_ = 0;
    wrong_.clear();
    wrong_count_ = 0;
}

// A list that was followed and is there no more is none that never was.
bool BootIma::open(Opener& opener) {
    auto opened = opener.open(Resource::boot_ima_log);
    if (opened) {
        fd_ = std::move(*opened);
        return true;
    }
    state_ = opened.error().code == ENOENT && !replay_ ? ImaState::none : ImaState::unreadable;
    reason_ = opened.error().message;
    return false;
}

void BootIma::leave_unread() {
    fd_.reset();
    state_ = ImaState::unread;
}

void BootIma::read(Opener& opener, const PcrValuesByBank& now, const PcrValuesByBank& at_boot) {
    const std::vector<HashAlgorithm> banks = banks_with_ima(now);
    // A bank that the replay does not have needs the list from its beginning.
    if (fd_ && !replay_->replays(banks)) fd_.reset();
    if (!fd_) {
        if (!open(opener)) return;
        if (banks.empty()) return leave_unread();
        begin(banks);
    }
    for (const HashAlgorithm bank : banks)
        replay_->await(bank, *find_pcr(now, bank, ima_pcr));
    state_ = ImaState::follows;
    read_on(at_boot);
    unmet_ = replay_->unmet();
    if (state_ == ImaState::follows && aggregate_ == BootAggregate::without_tpm) state_ = ImaState::without_tpm;
}

void BootIma::read_on(const PcrValuesByBank& at_boot) {
    std::array<char, block> bytes;
    for (;;) {
        const ssize_t got = ::read(fd_.get(), bytes.data(), bytes.size());
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) {
            state_ = ImaState::unreadable;
            reason_ = "the list of measured files cannot be read";
            fd_.reset();
            return;
        }
        if (got == 0) return;
        const bool whole = reader_.feed({bytes.data(), static_cast<std::size_t>(got)},
                                        [&](const ImaEntry& entry) { take(entry, at_boot); });
        if (!whole) return;
    }
}

void BootIma::take(const ImaEntry& entry, const PcrValuesByBank& at_boot) {
    if (entry.number == 0) {
        const auto file = parse_ima_file(entry);
        if (file && file->path == "boot_aggregate") {
            aggregate_ =
                check_boot_aggregate(*file, [&](HashAlgorithm bank, std::uint32_t pcr) -> std::optional<TcgDigest> {
                    const TcgDigest* const value = find_pcr(at_boot, bank, pcr);
                    return value == nullptr ? std::nullopt : std::optional(*value);
                });
        }
    }
    if (entry.violation) take_violation(entry);
    if (!replay_->add(entry, reader_.algorithm())) take_wrong(entry);
}

void BootIma::take_violation(const ImaEntry& entry) {
    ++violations_count_;
    const std::string path = path_of(entry);
    if (const auto known = violations_.find(path); known != violations_.end())
        ++known->second;
    else if (violations_.size() < most_violations)
        violations_[path] = 1;
}

void BootIma::take_wrong(const ImaEntry& entry) {
    ++wrong_count_;
    if (wrong_.size() < most_wrong)
        wrong_.push_back("entry " + std::to_string(entry.number) + " (" + path_of(entry) + ")");
}

std::vector<Observation> BootIma::judge() const {
    std::vector<Observation> seen;
    for (const auto& [path, count] : violations_) {
        // The number grows with each reading; that it happened is the evidence.
        Observation each{&kinds::boot_ima_violation, path, "written while it was measured: " + path, {}, {}, {}};
        each.context["times"] = count;
        seen.push_back(std::move(each));
    }
    if (!reader_.problem().empty()) {
        seen.push_back(mismatch("list", "the list of measured files is malformed: " + reader_.problem()));
        seen.back().evidence["problem"] = reader_.problem();
        return seen;
    }
    if (wrong_count_ > 0) {
        seen.push_back(mismatch("entries", "the list of measured files was altered: the digest of " + wrong_.front() +
                                               " is not that of its data"));
        seen.back().evidence["entries"] = text_list(wrong_);
        seen.back().evidence["count"] = wrong_count_;
    }
    if (!unmet_.empty() && state_ == ImaState::follows) {
        seen.push_back(mismatch("pcr10", "the list of measured files does not lead to what the TPM has in PCR 10"));
        ValueList banks;
        for (const HashAlgorithm bank : unmet_)
            banks.emplace_back(hash_name(bank));
        seen.back().evidence["banks"] = std::move(banks);
    }
    if (aggregate_ == BootAggregate::differs)
        seen.push_back(mismatch("boot_aggregate", "the list of measured files begins with another boot's PCRs"));
    return seen;
}

ValueMap BootIma::report() const {
    ValueMap out{{"state", to_string(state_)},
                 {"entries", reader_.entries()},
                 {"violations", violations_count_},
                 {"altered", wrong_count_},
                 {"matches", state_ == ImaState::follows && unmet_.empty() && reader_.problem().empty()}};
    if (state_ == ImaState::none || state_ == ImaState::unreadable) out["reason"] = escape_cut(reason_, longest_path);
    return out;
}

}  // namespace integrityd
