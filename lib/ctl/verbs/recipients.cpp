// recipients, notify test: who is told, and whether they can be reached.
#include <cerrno>

#include "../exit_codes.hpp"
#include "../json.hpp"
#include "../table.hpp"
#include "../text.hpp"
#include "../verbs.hpp"

namespace integrityctl {

namespace {

std::string detail_of(const RecipientRow& recipient) {
    std::vector<std::string> parts;
    if (!recipient.target.empty()) parts.push_back(printable(recipient.target));
    if (recipient.required) parts.emplace_back("required");
    if (!recipient.reason.empty()) parts.push_back(printable(recipient.reason));
    return join(parts, ", ");
}

// The refusal itself does not say why: the bus tells nobody what went wrong inside the daemon.
void tell_reason(Context& context, const std::string& recipient) {
    try {
        const std::string reason = reason_of_recipient(context.client().report("recipients"), recipient);
        if (!reason.empty()) context.say(printable(recipient) + " cannot be reached: " + printable(reason));
    } catch (const integrity::Error&) {  // the refusal is what counts, and is told by whoever catches it
    }
}

}  // namespace

int run(Context& context, const RecipientsOptions&) {
    Table table({"RECIPIENT", "TYPE", "STATE", "FROM", "BEHIND", "DETAIL"});
    for (const auto& line : list_member(context.client().report("recipients"), "recipients")) {
        if (context.json) {
            context.out.json(line);
            continue;
        }
        const auto recipient = read_recipient(line);
        table.add({{printable(recipient.name)},
                   {printable(recipient.type)},
                   {printable(recipient.state), style_of_state(recipient.state)},
                   {printable(recipient.min_severity)},
                   {std::to_string(recipient.behind)},
                   {detail_of(recipient)}});
    }
    if (context.json) return exit_done;
    context.out.write(table.empty() ? "No recipients are configured.\n" : table.render(context.out.terminal()));
    return exit_done;
}

int run(Context& context, const NotifyTestOptions& options) {
    try {
        context.client().test_recipient(options.recipient);
    } catch (const integrity::Error& error) {
        // EIO: the daemon answers, and has failed; nobody else can say more.
        if (error.code() == EIO) tell_reason(context, options.recipient);
        throw;
    }
    if (context.json) {
        context.out.json(JsonObject().text("recipient", options.recipient).boolean("reached", true).str());
    } else {
        context.out.line("Sent a notice of kind notify.tested to " + printable(options.recipient) +
                         ": it was reached.");
    }
    return exit_done;
}

}  // namespace integrityctl
