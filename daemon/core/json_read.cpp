// Reading JSON: of our own making, and of strangers. The only file of the daemon that knows nlohmann's parser
// (it costs seconds to compile): its event interface, which neither recurses nor builds a tree.
#include <nlohmann/json.hpp>

#include "core/canonical_json.hpp"
#include "core/digest.hpp"
#include "core/foreign_json.hpp"

namespace integrityd {

namespace {

// An event is at most some 70 KiB (details are limited to 64 KiB), a baseline document some MiB. What we write is at
// most 6 deep (event, violation, details, actor, …); more is not ours. A value is a byte of text at least.
constexpr JsonLimits of_ours = {.text = 16U << 20, .depth = 32, .values = 16U << 20};

class Builder final : public nlohmann::json_sax<nlohmann::json> {
public:
    Builder(const JsonLimits& limits, bool foreign) : limits_(limits), foreign_(foreign) {}

    bool null() override { return put(Value()); }
    bool boolean(bool held) override { return put(held); }
    bool number_integer(number_integer_t held) override { return put(Value(std::int64_t{held})); }
    bool number_unsigned(number_unsigned_t held) override { return put(Value(std::uint64_t{held})); }
    bool number_float(number_float_t, const string_t& written) override {
        return foreign_ ? put(written) : fail("a number is no 64-bit integer");
    }
    bool binary(binary_t&) override { return fail("binary data"); }
    bool string(string_t& held) override {
        if (!in_bytes_member()) return put(std::move(held));
        auto decoded = from_base64(held);
        if (!decoded) return fail("bytes are no base64");
        return put(Bytes{std::move(*decoded)});
    }
    bool start_object(std::size_t) override { return open(ValueMap()); }
    bool end_object() override { return close(); }
    bool start_array(std::size_t) override { return open(ValueList()); }
    bool end_array() override { return close(); }
    bool key(string_t& name) override {
        Level& level = levels_.back();
        if (level.value.get<ValueMap>()->contains(name)) return fail("a member stands twice");
        level.name = std::move(name);
        return true;
    }
    bool parse_error(std::size_t position, const std::string&, const nlohmann::json::exception&) override {
        return fail("no JSON at byte " + std::to_string(position));
    }

    Value take() { return std::move(root_); }
    [[nodiscard]] const std::string& reason() const { return reason_; }

private:
    struct Level {
        Value value;
        std::string name;  // of the member that comes next
    };

    [[nodiscard]] bool in_bytes_member() const {
        return !foreign_ && !levels_.empty() && levels_.back().value.get<ValueMap>() != nullptr &&
               is_bytes_member(levels_.back().name);
    }
    bool fail(std::string reason) {
        reason_ = std::move(reason);
        return false;
    }
    bool open(Value container) {
        if (levels_.size() == limits_.depth) return fail("nested too deeply");
        levels_.push_back({std::move(container), {}});
        return true;
    }
    bool close() {
        Value finished = std::move(levels_.back().value);
        levels_.pop_back();
        return put(std::move(finished));
    }
    bool put(Value value) {
        if (++values_ > limits_.values) return fail("too many values");
        if (levels_.empty()) {
            root_ = std::move(value);
        } else if (auto* list = levels_.back().value.get<ValueList>()) {
            list->push_back(std::move(value));
        } else {
            levels_.back().value.get<ValueMap>()->emplace(std::move(levels_.back().name), std::move(value));
        }
        return true;
    }

    const JsonLimits limits_;
    const bool foreign_;
    std::size_t values_ = 0;
    std::vector<Level> levels_;
    Value root_;
    std::string reason_;
};

Result<Value> read(std::string_view text, const JsonLimits& limits, bool foreign) {
    if (text.size() > limits.text) return Error{"more than " + std::to_string(limits.text) + " bytes of JSON"};
    Builder builder(limits, foreign);
    if (!nlohmann::json::sax_parse(text, &builder)) return Error{builder.reason()};
    return builder.take();
}

}  // namespace

Result<Value> read_json(std::string_view text) {
    return read(text, of_ours, false);
}

Result<Value> read_foreign_json(std::string_view text, const JsonLimits& limits) {
    return read(text, limits, true);
}

}  // namespace integrityd
