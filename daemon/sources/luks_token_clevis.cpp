// The token of clevis: a JWE (RFC 7516) whose protected header says which pin keeps the key; the pin `sss` holds
// further JWEs, of which a number is needed.
#include <algorithm>
#include <charconv>

#include "core/escape.hpp"
#include "core/foreign_json.hpp"
#include "sources/base64url.hpp"
#include "sources/luks_json.hpp"
#include "sources/luks_token.hpp"

namespace integrityd {

namespace {

// A header with a sealed object is some 900 bytes, with sss as much for each of its pins. What a stranger may make us
// take: so deep, so many.
constexpr JsonLimits header_limits = {.text = 64U << 10, .depth = 12, .values = 1024};
constexpr int deepest = 3;
constexpr std::size_t most_pins = 16;
constexpr unsigned pcr_count = 24;

// What becomes of one pin; an error is what is wrong with the token as a whole.
class Pins {
public:
    explicit Pins(LuksTokenFacts& facts) : facts_(facts) {}

    Result<void> read(std::string_view protected_header, int depth) {
        const auto text =
            protected_header.size() <= 2 * header_limits.text ? from_base64url(protected_header) : std::nullopt;
        if (!text) return Error{"its header is no base64"};
        const auto json = read_foreign_json(*text, header_limits);
        const auto* const header = json ? json->get<ValueMap>() : nullptr;
        if (header == nullptr) return Error{"its header is no JSON"};
        LuksJson read;
        const ValueMap& clevis = read.object(*header, "clevis");
        const std::string pin = read.text(clevis, "pin");
        if (!read.problem().empty()) return Error{read.problem()};
        for (const auto& [name, value] : clevis)
            if (name != "pin" && name != pin) unknown("clevis." + name);
        return read_pin(pin, clevis, depth);
    }

private:
    Result<void> read_pin(const std::string& pin, const ValueMap& clevis, int depth) {
        if (++pins_ > most_pins) return Error{"too many pins"};
        const Value* const member = LuksJson::find(clevis, pin);
        const auto* const found = member == nullptr ? nullptr : member->get<ValueMap>();
        if (pin == "null") facts_.open_to_all = true;
        if (pin == "tpm2") return found == nullptr ? Error{"its pin says nothing"} : read_tpm2(*found);
        if (pin == "sss") return found == nullptr ? Error{"its pin says nothing"} : read_shares(*found, depth);
        ++facts_.others;
        if (pin != "tang" && pin != "pkcs11" && pin != "null") unknown("pin " + pin);
        return {};
    }

    Result<void> read_tpm2(const ValueMap& from) {
        LuksJson json;
        SealedKey key;
        key.bank = escape_cut(json.text_or_empty(from, "pcr_bank"), 40);
        const std::string ids = json.text_or_empty(from, "pcr_ids");
        const auto blob = from_base64url(json.text(from, "jwk_pub"));
        if (!json.problem().empty()) return Error{json.problem()};
        if (!blob) return Error{"jwk_pub is no base64"};
        const auto object = parse_sealed_public(*blob);
        if (!object) return object.error();
        key.object = *object;
        if (!read_ids(ids, key.pcrs)) return Error{"pcr_ids are no PCRs"};
        for (const auto& [name, value] : from) {
            const bool known = name == "hash" || name == "key" || name == "jwk_pub" || name == "jwk_priv" ||
                               name == "pcr_bank" || name == "pcr_ids";
            if (!known) unknown("tpm2." + name);
        }
        facts_.sealed.push_back(std::move(key));
        return {};
    }

    Result<void> read_shares(const ValueMap& from, int depth) {
        if (depth == deepest) return Error{"nested too deeply"};
        LuksJson json;
        const std::uint64_t needed = json.number(from, "t");
        const ValueList& shares = json.list(from, "jwe");
        if (!json.problem().empty()) return Error{json.problem()};
        if (needed == 0 || needed > shares.size()) return Error{"sss needs more than it has"};
        if (depth == 0) facts_.needed = needed;
        // Which of an inner group are needed is not told apart: the answer then is that nobody knows.
        if (depth != 0) unknown("sss within sss");
        for (const Value& share : shares) {
            // The compact form: the protected header up to the first dot.
            const std::string_view compact = share.text();
            if (auto done = read(compact.substr(0, compact.find('.')), depth + 1); !done) return done;
        }
        return {};
    }

    static bool read_ids(std::string_view ids, std::vector<unsigned>& pcrs) {
        while (!ids.empty()) {
            const std::string_view word = ids.substr(0, ids.find(','));
            unsigned number = 0;
            const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
            if (error != std::errc() || end != word.data() + word.size() || number >= pcr_count) return false;
            pcrs.push_back(number);
            ids.remove_prefix(std::min(ids.size(), word.size() + 1));
        }
        std::ranges::sort(pcrs);
        return std::ranges::adjacent_find(pcrs) == pcrs.end();
    }

    void unknown(const std::string& what) { facts_.unknown.push_back(escape_cut(what, 64)); }

    LuksTokenFacts& facts_;
    std::size_t pins_ = 0;
};

}  // namespace

LuksTokenFacts parse_clevis_token(const ValueMap& token) {
    LuksTokenFacts facts;
    facts.means = LuksMeans::clevis;
    LuksJson json;
    const std::string header = json.text(json.object(token, "jwe"), "protected");
    if (!json.problem().empty()) {
        facts.problem = json.problem();
        return facts;
    }
    if (auto read = Pins(facts).read(header, 0); !read) {
        facts = LuksTokenFacts();
        facts.means = LuksMeans::clevis;
        facts.problem = escape_cut(read.error().message, 256);
        return facts;
    }
    if (facts.needed == 0) facts.needed = facts.sealed.size() + facts.others;
    return facts;
}

}  // namespace integrityd
