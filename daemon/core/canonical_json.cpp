#include "core/canonical_json.hpp"

#include <charconv>

#include "core/digest.hpp"
#include "core/escape.hpp"

namespace integrityd {

namespace {

// Contract section 4: only `\"`, `\\` and `\u00xx`, everything else as it is.
void append_string(std::string& out, std::string_view text) {
    out += '"';
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 0x20) {
            constexpr std::string_view digits = "0123456789abcdef";
            out += "\\u00";
            out += digits[byte >> 4];
            out += digits[byte & 0xf];
            continue;
        }
        if (c == '"' || c == '\\') out += '\\';
        out += c;
    }
    out += '"';
}

template <typename Number>
void append_number(std::string& out, Number number) {
    char digits[24];
    const auto end = std::to_chars(std::begin(digits), std::end(digits), number).ptr;
    out.append(std::begin(digits), end);
}

void append(std::string& out, const Value& value);

// Whether a member holds bytes is decided by its name alone, because the reader has nothing else.
void append_member(std::string& out, std::string_view name, const Value& value) {
    append_string(out, name);
    out += ':';
    const std::string* text = value.get<std::string>();
    if (text != nullptr && is_bytes_member(name)) {
        append_string(out, to_base64(*text));
    } else {
        append(out, value);
    }
}

struct Appender {
    std::string& out;

    void operator()(std::nullptr_t) const { out += "null"; }
    void operator()(bool held) const { out += held ? "true" : "false"; }
    void operator()(std::int64_t held) const { append_number(out, held); }
    void operator()(std::uint64_t held) const { append_number(out, held); }
    void operator()(const Bytes& held) const { append_string(out, to_base64(held.data)); }
    // A string that is no UTF-8 is a mistake of ours; the chain must stay readable even then.
    void operator()(const std::string& held) const { append_string(out, is_utf8(held) ? held : escape(held)); }
    void operator()(const ValueList& held) const {
        char separator = '[';
        for (const Value& element : held) {
            out += separator;
            append(out, element);
            separator = ',';
        }
        out += held.empty() ? "[]" : "]";
    }
    // The map is sorted by bytes already.
    void operator()(const ValueMap& held) const {
        char separator = '{';
        for (const auto& [name, element] : held) {
            out += separator;
            append_member(out, name, element);
            separator = ',';
        }
        out += held.empty() ? "{}" : "}";
    }
};

void append(std::string& out, const Value& value) {
    std::visit(Appender{out}, value.held());
}

template <typename T>
Value value_or_null(const std::optional<T>& held) {
    return held ? Value(to_value(*held)) : Value();
}

}  // namespace

std::string canonical_json(const Value& value) {
    std::string out;
    append(out, value);
    return out;
}

std::string canonical_json(const Event& event) {
    return canonical_json(Value(ValueMap{
        {"boot_id", event.boot_id},
        {"boottime", event.boottime},
        {"by", value_or_null(event.by)},
        {"clock", to_string(event.clock)},
        {"data", event.data},
        {"maintenance", event.maintenance},
        {"sequence", event.sequence},
        {"stream", event.stream},
        {"time", event.time},
        {"type", to_string(event.type)},
        {"violation", value_or_null(event.violation)},
    }));
}

ValueMap to_value(const Violation& violation) {
    return {
        {"count", violation.count},
        {"details", violation.details},
        {"first_seen", violation.first_seen},
        {"id", violation.id},
        {"kind", violation.kind},
        {"last_seen", violation.last_seen},
        {"requirements", ValueList(violation.requirements.begin(), violation.requirements.end())},
        {"severity", to_string(violation.severity)},
        {"source", violation.source},
        {"state", to_string(violation.state)},
        {"subject", violation.subject},
        {"summary", violation.summary},
    };
}

ValueMap to_value(const Requester& requester) {
    return {{"exe", requester.exe}, {"pid", requester.pid}, {"uid", requester.uid}, {"unit", requester.unit}};
}

}  // namespace integrityd
