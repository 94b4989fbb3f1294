#include "ctl/table.hpp"

#include <sstream>

#include <catch2/catch.hpp>

#include "ctl/text.hpp"

using namespace integrityctl;

namespace {

Terminal plain(std::size_t width) {
    return Terminal::from(false, nullptr, nullptr, width);
}

std::size_t widest_line(const std::string& text) {
    std::istringstream lines(text);
    std::size_t widest = 0;
    for (std::string line; std::getline(lines, line);)
        widest = std::max(widest, columns(line));
    return widest;
}

Table violations() {
    Table table({"ID", "SEVERITY", "STATE", "SEEN", "KIND", "SUBJECT"});
    table.add(
        {{"12"}, {"critical"}, {"acknowledged"}, {"59 min"}, {"tls.certificate.not-recommended"}, {"update-server"}});
    table.add({{"4711"},
               {"high"},
               {"open"},
               {"2 d"},
               {"aide.entry.changed"},
               {"/usr/share/a/path/that/is/far/longer/than/what/any/terminal/of/eighty/columns/can/show"}});
    return table;
}

}  // namespace

TEST_CASE("A table puts what belongs together in one column", "[ctl]") {
    Table table({"NAME", "STATE", "DETAIL"});
    table.add({{"aide"}, {"blind"}, {"no accepted baseline"}});
    table.add({{"self"}, {"intact"}, {""}});
    CHECK(table.render(plain(80)) ==
          "NAME  STATE   DETAIL\n"
          "aide  blind   no accepted baseline\n"
          "self  intact\n");
}

TEST_CASE("The last column goes on in the next line where it is too wide", "[ctl]") {
    Table table({"NAME", "DETAIL"});
    table.add({{"aide"}, {"a sentence that needs more room than there is on one line"}});
    CHECK(table.render(plain(40)) ==
          "NAME  DETAIL\n"
          "aide  a sentence that needs more room\n"
          "      than there is on one line\n");
}

TEST_CASE("A digest in the last column is broken only where no line can hold it", "[ctl]") {
    const std::string digest(64, 'd');
    Table table({"WATCHER", "BASELINE", "DIGEST"});
    table.add({{"aide"}, {"accepted"}, {digest}});
    table.add({{"self"}, {"none"}, {""}});
    const std::string heading = "WATCHER  BASELINE  DIGEST\n";
    CHECK(table.render(plain(80)) == heading + "aide     accepted\n    " + digest + "\nself     none\n");
    CHECK(table.render(plain(90)) == heading + "aide     accepted  " + digest + "\nself     none\n");
    CHECK(table.render_unwrapped(plain(20)) == heading + "aide     accepted  " + digest + "\nself     none\n");
    CHECK(widest_line(table.render(plain(60))) <= 60);
}

TEST_CASE("A list of violations fits 80 columns and shows all of a long path", "[ctl]") {
    const std::string text = violations().render(plain(80));
    CHECK(widest_line(text) <= 80);
    std::string together = text;
    std::erase_if(together, [](char c) { return c == ' ' || c == '\n'; });
    CHECK(together.find("/usr/share/a/path/that/is/far/longer/than/what/any/terminal/of/eighty/columns/can/show") !=
          std::string::npos);
}

TEST_CASE("A wide terminal is used", "[ctl]") {
    const std::string text = violations().render(plain(200));
    CHECK(widest_line(text) > 80);
    CHECK(std::count(text.begin(), text.end(), '\n') == 3);
}

TEST_CASE("Properties put their values in one column and wrap them there", "[ctl]") {
    Properties properties;
    properties.add("State", {"open"});
    properties.add("Meaning", {"A file or directory differs from AIDE's database."});
    CHECK(properties.render(plain(40)) ==
          "State    open\n"
          "Meaning  A file or directory differs\n"
          "         from AIDE's database.\n");
}

TEST_CASE("A digest is not broken where a line of its own can hold it", "[ctl]") {
    const std::string digest(36, 'd');
    Properties properties;
    properties.add("Digest", {digest});
    CHECK(properties.render(plain(40)) == "Digest\n    " + digest + "\n");
    properties.add("Other", {digest + "d"});
    CHECK(properties.render(plain(40)).ends_with("Other   " + std::string(32, 'd') + "\n        ddddd\n"));
}

TEST_CASE("Colours are for a terminal that has them and for nobody who refused them", "[ctl]") {
    CHECK(Terminal::from(true, nullptr, "xterm", 0).colours);
    CHECK(Terminal::from(true, "", "xterm", 0).colours);
    CHECK_FALSE(Terminal::from(false, nullptr, "xterm", 0).colours);
    CHECK_FALSE(Terminal::from(true, "1", "xterm", 0).colours);
    CHECK_FALSE(Terminal::from(true, nullptr, "dumb", 0).colours);
    CHECK_FALSE(Terminal::from(true, nullptr, nullptr, 0).colours);
    CHECK(Terminal::from(true, nullptr, "xterm", 0).width == 80);
    CHECK(Terminal::from(true, nullptr, "xterm", 132).width == 132);
    CHECK(Terminal::from(true, nullptr, "xterm", 3).width == 40);
}

TEST_CASE("Colours change no column", "[ctl]") {
    const Terminal coloured = Terminal::from(true, nullptr, "xterm", 80);
    Table table({"SEVERITY", "KIND"});
    table.add({{"high", style_of_severity("high")}, {"aide.entry.changed"}});
    CHECK(table.render(coloured) ==
          "\033[1mSEVERITY\033[0m  \033[1mKIND\033[0m\n"
          "\033[31mhigh\033[0m      aide.entry.changed\n");
    CHECK(paint("high", Style::bad, plain(80)) == "high");
}

TEST_CASE("What is no terminal gets one line a row, however long", "[ctl]") {
    Table table = violations();
    const std::string longest = "/" + std::string(4000, 'x') + " y";
    table.add({{"1"}, {"low"}, {"open"}, {"1 s"}, {std::string(60, 'k')}, {longest}});
    const std::string text = table.render_unwrapped(plain(80));
    CHECK(std::count(text.begin(), text.end(), '\n') == 4);
    CHECK(text.find(longest) != std::string::npos);
}

TEST_CASE("A subject that needs too many lines is cut in its middle, the others are left alone", "[ctl]") {
    for (const std::size_t width : {80, 120}) {
        Table table = violations();
        CHECK_FALSE(table.cut_last_column(plain(200), 3));
        std::string deep;
        for (int i = 0; i < 200; ++i)
            deep += "/directory-" + std::to_string(i);
        table.add({{"1"}, {"low"}, {"open"}, {"1 s"}, {"aide.entry.added"}, {deep}});
        CHECK(table.cut_last_column(plain(width), 5));
        const std::string text = table.render(plain(width));
        CHECK(widest_line(text) <= width);
        CHECK(std::count(text.begin(), text.end(), '\n') <= 1 + 3 * 6);
        CHECK(text.find(" more…") != std::string::npos);
        CHECK(text.find("update-server") != std::string::npos);
    }
}
