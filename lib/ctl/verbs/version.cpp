// version: of this program, and of the daemon where one answers.
#include "../exit_codes.hpp"
#include "../json.hpp"
#include "../text.hpp"
#include "../verbs.hpp"

namespace integrityctl {

namespace {

// Not to be asked is no failure here.
std::optional<std::string> daemon_version(Context& context) {
    try {
        return std::string(context.client().status().version());
    } catch (const integrity::Error&) {
        return std::nullopt;
    }
}

}  // namespace

int run(Context& context, const VersionOptions&) {
    const auto daemon = daemon_version(context);
    if (context.json) {
        JsonObject object;
        object.text("integrityctl", INTEGRITY_VERSION);
        daemon ? object.text("integrityd", *daemon) : object.null("integrityd");
        context.out.json(object.str());
        return exit_done;
    }
    context.out.line("integrityctl " INTEGRITY_VERSION);
    context.out.line(daemon ? "integrityd " + printable(*daemon) : "integrityd does not answer");
    return exit_done;
}

}  // namespace integrityctl
