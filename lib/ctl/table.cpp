#include "table.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

#include "text.hpp"

namespace integrityctl {

namespace {

constexpr std::size_t gap = 2;
constexpr std::size_t widest = 34;     // of a column that is not the last; the longest kind has 33
constexpr std::size_t narrowest = 16;  // of the last column, else it stands below
constexpr std::size_t below_indent = 4;

using Lines = std::vector<std::string>;

std::string padded(const std::string& text, std::size_t width, Style style, const Terminal& terminal) {
    const std::size_t used = columns(text);
    return paint(text, style, terminal) + std::string(width > used ? width - used : 0, ' ');
}

void end_line(std::string& text) {
    while (!text.empty() && text.back() == ' ')
        text.pop_back();
    text += '\n';
}

// One row, as high as its highest cell.
std::string render_row(const std::vector<Cell>& cells, const std::vector<std::size_t>& widths,
                       const Terminal& terminal) {
    std::vector<Lines> wrapped;
    std::size_t height = 1;
    for (std::size_t column = 0; column < widths.size(); ++column) {
        wrapped.push_back(wrap(cells[column].text, widths[column]));
        height = std::max(height, wrapped.back().size());
    }
    std::string text;
    for (std::size_t line = 0; line < height; ++line) {
        for (std::size_t column = 0; column < widths.size(); ++column) {
            const bool there = line < wrapped[column].size();
            text += padded(there ? wrapped[column][line] : "", widths[column], cells[column].style, terminal);
            text += std::string(gap, ' ');
        }
        end_line(text);
    }
    return text;
}

std::string render_below(const Cell& cell, const Terminal& terminal) {
    std::string text;
    for (const auto& line : wrap(cell.text, terminal.width - below_indent)) {
        text += std::string(below_indent, ' ') + paint(line, cell.style, terminal);
        end_line(text);
    }
    return text;
}

// A digest is one word, to be copied: it is not broken where a line of its own can hold it.
bool stands_below(const Cell& cell, std::size_t room, const Terminal& terminal) {
    const bool one_word = cell.text.find_first_of(" /") == std::string::npos;
    const std::size_t used = columns(cell.text);
    return one_word && used > room && used + below_indent <= terminal.width;
}

}  // namespace

void Table::add(std::vector<Cell> cells) {
    assert(cells.size() == headings_.size());
    rows_.push_back(std::move(cells));
}

std::vector<std::size_t> Table::widths(std::size_t limit) const {
    std::vector<std::size_t> widths;
    for (std::size_t column = 0; column + 1 < headings_.size(); ++column) {
        std::size_t width = columns(headings_[column]);
        for (const auto& row : rows_)
            width = std::max(width, std::min(limit, columns(row[column].text)));
        widths.push_back(width);
    }
    return widths;
}

std::optional<std::size_t> Table::room_of_last(const Terminal& terminal) const {
    std::size_t used = 0;
    for (const auto width : widths(widest))
        used += width + gap;
    if (used + narrowest > terminal.width) return std::nullopt;
    return terminal.width - used;
}

// Where `widths` has none for the last column, it stands below.
std::string Table::render_rows(const std::vector<std::size_t>& widths, const Terminal& terminal) const {
    const bool below = widths.size() < headings_.size();
    std::vector<Cell> heading;
    for (const auto& name : headings_)
        heading.push_back({name, Style::strong});
    std::string text = render_row(heading, widths, terminal);
    for (auto row : rows_) {
        const bool alone = below || stands_below(row.back(), widths.back(), terminal);
        const Cell last = alone ? std::exchange(row.back(), {}) : Cell{};
        text += render_row(row, widths, terminal);
        if (!last.text.empty()) text += render_below(last, terminal);
    }
    return text;
}

std::string Table::render(const Terminal& terminal) const {
    std::vector<std::size_t> widths = this->widths(widest);
    if (const auto room = room_of_last(terminal)) widths.push_back(*room);
    return render_rows(widths, terminal);
}

std::string Table::render_unwrapped(const Terminal& terminal) const {
    std::vector<std::size_t> widths = this->widths(std::string::npos);
    std::size_t last = columns(headings_.back());
    for (const auto& row : rows_)
        last = std::max(last, columns(row.back().text));
    widths.push_back(last);
    return render_rows(widths, terminal);
}

bool Table::cut_last_column(const Terminal& terminal, std::size_t lines) {
    const std::size_t width = room_of_last(terminal).value_or(terminal.width - below_indent);
    bool cut = false;
    for (auto& row : rows_) {
        const std::string whole = row.back().text;
        if (wrap(whole, width).size() <= lines) continue;
        cut = true;
        // Lines that are broken after a slash are not full.
        for (std::size_t room = lines * width; room > width; --room) {
            row.back().text = cut_middle(whole, room);
            if (wrap(row.back().text, width).size() <= lines) break;
        }
    }
    return cut;
}

std::string Properties::render(const Terminal& terminal) const {
    std::size_t name_width = 0;
    for (const auto& line : lines_)
        name_width = std::max(name_width, std::min(widest, columns(line.name)));
    const std::size_t room = std::max(narrowest, terminal.width - std::min(terminal.width, name_width + gap));
    std::string text;
    for (const auto& [name, value] : lines_) {
        const bool below = stands_below(value, room, terminal);
        text += render_row({{name, Style::strong}, below ? Cell{} : value}, {name_width, room}, terminal);
        if (below) text += render_below(value, terminal);
    }
    return text;
}

}  // namespace integrityctl
