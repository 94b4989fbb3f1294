#include "state/baseline.hpp"

#include <algorithm>
#include <cassert>
#include <cerrno>

#include "core/canonical_json.hpp"
#include "core/digest.hpp"
#include "state/durable_file.hpp"
#include "state/store.hpp"

namespace integrityd {

namespace {

// A document of the largest kind (boot: components with sets of digests) is some hundred KiB. One that is accepted can
// be exported, too: it fits into an answer on the bus of 1 MiB (contract section 5) with what goes with it.
constexpr std::size_t max_document = 960U << 10;
constexpr std::size_t max_os_release = 64U << 10;
constexpr std::uint64_t format_version = 1;

// The value of `key` in os-release(5), without quotes; "" where it is missing or no plain word.
std::string os_release_value(const std::string& text, std::string_view key) {
    std::size_t at = 0;
    while (at < text.size()) {
        const std::size_t end = std::min(text.find('\n', at), text.size());
        std::string_view line = std::string_view(text).substr(at, end - at);
        at = end + 1;
        if (!line.starts_with(key) || line.substr(key.size(), 1) != "=") continue;
        line.remove_prefix(key.size() + 1);
        const bool quoted =
            line.size() >= 2 && (line.front() == '"' || line.front() == '\'') && line.back() == line.front();
        if (quoted) line = line.substr(1, line.size() - 2);
        constexpr std::string_view plain = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-._";
        return line.find_first_not_of(plain) == std::string_view::npos ? std::string(line) : std::string();
    }
    return {};
}

std::string read_image(const std::string& os_release) {
    const auto text = read_if_there(os_release, max_os_release);
    return text && *text ? os_release_value(**text, "IMAGE_UUID") : std::string();
}

Error too_large(std::size_t size) {
    return Error{"the baseline would be " + std::to_string(size >> 10) + " KiB; at most " +
                     std::to_string(max_document >> 10) + " can be exported again",
                 EINVAL};
}

// The digest in the store decides which document is the accepted one. A new document is written
// beside the old one first, then its digest becomes the fact, then it takes the old one's place: at
// any moment in between exactly one of the two files is the one of the fact.
class FileBaselines final : public BaselineStore {
public:
    FileBaselines(const std::string& state_directory, Store& store, const std::string& os_release)
        : directory_(state_directory + "/baseline"), store_(store), image_(read_image(os_release)) {}

    Result<std::optional<Baseline>> load(std::string_view watcher) override {
        const auto pinned = store_.fact(fact_name(watcher));
        const std::string path = path_of(watcher);
        auto document = read_if_there(path, max_document);
        if (!document) return document.error();
        if (!pinned && !*document) return std::optional<Baseline>();
        if (!pinned) return Error{path + " was not accepted by this daemon", EBADMSG};
        if (!*document || sha256_hex(**document) != *pinned) {
            document = finish(watcher, *pinned);
            if (!document) return document.error();
        }
        if (!*document) return Error{path + " is missing or not what was accepted", EBADMSG};
        auto content = content_of(**document, watcher);
        if (!content) return Error{path + ": " + content.error().message, EBADMSG};
        return std::optional(Baseline{std::move(*content), *pinned});
    }

    Result<std::string> accept(std::string_view watcher, const ValueMap& content) override {
        const std::string document =
            canonical_json(Value(ValueMap{{"content", content}, {"format", format_version}, {"watcher", watcher}}));
        if (document.size() > max_document) return too_large(document.size());
        if (auto made = make_directory(directory_); !made) return made.error();
        const std::string path = path_of(watcher);
        if (auto written = write_file(path + ".new", document); !written) return written.error();
        std::string digest = sha256_hex(document);
        if (auto pinned = store_.set_fact(fact_name(watcher), digest); !pinned) return pinned.error();
        if (auto placed = rename_file(path + ".new", path); !placed) return placed.error();
        return digest;
    }

    [[nodiscard]] const std::string& image() const override { return image_; }

private:
    static std::string fact_name(std::string_view watcher) { return "baseline." + std::string(watcher); }

    [[nodiscard]] std::string path_of(std::string_view watcher) const {
        assert(!watcher.empty() && watcher.find('/') == std::string_view::npos);
        return directory_ + "/" + std::string(watcher) + ".json";
    }

    // Ends an acceptance that was interrupted after its digest was pinned; none: there is none.
    [[nodiscard]] Result<std::optional<std::string>> finish(std::string_view watcher, const std::string& pinned) const {
        const std::string path = path_of(watcher);
        auto document = read_if_there(path + ".new", max_document);
        if (!document || !*document || sha256_hex(**document) != pinned) return std::optional<std::string>();
        if (auto placed = rename_file(path + ".new", path); !placed) return placed.error();
        return document;
    }

    static Result<ValueMap> content_of(const std::string& document, std::string_view watcher) {
        Result<Value> value = read_json(document);
        if (!value) return value.error();
        const auto* map = value->get<ValueMap>();
        if (map == nullptr) return Error{"no object"};
        const auto member = [&](std::string_view name) {
            const auto found = map->find(name);
            return found != map->end() ? found->second : Value();
        };
        if (member("format").number() != format_version) return Error{"of another format"};
        if (member("watcher").text() != watcher) return Error{"of another watcher"};
        const Value content = member("content");
        if (content.get<ValueMap>() == nullptr) return Error{"without content"};
        return *content.get<ValueMap>();
    }

    std::string directory_;
    Store& store_;
    std::string image_;
};

}  // namespace

std::unique_ptr<BaselineStore> make_baseline_store(const std::string& state_directory, Store& store,
                                                   const std::string& os_release) {
    return std::make_unique<FileBaselines>(state_directory, store, os_release);
}

}  // namespace integrityd
