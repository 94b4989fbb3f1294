// AideJsonScanner: tells the tokens of the JSON that AIDE writes, which is not always JSON.
//
// Debian's AIDE writes raw control bytes (0x1f, up to 0.18.3+deb12u3 all of them) and bytes that are
// no UTF-8 inside strings, `\u` with *decimal* digits before 0.19.2, and members twice: a stock
// parser refuses the report, and a one-byte file name would blind the monitor. So strings are bytes
// here, and what is wrong with the structure ends the document and nothing else.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace integrityd {

class AideJsonVisitor {
public:
    virtual ~AideJsonVisitor() = default;
    // Views are valid during the call; `cut`: longer than the scanner holds.
    virtual void key(std::string_view name, bool cut) = 0;
    virtual void scalar(std::string_view value, bool cut) = 0;
    virtual void open(bool array) = 0;
    virtual void close() = 0;
    virtual void end_document() = 0;
    virtual void broken(std::string_view reason) = 0;
};

class AideJsonScanner {
public:
    explicit AideJsonScanner(AideJsonVisitor& visitor) : visitor_(visitor) {}

    // Takes bytes up to the end of a document, or all of them; returns how many. After broken()
    // everything is taken up to a line that begins with '{'.
    std::size_t feed(std::string_view bytes);
    // Between documents.
    [[nodiscard]] bool idle() const { return depth_ == 0 && state_ == State::value; }
    // How `\uNNNN` is to be read.
    void set_decimal_escapes(bool decimal) { decimal_escapes_ = decimal; }
    // Whether a `\uNNNN` that the two readings tell apart was met.
    [[nodiscard]] bool met_ambiguous_escape() const { return met_ambiguous_escape_; }
    void forget_ambiguous_escape() { met_ambiguous_escape_ = false; }

private:
    enum class State : std::uint8_t { value, first, key, colon, next, string, escape, unicode, plain, lost };

    // AIDE nests five deep.
    static constexpr std::size_t max_depth = 8;
    // A path of 4096 bytes, each escaped as six, and some; longer values are told cut.
    static constexpr std::size_t max_string = 32U << 10;

    std::size_t string(std::string_view bytes);
    void escape(char c);
    void unicode(char c);
    void structure(char c);
    void begin_value(char c);
    void open(bool array);
    void close(bool array);
    void end_string();
    void end_plain(char c);
    void put(char c) { put(std::string_view(&c, 1)); }
    void put(std::string_view bytes);
    void after_value();
    void broken(std::string_view reason);
    void lost(char c);

    AideJsonVisitor& visitor_;
    State state_ = State::value;
    std::size_t depth_ = 0;
    std::array<bool, max_depth> arrays_{};
    bool is_key_ = false;
    bool cut_ = false;
    bool document_ended_ = false;
    bool line_start_ = false;
    std::size_t matched_ = 0;  // of what a report begins with, while lost
    bool decimal_escapes_ = true;
    bool met_ambiguous_escape_ = false;
    std::string text_;
    std::array<char, 4> digits_{};
    std::size_t digit_count_ = 0;
};

}  // namespace integrityd
