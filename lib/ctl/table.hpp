// Tables that fit the terminal: what is too wide goes on below, nothing is cut off unasked.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "terminal.hpp"

namespace integrityctl {

struct Cell {
    std::string text;  // printable
    Style style = Style::plain;
};

class Table {
public:
    explicit Table(std::vector<std::string> headings) : headings_(std::move(headings)) {}
    // As many cells as there are headings.
    void add(std::vector<Cell> cells);
    [[nodiscard]] bool empty() const { return rows_.empty(); }
    // The last column takes what is left of the width. Where that is too little, it has lines of its own.
    [[nodiscard]] std::string render(const Terminal& terminal) const;
    // One line a row, as wide as it must be: for what reads lines.
    [[nodiscard]] std::string render_unwrapped(const Terminal& terminal) const;
    // Cuts the middle out of texts that would take more than `lines` lines of the last column; true: of some.
    [[nodiscard]] bool cut_last_column(const Terminal& terminal, std::size_t lines);

private:
    // Of all columns but the last.
    [[nodiscard]] std::vector<std::size_t> widths(std::size_t most) const;
    // What they leave to the last one; none: it stands below.
    [[nodiscard]] std::optional<std::size_t> room_of_last(const Terminal& terminal) const;
    [[nodiscard]] std::string render_rows(const std::vector<std::size_t>& widths, const Terminal& terminal) const;

    std::vector<std::string> headings_;
    std::vector<std::vector<Cell>> rows_;
};

// "NAME  value" lines, the names in one column.
class Properties {
public:
    void add(std::string name, Cell value) { lines_.push_back({std::move(name), std::move(value)}); }
    [[nodiscard]] std::string render(const Terminal& terminal) const;

private:
    struct Line {
        std::string name;
        Cell value;
    };
    std::vector<Line> lines_;
};

}  // namespace integrityctl
