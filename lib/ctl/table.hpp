// Tables that fit the terminal: what is too wide goes on below, nothing is cut off.
#pragma once

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

private:
    [[nodiscard]] std::vector<std::size_t> widths() const;

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
