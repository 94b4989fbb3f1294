// verify: the hash chain of the events, by the daemon; or of exported lines, without it.
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iostream>

#include "../chain.hpp"
#include "../exit_codes.hpp"
#include "../json.hpp"
#include "../text.hpp"
#include "../verbs.hpp"

namespace integrityctl {

namespace {

int tell(Context& context, bool intact, std::uint64_t checked, const std::string& detail) {
    if (context.json) {
        JsonObject object;
        object.boolean("intact", intact).number("checked", checked).text("detail", detail);
        context.out.json(object.str());
    } else {
        const std::string word = intact ? "intact" : "NOT INTACT";
        context.out.line(context.out.painted(word, intact ? Style::good : Style::worst) + ", " +
                         std::to_string(checked) + " events checked: " + printable(detail));
    }
    return intact ? exit_done : exit_failed;
}

// Lines of at most Chain::max_line bytes; a longer one is cut and the chain refuses it. False: the end.
bool read_line(std::istream& from, std::string& line) {
    line.clear();
    for (int c = from.get(); c != EOF; c = from.get()) {
        if (c == '\n') return true;
        if (line.size() <= Chain::max_line) line.push_back(static_cast<char>(c));
    }
    return !line.empty();
}

// What the lines are worth: in themselves, and against a hash that is known from elsewhere.
std::string judge(const Chain& chain, const std::string& head, bool& intact) {
    intact = false;
    if (!chain.error().empty()) return chain.error();
    if (chain.checked() == 0) return "no events";
    if (!chain.head().starts_with(head)) return "the hash of the last event is " + chain.head() + ", not " + head;
    intact = true;
    const std::string range = "events " + std::to_string(chain.first()) + " to " + std::to_string(chain.last());
    if (!head.empty()) return range + " end in the hash that was given";
    return range + " end in the hash " + chain.head() +
           ": compare it with what the journal or `integrityctl verify` says of event " + std::to_string(chain.last());
}

int verify_lines(Context& context, std::istream& from, const std::string& head) {
    Chain chain;
    std::string line;
    while (read_line(from, line) && chain.add(line)) {
    }
    bool intact = false;
    const std::string detail = judge(chain, head, intact);
    return tell(context, intact, chain.checked(), detail);
}

}  // namespace

int run(Context& context, const VerifyOptions& options) {
    if (options.log.empty()) {
        // A long chain takes long; Ctrl-C ends the waiting.
        const auto check = context.client().verify_events(integrity::forever);
        return tell(context, check.intact, check.checked, check.detail);
    }
    if (options.log == "-") return verify_lines(context, std::cin, options.head);
    std::ifstream file(options.log, std::ios::binary);
    if (!file) throw integrity::Error(-errno, options.log + ": " + std::strerror(errno));
    return verify_lines(context, file, options.head);
}

}  // namespace integrityctl
