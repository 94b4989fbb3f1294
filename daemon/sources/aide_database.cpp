#include "sources/aide_database.hpp"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <memory>
#include <string_view>
#include <unistd.h>
#include <zlib.h>

#include "core/digest.hpp"

namespace integrityd {

namespace {

constexpr std::string_view begin_mark = "@@begin_db";
constexpr std::string_view end_mark = "@@end_db";
constexpr std::size_t chunk_size = 64U << 10;

struct Closer {
    void operator()(gzFile file) const { (void)gzclose_r(file); }
};
using GzFile = std::unique_ptr<gzFile_s, Closer>;

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
    const int own = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    if (own < 0) return Error{std::string("database: ") + std::strerror(errno), errno};
    const GzFile file(gzdopen(own, "r"));
    if (!file) {
        (void)::close(own);
        return Error{"database: no memory", ENOMEM};
    }
    (void)gzbuffer(file.get(), chunk_size);
    AideDatabaseFacts facts;
    Sha256 digest;
    Lines lines;
    const auto buffer = std::make_unique<char[]>(chunk_size);
    int got = 0;
    while ((got = gzread(file.get(), buffer.get(), chunk_size)) > 0) {
        facts.bytes += static_cast<std::uint64_t>(got);
        if (facts.bytes > limit) return Error{"database: more than " + std::to_string(limit) + " bytes of text", EFBIG};
        const std::string_view bytes(buffer.get(), static_cast<std::size_t>(got));
        digest.update(bytes);
        lines.feed(bytes, facts);
    }
    int status = Z_OK;
    (void)gzerror(file.get(), &status);
    if (got < 0 || status != Z_OK) return Error{"database: the compressed file is damaged or cut off", EBADMSG};
    lines.line(facts);
    facts.sha256 = to_hex(digest.finish());
    return facts;
}

}  // namespace integrityd
