// integrityctl: the operators' tool. Asks integrityd over the bus and shows what it answers.
#include <algorithm>
#include <chrono>
#include <clocale>
#include <csignal>
#include <cstring>
#include <exception>
#include <unistd.h>

#include "exit_codes.hpp"
#include "text.hpp"
#include "verbs.hpp"

namespace integrityctl {

namespace {

int run_verb(Context& context, const Options& options) {
    const bool status = std::holds_alternative<StatusOptions>(options.verb);
    try {
        return std::visit([&](const auto& verb) { return run(context, verb); }, options.verb);
    } catch (const integrity::Error& error) {
        context.say(advice(error));
        return status ? exit_unknown : exit_code_of(error);
    } catch (const std::exception& error) {
        context.say(printable(error.what()));
        return status ? exit_unknown : exit_failed;
    }
}

int tell(const Answer& answer, Output& out, Output& error) {
    out.write(answer.out);
    if (!answer.error.empty()) error.write("integrityctl: " + answer.error);
    return answer.exit_code;
}

int start(int argc, char** argv) {
    // Widths of characters are asked of the C library; the words stay English and the bytes UTF-8.
    if (std::setlocale(LC_CTYPE, "C.UTF-8") == nullptr) (void)std::setlocale(LC_CTYPE, "");
    // A reader that goes away is seen by write().
    (void)std::signal(SIGPIPE, SIG_IGN);
    Output out(STDOUT_FILENO);
    Output error(STDERR_FILENO);
    const auto options = read_options(argc, argv);
    if (const auto* answer = std::get_if<Answer>(&options)) return tell(*answer, out, error);
    const auto& asked = std::get<Options>(options);
    const auto now = std::chrono::time_point_cast<integrity::Duration>(std::chrono::system_clock::now());
    Context context(out, error, asked.json, now);
    const int code = run_verb(context, asked);
    out.flush();
    if (out.error() == 0) return code;
    context.say(std::string("standard output cannot be written: ") + std::strerror(out.error()));
    return std::holds_alternative<StatusOptions>(asked.verb) || code != exit_done ? code : exit_failed;
}

}  // namespace

}  // namespace integrityctl

int main(int argc, char** argv) {
    try {
        return integrityctl::start(argc, argv);
    } catch (...) {  // no memory: nothing is left to say it with
        const bool status =
            std::any_of(argv, argv + argc, [](const char* word) { return !std::strcmp(word, "status"); });
        return status ? integrityctl::exit_unknown : integrityctl::exit_failed;
    }
}
