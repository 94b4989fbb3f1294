// AideWrapperReader: cuts AIDE's report out of what Debian's dailyaidecheck writes around it.
//
// The wrapper says how many lines the report has; a report is cut out by that number and never by
// searching, because a file name may look like the wrapper's own last line.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "sources/aide_report.hpp"

namespace integrityd {

class AideWrapperReader {
public:
    // `body` takes the report's bytes, `body_end` is told when it is over, `error` takes the lines
    // of AIDE's standard error and of the script's own errors.
    struct Parts {
        std::function<void(std::string_view)> body;
        std::function<void()> body_end;
        std::function<void(std::string_view)> error;
    };
    explicit AideWrapperReader(Parts parts) : parts_(std::move(parts)) {}

    // Takes bytes up to the end of one wrapping, or all of them; returns how many.
    std::size_t feed(std::string_view bytes);
    void finish();
    [[nodiscard]] const AideWrapper& facts() const { return facts_; }
    [[nodiscard]] bool ended() const { return facts_.ended; }
    void reset();

    // How the first line begins.
    static constexpr std::string_view first_words = "aide run on ";

private:
    enum class Part : std::uint8_t { text, errors, script_errors, body, body_rest };

    std::size_t body(std::string_view bytes);
    void line(std::string_view text);
    void text_line(std::string_view text);
    void framed(std::string_view text);
    void exit_code(std::string_view text);

    Parts parts_;
    AideWrapper facts_;
    Part part_ = Part::text;
    std::uint64_t lines_left_ = 0;
    std::string line_;
};

}  // namespace integrityd
