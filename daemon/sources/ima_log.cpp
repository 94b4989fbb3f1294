#include "sources/ima_log.hpp"

#include <algorithm>
#include <array>

#include "sources/little_endian.hpp"

namespace integrityd {

namespace {

// IMA_TEMPLATE_NAME_LEN_MAX is 16, but a format of one's own ("d-ng|n-ng|sig|…") is its name too.
constexpr std::uint32_t longest_template_name = 255;
constexpr std::string_view oldest_template = "ima";
constexpr std::size_t oldest_digest = 20;
// IMA_EVENT_NAME_LEN_MAX + 1
constexpr std::size_t oldest_name = 256;

bool is_name(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, [](char c) { return c > ' ' && c <= '~'; });
}

// Whether an entry's head with digests of this size can begin here; none: too few bytes to say.
std::optional<bool> fits(std::string_view bytes, std::size_t size) {
    LittleEndian in(bytes, 4);
    const auto length = in.take(size) ? in.u32() : std::nullopt;
    if (!length) return std::nullopt;
    if (*length == 0 || *length > longest_template_name) return false;
    const auto name = in.take(*length);
    if (!name) return std::nullopt;
    return is_name(*name);
}

// A field is its length and its bytes.
std::optional<std::string_view> field(LittleEndian& in) {
    const auto size = in.u32();
    return size ? in.take(*size) : std::nullopt;
}

std::string_view until_nul(std::string_view text) {
    return text.substr(0, text.find('\0'));
}

}  // namespace

std::size_t ImaLogReader::fail(const std::string& why) {
    problem_ = "entry " + std::to_string(entries_) + ": " + why;
    return 0;
}

bool ImaLogReader::find_algorithm(std::string_view bytes) {
    bool undecided = false;
    for (const HashAlgorithm algorithm : {tcg::sha1, tcg::sha256, tcg::sha384, tcg::sha512}) {
        const auto fitting = fits(bytes, digest_size(algorithm));
        if (fitting.value_or(false)) {
            algorithm_ = algorithm;
            return true;
        }
        undecided = undecided || !fitting;
    }
    if (!undecided || bytes.size() > 1024) (void)fail("no template is named where its name must be");
    return false;
}

std::size_t ImaLogReader::next(std::string_view bytes, ImaEntry& entry) {
    if (algorithm_ == 0 && !find_algorithm(bytes)) return 0;
    LittleEndian in(bytes);
    const auto pcr = in.u32();
    const auto digest = pcr ? in.take(digest_size(algorithm_)) : std::nullopt;
    const auto length = digest ? in.u32() : std::nullopt;
    if (!length) return 0;
    if (*pcr >= 24) return fail("it is for PCR " + std::to_string(*pcr));
    if (*length == 0 || *length > longest_template_name) return fail("the name of its template has a wrong length");
    const auto name = in.take(*length);
    if (!name) return 0;
    if (!is_name(*name)) return fail("the name of its template is none");
    entry = {0, *pcr, *digest, *name, {}, digest->find_first_not_of('\0') == std::string_view::npos};
    const std::size_t begin = in.offset();
    // The oldest template has no length of its own: a digest, and a name with its length.
    if (*name == oldest_template && !in.take(oldest_digest)) return 0;
    const auto size = in.u32();
    if (!size) return 0;
    if (*size > largest_ima_data) return fail("its data are larger than 1 MiB");
    const auto data = in.take(*size);
    if (!data) return 0;
    entry.data = *name == oldest_template ? bytes.substr(begin, in.offset() - begin) : *data;
    return in.offset();
}

std::optional<ImaFile> parse_ima_file(const ImaEntry& entry) {
    LittleEndian in(entry.data);
    if (entry.template_name == oldest_template) {
        const auto digest = in.take(oldest_digest);
        const auto name = digest ? field(in) : std::nullopt;
        if (!name) return std::nullopt;
        return ImaFile{"sha1", *digest, until_nul(*name)};
    }
    const auto digest = field(in);
    const auto name = digest ? field(in) : std::nullopt;
    if (!name) return std::nullopt;
    // "sha256:" NUL digest; of version 2 templates "ima:sha256:".
    const std::size_t end = digest->find('\0');
    if (end == std::string_view::npos || end == 0 || (*digest)[end - 1] != ':') return std::nullopt;
    std::string_view algorithm = digest->substr(0, end - 1);
    algorithm.remove_prefix(std::min(algorithm.rfind(':') + 1, algorithm.size()));
    return ImaFile{algorithm, digest->substr(end + 1), until_nul(*name)};
}

TcgDigest ima_template_digest(TcgHash& hash, const ImaEntry& entry) {
    if (entry.template_name != oldest_template) return hash.digest({entry.data});
    constexpr std::size_t head = oldest_digest + 4;
    const std::string_view name = entry.data.substr(std::min(head, entry.data.size())).substr(0, oldest_name);
    static constexpr std::array<char, oldest_name> zeros{};
    return hash.digest(
        {entry.data.substr(0, oldest_digest), name, std::string_view(zeros.data(), oldest_name - name.size())});
}

}  // namespace integrityd
