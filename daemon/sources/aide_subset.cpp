#include "sources/aide_subset.hpp"

#include <algorithm>
#include <cerrno>
#include <string_view>
#include <unordered_set>

#include "core/digest.hpp"
#include "sources/gzip_text.hpp"

namespace integrityd {

namespace {

constexpr std::string_view begin_mark = "@@begin_db";
constexpr std::string_view spec_mark = "@@db_spec ";
constexpr std::string_view end_mark = "@@end_db";
// An entry with all of AIDE's hashes, ACLs and attributes has some 2 KiB.
constexpr std::size_t longest_subset = 1U << 20;
// Longer lines are none of an entry that has a path (PATH_MAX, each byte as %XX) and attributes.
constexpr std::size_t longest_line = 256U << 10;

int hex_value(char digit) {
    if (digit >= '0' && digit <= '9') return digit - '0';
    if (digit >= 'A' && digit <= 'F') return digit - 'A' + 10;
    return digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 : -1;
}

// AIDE writes what is not plain in a name as %XX. What is no such escape stands for itself.
std::string decoded(std::string_view name) {
    std::string path;
    for (std::size_t i = 0; i < name.size(); ++i) {
        const bool escape =
            name[i] == '%' && i + 2 < name.size() && hex_value(name[i + 1]) >= 0 && hex_value(name[i + 2]) >= 0;
        if (!escape) {
            path += name[i];
            continue;
        }
        path += static_cast<char>(hex_value(name[i + 1]) * 16 + hex_value(name[i + 2]));
        i += 2;
    }
    return path;
}

class Cutter {
public:
    explicit Cutter(const std::vector<std::string>& paths) : wanted_(paths.begin(), paths.end()) {}

    void feed(std::string_view bytes) {
        digest_.update(bytes);
        while (!bytes.empty()) {
            const std::size_t end = bytes.find('\n');
            if (end == std::string_view::npos) return keep(bytes);
            take(bytes.substr(0, end));
            bytes.remove_prefix(end + 1);
        }
    }

    Result<AideSubset> finish() {
        if (!begun_ || !specified_) return Error{"database: it is none", EBADMSG};
        if (too_long_) return Error{"database: the entries of these paths are too long", EMSGSIZE};
        subset_.text = std::string(begin_mark) + "\n" + subset_.text + std::string(end_mark) + "\n";
        subset_.whole_sha256 = to_hex(digest_.finish());
        return std::move(subset_);
    }

private:
    void keep(std::string_view piece) {
        partial_.append(piece.substr(0, longest_line - std::min(longest_line, partial_.size())));
    }
    // `rest`: the line, or what ends the one that is kept.
    void take(std::string_view rest) {
        if (partial_.empty()) return line(rest);
        keep(rest);
        line(partial_);
        partial_.clear();
    }
    void line(std::string_view text) {
        if (text == begin_mark) begun_ = true;
        if (text.starts_with(spec_mark)) {
            specified_ = true;
            add(text);
        }
        if (!text.starts_with('/') || !wanted_.contains(decoded(text.substr(0, text.find(' '))))) return;
        add(text);
        ++subset_.entries;
    }
    void add(std::string_view text) {
        if (subset_.text.size() + text.size() >= longest_subset) {
            too_long_ = true;
            return;
        }
        subset_.text.append(text).append("\n");
    }

    const std::unordered_set<std::string> wanted_;
    Sha256 digest_;
    AideSubset subset_;
    std::string partial_;
    bool begun_ = false;
    bool specified_ = false;
    bool too_long_ = false;
};

// In PCRE a backslash before what is neither letter nor digit takes its meaning from it; bytes beyond ASCII have none.
void append_literal(std::string& expression, std::string_view path) {
    for (const char c : path) {
        const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!letter && static_cast<unsigned char>(c) < 0x80) expression += '\\';
        expression += c;
    }
}

}  // namespace

Result<AideSubset> cut_aide_database(int fd, const std::vector<std::string>& paths, std::uint64_t limit) {
    Cutter cutter(paths);
    const auto read = read_gzip_text(fd, limit, [&cutter](std::string_view bytes) { cutter.feed(bytes); });
    if (!read) return Error{"database: " + read.error().message, read.error().code};
    return cutter.finish();
}

// \z and not $, before which a line feed at the end of the name would pass.
std::string aide_limit_of(const std::vector<std::string>& paths) {
    std::string expression = "^(?:";
    for (const std::string& path : paths) {
        if (&path != &paths.front()) expression += '|';
        append_literal(expression, path);
    }
    return expression + ")\\z";
}

}  // namespace integrityd
