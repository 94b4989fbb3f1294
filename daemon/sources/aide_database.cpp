#include "sources/aide_database.hpp"

#include <string_view>

#include "core/digest.hpp"
#include "sources/gzip_text.hpp"

namespace integrityd {

namespace {

constexpr std::string_view begin_mark = "@@begin_db";
constexpr std::string_view end_mark = "@@end_db";

// Looks at the beginning of each line.
class Lines {
public:
    void feed(std::string_view bytes, AideDatabaseFacts& facts) {
        while (!bytes.empty()) {
            const std::size_t end = bytes.find('\n');
            const std::string_view piece = bytes.substr(0, end);
            // Longer than the longest mark by one: "@@end_db2" is none.
            if (begun_.size() <= begin_mark.size()) begun_ += piece.substr(0, begin_mark.size() + 1 - begun_.size());
            if (end == std::string_view::npos) return;
            bytes.remove_prefix(end + 1);
            line(facts);
        }
    }
    void line(AideDatabaseFacts& facts) {
        if (begun_ == begin_mark) facts.begins = true;
        // The end counts where nothing but comments and empty lines follows.
        if (begun_ == end_mark && facts.begins)
            facts.ends = true;
        else if (!begun_.empty() && begun_.front() != '#')
            facts.ends = false;
        if (!begun_.empty() && begun_.front() == '/') ++facts.entries;
        begun_.clear();
    }

private:
    std::string begun_;
};

}  // namespace

Result<AideDatabaseFacts> read_aide_database(int fd, std::uint64_t limit) {
    AideDatabaseFacts facts;
    Sha256 digest;
    Lines lines;
    const auto read = read_gzip_text(fd, limit, [&](std::string_view bytes) {
        digest.update(bytes);
        lines.feed(bytes, facts);
    });
    if (!read) return Error{"database: " + read.error().message, read.error().code};
    lines.line(facts);
    facts.bytes = *read;
    facts.sha256 = to_hex(digest.finish());
    return facts;
}

}  // namespace integrityd
