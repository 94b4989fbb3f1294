#include "json.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <integrity/integrity.hpp>
#include <nlohmann/json.hpp>

#include "text.hpp"

namespace integrityctl {

namespace {

using Json = nlohmann::ordered_json;

// Deeper is nothing that the daemon writes (32); the JSON library writes and frees recursively.
constexpr int max_depth = 64;

[[noreturn]] void bad_answer() {
    throw integrity::Error(-EBADMSG, "the daemon's answer is not understood: is this another version's?");
}

bool too_deep(std::string_view text) {
    int depth = 0;
    bool quoted = false;
    for (std::size_t at = 0; at < text.size(); ++at) {
        const char c = text[at];
        if (quoted && c == '\\') {
            ++at;
        } else if (c == '"') {
            quoted = !quoted;
        } else if (!quoted && (c == '{' || c == '[')) {
            if (++depth > max_depth) return true;
        } else if (!quoted && (c == '}' || c == ']')) {
            --depth;
        }
    }
    return false;
}

// Discarded: it is no JSON.
Json parse(std::string_view text) {
    if (too_deep(text)) return Json(Json::value_t::discarded);
    return Json::parse(text, nullptr, false);
}

Json parse_object(std::string_view text) {
    Json json = parse(text);
    if (!json.is_object()) bad_answer();
    return json;
}

std::string dump(const Json& json) {
    return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string words(const Json& scalar) {
    return scalar.is_string() ? scalar.get<std::string>() : dump(scalar);
}

std::string text_of(const Json& object, const char* name) {
    const auto found = object.find(name);
    return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::uint64_t number_of(const Json& object, const char* name) {
    const auto found = object.find(name);
    return found != object.end() && found->is_number_unsigned() ? found->get<std::uint64_t>() : 0;
}

bool truth_of(const Json& object, const char* name) {
    const auto found = object.find(name);
    return found != object.end() && found->is_boolean() && found->get<bool>();
}

// A part with a digest is one of those that were accepted.
bool is_accepted(const Json& part) {
    const Json& accepted = part["accepted"];
    const auto digest = part.find("sha256");
    if (digest == part.end() || !accepted.is_array()) return false;
    return std::find(accepted.begin(), accepted.end(), *digest) != accepted.end();
}

// At most max_depth deep: parse() saw to it.
void flatten_into(const Json& json, const std::string& path, std::vector<Leaf>& leaves) {
    if (!json.is_structured() || json.empty()) {
        leaves.push_back({path, words(json)});
        return;
    }
    std::size_t index = 0;
    for (auto at = json.begin(); at != json.end(); ++at, ++index) {
        const bool list = json.is_array();
        const std::string step = list ? "[" + std::to_string(index) + "]" : (path.empty() ? "" : ".") + at.key();
        flatten_into(*at, path + step, leaves);
    }
}

}  // namespace

std::vector<Leaf> flatten(std::string_view text) {
    const Json json = parse(text);
    if (json.is_discarded()) bad_answer();
    std::vector<Leaf> leaves;
    if (!(json.is_object() && json.empty())) flatten_into(json, "", leaves);
    return leaves;
}

std::vector<std::string> list_member(std::string_view text, const std::string& member) {
    const Json json = parse_object(text);
    const auto list = json.find(member);
    if (list == json.end() || !list->is_array()) bad_answer();
    std::vector<std::string> elements;
    for (const auto& element : *list)
        elements.push_back(dump(element));
    return elements;
}

RecipientRow read_recipient(std::string_view text) {
    const Json json = parse_object(text);
    return {text_of(json, "name"),  text_of(json, "type"),   text_of(json, "target"),   text_of(json, "min_severity"),
            text_of(json, "state"), text_of(json, "reason"), number_of(json, "behind"), truth_of(json, "required")};
}

std::string reason_of_recipient(std::string_view report, std::string_view name) {
    for (const auto& line : list_member(report, "recipients")) {
        const auto recipient = read_recipient(line);
        if (recipient.name == name) return recipient.reason;
    }
    return {};
}

namespace {

const Json& child_of(const Json& object, const char* name) {
    static const Json none;
    const auto found = object.find(name);
    return found == object.end() ? none : *found;
}

std::string numbers_of(const Json& list) {
    std::string text;
    for (const auto& each : list)
        if (each.is_number_unsigned()) text += (text.empty() ? "" : ", ") + std::to_string(each.get<std::uint64_t>());
    return text;
}

std::string texts_of(const Json& list, const char* between) {
    std::string text;
    for (const auto& each : list)
        if (each.is_string()) text += (text.empty() ? "" : between) + each.get<std::string>();
    return text;
}

std::string kdf_of(const Json& kdf) {
    if (!kdf.is_object()) return {};
    const std::uint64_t iterations = number_of(kdf, "iterations");
    if (iterations != 0) return text_of(kdf, "type") + ", " + std::to_string(iterations) + " iterations";
    return text_of(kdf, "type") + ", " + std::to_string(number_of(kdf, "memory_kib")) + " KiB";
}

std::string policy_of(const Json& sealed) {
    std::string text;
    for (const auto& key : sealed) {
        if (!key.is_object()) continue;
        const std::string pcrs = numbers_of(child_of(key, "pcrs"));
        const std::string signed_pcrs = numbers_of(child_of(key, "signed_pcrs"));
        text += (text.empty() ? "" : "; ") +
                (pcrs.empty() ? "no PCRs" : "PCRs " + pcrs + " (" + text_of(key, "bank") + ")");
        if (!signed_pcrs.empty()) text += ", signed PCRs " + signed_pcrs;
        if (truth_of(key, "pin")) text += ", PIN";
        if (truth_of(key, "empty")) text += ", open to whatever is booted";
    }
    return text;
}

LuksTokenRow token_of(const Json& token) {
    const Json& forecast = child_of(token, "would_unseal");
    return {number_of(token, "number"), text_of(token, "type"), numbers_of(child_of(token, "keyslots")),
            policy_of(child_of(token, "sealed")),
            forecast.is_object() ? text_of(forecast, "answer") + ": " + text_of(forecast, "because") : ""};
}

std::string header_of(const Json& volume) {
    if (text_of(volume, "format").empty()) return {};
    return text_of(volume, "format") + ", UUID " + text_of(volume, "uuid") + ", " + text_of(volume, "cipher") +
           " with " + std::to_string(number_of(volume, "key_bits")) + " bits, written " +
           std::to_string(number_of(volume, "sequence")) + " times";
}

std::string mapping_of(const Json& mapping) {
    if (!mapping.is_object()) return {};
    if (!text_of(mapping, "problem").empty()) return text_of(mapping, "name") + ": " + text_of(mapping, "problem");
    if (!truth_of(mapping, "active")) return text_of(mapping, "name") + ": not active";
    const std::string cipher = text_of(mapping, "cipher");
    return text_of(mapping, "name") + ": active, " + (cipher.empty() ? text_of(mapping, "type") : cipher);
}

}  // namespace

TlsRow read_tls_endpoint(std::string_view text) {
    const Json json = parse_object(text);
    TlsRow row{text_of(json, "name"), text_of(json, "address"), text_of(json, "state"), text_of(json, "reason")};
    row.negotiated = text_of(json, "protocol");
    for (const auto* const part : {"cipher", "group"}) {
        if (const auto word = text_of(json, part); !word.empty()) row.negotiated += ", " + word;
    }
    row.staple = text_of(json, "staple");
    row.validity = text_of(json, "validity");
    const Json& path = child_of(json, "path");
    if (path.is_array() && !path.empty() && path.front().is_object()) {
        const Json& leaf = path.front();
        row.certificate = text_of(leaf, "subject");
        row.issuer = text_of(leaf, "issuer");
        row.pin = text_of(leaf, "spki_sha256");
        row.key = text_of(leaf, "key") + " " + std::to_string(number_of(leaf, "key_bits")) + ", " +
                  text_of(leaf, "signature");
        row.valid_until = text_of(leaf, "not_after").substr(0, std::strlen("2027-01-31"));
    }
    for (const auto& trial : child_of(json, "trials")) {
        if (!trial.is_object()) continue;
        ++row.tried;
        const auto verdict = text_of(trial, "verdict");
        if (verdict == "accepted")
            row.accepts.push_back(text_of(trial, "name") + " (" + text_of(trial, "cipher") + ")");
        if (verdict == "inconclusive") row.unclear.push_back(text_of(trial, "name") + ": " + text_of(trial, "reason"));
    }
    return row;
}

Progress read_progress(std::string_view report, const std::string& watcher) {
    const Json json = parse_object(report);
    const Json& part = child_of(json, watcher.c_str());
    Progress progress;
    if (!part.is_object()) return progress;
    progress.round = number_of(part, "round");
    progress.size = number_of(part, "size");
    for (const auto& each : child_of(part, "done"))
        if (each.is_object())
            progress.done.push_back({text_of(each, "name"), text_of(each, "state"), text_of(each, "reason")});
    for (const auto& each : child_of(part, "waiting"))
        progress.waiting.push_back(words(each));
    return progress;
}

LuksRow read_luks_volume(std::string_view text) {
    const Json json = parse_object(text);
    const Json& forecast = child_of(json, "would_unseal");
    LuksRow row{text_of(json, "name"),
                text_of(json, "device"),
                text_of(json, "state"),
                text_of(json, "problem"),
                header_of(json),
                mapping_of(child_of(json, "mapping")),
                {},
                {},
                {},
                {},
                {}};
    if (forecast.is_object()) {
        row.unseals = text_of(forecast, "answer");
        row.because = text_of(forecast, "because");
    }
    for (const auto& slot : child_of(json, "slots"))
        if (slot.is_object())
            row.slots.push_back(
                {number_of(slot, "number"), texts_of(child_of(slot, "means"), "+"), kdf_of(child_of(slot, "kdf"))});
    for (const auto& token : child_of(json, "tokens"))
        if (token.is_object()) row.tokens.push_back(token_of(token));
    for (const auto& finding : child_of(json, "findings"))
        if (finding.is_object()) row.findings.push_back(text_of(finding, "kind") + ": " + text_of(finding, "summary"));
    return row;
}

std::string member_of(std::string_view json, const std::string& member) {
    const Json object = parse_object(json);
    const auto found = object.find(member);
    return found != object.end() ? dump(*found) : std::string();
}

std::string text_member(std::string_view json, const std::string& member) {
    return text_of(parse_object(json), member.c_str());
}

bool truth_member(std::string_view json, const std::string& member) {
    return truth_of(parse_object(json), member.c_str());
}

std::vector<BaselineRow> read_baselines(std::string_view report) {
    const Json json = parse_object(report);
    std::vector<BaselineRow> rows;
    for (const auto& [watcher, entry] : json.items()) {
        if (!entry.is_object()) bad_answer();
        const auto content = entry.find("content");
        JsonObject row;
        row.text("watcher", watcher).members_of(dump(entry));
        rows.push_back({watcher, text_of(entry, "state"), text_of(entry, "reason"), text_of(entry, "digest"),
                        content != entry.end() ? dump(*content) : "", row.str()});
    }
    return rows;
}

bool says_no_difference(std::string_view diff) {
    const Json json = parse_object(diff);
    const auto differences = json.find("differences");
    if (differences != json.end()) return truth_of(json, "accepted") && differences->empty();
    std::size_t parts = 0;
    for (const auto& part : json) {
        if (!part.is_object() || !part.contains("accepted")) continue;
        if (!is_accepted(part)) return false;
        ++parts;
    }
    return parts > 0;
}

std::optional<ChainPlace> read_chain_place(std::string_view line) {
    const Json json = parse(line);
    if (!json.is_object()) return std::nullopt;
    ChainPlace place{number_of(json, "sequence"), text_of(json, "stream")};
    if (place.sequence == 0 || place.stream.empty()) return std::nullopt;
    return place;
}

JsonObject& JsonObject::raw(std::string_view name, std::string_view json) {
    if (!members_.empty()) members_ += ',';
    members_.append(json_text(name)).append(":").append(json);
    return *this;
}

JsonObject& JsonObject::text(std::string_view name, std::string_view value) {
    return raw(name, json_text(value));
}

JsonObject& JsonObject::number(std::string_view name, std::uint64_t value) {
    return raw(name, std::to_string(value));
}

JsonObject& JsonObject::boolean(std::string_view name, bool value) {
    return raw(name, value ? "true" : "false");
}

JsonObject& JsonObject::null(std::string_view name) {
    return raw(name, "null");
}

JsonObject& JsonObject::list(std::string_view name, const std::vector<std::string>& elements) {
    return raw(name, "[" + join(elements, ",") + "]");
}

JsonObject& JsonObject::members_of(std::string_view object) {
    const Json json = parse_object(object);
    for (const auto& [name, value] : json.items())
        raw(name, dump(value));
    return *this;
}

std::string json_text(std::string_view text) {
    return dump(Json(std::string(text)));
}

}  // namespace integrityctl
