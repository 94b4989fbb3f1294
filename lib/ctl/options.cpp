#include "options.hpp"

#include <charconv>
#include <sstream>

#include <CLI/CLI.hpp>

#include "exit_codes.hpp"
#include "text.hpp"

namespace integrityctl {

namespace {

std::uint64_t to_number(const std::string& text) {
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size()) {
        throw CLI::ValidationError(text + " is not a number");
    }
    return number;
}

std::uint64_t to_id(const std::string& text) {
    const std::uint64_t id = to_number(text);
    if (id == 0) throw CLI::ValidationError("0 is not the id of a violation");
    return id;
}

std::string must_be_hash(const std::string& text) {
    const bool hex = text.find_first_not_of("0123456789abcdef") == std::string::npos;
    return hex && text.size() >= 16 && text.size() <= 64 ? "" : "a hash has 16 to 64 lower-case hex digits";
}

// Declares the verbs. What a verb reads is kept here until it is known which one was meant.
class Reader {
public:
    Reader() : app_("Shows and settles what integrityd has found on this device.", "integrityctl") {
        app_.require_subcommand(1);
        app_.set_version_flag("--version", "integrityctl " INTEGRITY_VERSION, "Print the version of this program");
        app_.get_formatter()->label("SUBCOMMAND", "VERB");
        app_.footer("Manual page: integrityctl(1)");
        app_.add_flag("--json", options_.json, "Print JSON for programs; before the verb or after it");
        declare_readers();
        declare_events();
        declare_orders();
        declare_baseline();
        declare_boot();
        declare_tpm();
        declare_others();
    }

    std::variant<Options, Answer> read(int argc, const char* const* argv) {
        try {
            app_.parse(argc, argv);
        } catch (const CLI::ParseError& error) {
            return answer(error);
        }
        return std::move(options_);
    }

private:
    // A verb that fills `T` and, once the line is read to its end, is what was asked for.
    template <typename T>
    CLI::App* verb(CLI::App& parent, const std::string& name, const std::string& description, T& read) {
        CLI::App* made = parent.add_subcommand(name, description)->group("Verbs");
        made->add_flag("--json", options_.json, "Print JSON for programs");
        made->callback([this, &read] { options_.verb = read; });
        return made;
    }

    void declare_readers() {
        verb(app_, "status", "Tell the verdict, why, and what to do; exits with it", status_);
        CLI::App* list = verb(app_, "list", "List violations", list_);
        list->add_flag("--all", list_.all, "Also those that are resolved");
        list->add_option("--source", list_.sources, "Only of this watcher (may be repeated)")->allow_extra_args(false);
        list->add_option("--kind", list_.kinds, "Only of this kind (may be repeated)")->allow_extra_args(false);
        list->add_option("--severity", list_.severity, "Only of this severity or above")
            ->check(CLI::IsMember({"low", "medium", "high", "critical"}));
        list->add_option("--state", list_.state, "Only in this state")
            ->check(CLI::IsMember({"open", "acknowledged", "returned", "resolved"}))
            ->excludes("--all");
        CLI::App* show = verb(app_, "show", "Tell everything about one violation", show_);
        show->add_option_function<std::string>(
                "ID", [this](const std::string& text) { show_.id = to_id(text); }, "Of the violation")
            ->required();
        verb(app_, "watchers", "List the watchers and whether they can look", watchers_);
        verb(app_, "recipients", "List who is told, and whether they can be reached", recipients_);
        verb(app_, "luks", "Show the encrypted volumes, and whether the next boot will open them", luks_);
        CLI::App* tls = verb(app_, "tls", "Show the TLS endpoints, and what they accept", tls_);
        verb(*tls, "discover", "Find this device's own TLS listeners, as a configuration to paste", tls_discover_);
        // With a verb below it this one was only the way there.
        tls->callback([this, tls] {
            if (tls->get_subcommands().empty()) options_.verb = tls_;
        });
    }

    void declare_events() {
        CLI::App* events = verb(app_, "events", "Print events", events_);
        events->add_option_function<std::string>(
            "--after", [this](const std::string& text) { events_.after = to_number(text); },
            "Only those after this sequence");
        events->add_flag("--follow", events_.follow, "Go on with each new one until interrupted");
        events->add_flag("--canonical", events_.canonical, "Print the exact lines that the hash chain is made of")
            ->excludes("--json");
        events->callback([this] {
            // Before the verb it is another option than the one that is excluded.
            if (events_.canonical && options_.json) throw CLI::ExcludesError("--canonical", "--json");
            options_.verb = events_;
        });
        verb(app_, "watch", "Follow events from now until interrupted", watch_);
    }

    void declare_orders() {
        CLI::App* ack = verb(app_, "ack", "Acknowledge violations: somebody has seen them", ack_);
        add_ids(*ack, "ID", ack_.ids, "Of the violations")->required();
        ack->add_option("--comment", ack_.comment, "Is kept with the acknowledgement");
        CLI::App* check = verb(app_, "check", "Ask for a look now", check_);
        check->add_option("WATCHER", check_.watchers, "Of these watchers; without: of all");
        check->add_flag("--wait", check_.wait, "Wait until they have looked, and tell how far they are");
        CLI::App* notify = app_.add_subcommand("notify", "Try out the recipients")->group("Verbs");
        notify->require_subcommand(1);
        CLI::App* test = verb(*notify, "test", "Send one notice to a recipient", notify_test_);
        test->add_option("NAME", notify_test_.recipient, "Of the recipient")->required();
    }

    void declare_baseline() {
        CLI::App* baseline = app_.add_subcommand("baseline", "Show and accept what is taken as good")->group("Verbs");
        baseline->require_subcommand(1);
        const char* of_watcher = "Of this watcher; without: of all";
        verb(*baseline, "show", "Show what was accepted", baseline_show_)
            ->add_option("WATCHER", baseline_show_.watcher, of_watcher);
        verb(*baseline, "diff", "Show what is there against what was accepted", baseline_diff_)
            ->add_option("WATCHER", baseline_diff_.watcher, of_watcher);
        CLI::App* accept = verb(*baseline, "accept", "Accept what is there, after showing it", baseline_accept_);
        accept->add_option("WATCHER", baseline_accept_.watcher, of_watcher);
        accept->add_flag("--yes", baseline_accept_.yes, "Do not ask; needed without a terminal");
        add_ids(*accept, "--id", baseline_accept_.ids, "Only what this violation is about (may be repeated)")
            ->allow_extra_args(false)
            ->needs(accept->get_option("WATCHER"));
        accept->add_option("--comment", baseline_accept_.comment, "Is kept with the acceptance");
        verb(*baseline, "export", "Print the accepted documents as JSON", baseline_export_)
            ->add_option("WATCHER", baseline_export_.watcher, of_watcher);
        CLI::App* import = verb(*baseline, "import", "Accept values that are known beforehand", baseline_import_);
        import->add_option("WATCHER", baseline_import_.watcher, "Of this watcher")->required();
        import->add_option("FILE", baseline_import_.file, "With the values; -: standard input")->required();
        import->add_option("--comment", baseline_import_.comment, "Is kept with the acceptance");
    }

    // Alone it tells the boot; its own verbs must not be overruled by it.
    void declare_boot() {
        CLI::App* boot = verb(app_, "boot", "Tell what this device booted, and what of it was accepted", boot_);
        boot->callback([this, boot] {
            if (boot->get_subcommands().empty()) options_.verb = boot_;
        });
        boot->add_option("--log", boot_.log, "Read this event log instead, without the daemon; -: standard input");
        CLI::App* digest = verb(*boot, "digest", "Print the digest of an image as firmware measures it", boot_digest_);
        digest->add_option("FILE", boot_digest_.file, "A loader or a unified kernel image")->required();
        digest->add_option("--bank", boot_digest_.bank, "Of this algorithm")
            ->check(CLI::IsMember({"sha1", "sha256", "sha384", "sha512"}));
        digest->add_option("--component", boot_digest_.component, "With --json: what the image is");
    }

    void declare_tpm() {
        CLI::App* tpm =
            app_.add_subcommand("tpm", "Show the TPM, and let it hold the baseline's digest")->group("Verbs");
        tpm->require_subcommand(1);
        add_tcti(*verb(*tpm, "show", "Show the TPM's state and settings", tpm_show_), tpm_show_.tcti);
        add_owner(*verb(*tpm, "provision", "Make room in the TPM for the baseline's digest (root)", tpm_provision_),
                  tpm_provision_);
        add_owner(*verb(*tpm, "seal", "Write the digest of the accepted baseline into the TPM (root)", tpm_seal_),
                  tpm_seal_);
        add_owner(*verb(*tpm, "unprovision", "Take back what provision has made (root)", tpm_unprovision_),
                  tpm_unprovision_);
    }

    static void add_tcti(CLI::App& verb, std::string& tcti) {
        verb.add_option("--tcti", tcti, "This TPM, read directly: device:PATH or swtpm:path=SOCKET");
    }

    static void add_owner(CLI::App& verb, TpmOwnerOptions& read) {
        add_tcti(verb, read.tcti);
        verb.add_option("--owner-auth", read.owner_auth,
                        "The TPM's owner authorisation: the first line of this file; -: of standard input");
    }

    void declare_others() {
        CLI::App* verify = verb(app_, "verify", "Check the hash chain of the events", verify_);
        CLI::Option* log = verify->add_option(
            "--log", verify_.log,
            "Check these lines of `events --canonical` instead, without the daemon; -: standard input");
        verify->add_option("--head", verify_.head, "What the hash of the last of these lines must be, or begin with")
            ->needs(log)
            ->check(must_be_hash);
        verb(app_, "explain", "Tell what a kind of violation means and what to do", explain_)
            ->add_option("KIND", explain_.kind, "The kind; without: list all");
        verb(app_, "version", "Print the versions of this program and of the daemon", version_);
    }

    static CLI::Option* add_ids(CLI::App& verb, const std::string& name, std::vector<std::uint64_t>& ids,
                                const std::string& description) {
        return verb.add_option_function<std::vector<std::string>>(
            name,
            [&ids](const std::vector<std::string>& texts) {
                for (const auto& text : texts)
                    ids.push_back(to_id(text));
            },
            description);
    }

    // The deepest verb that was named, for the words that lead on.
    const CLI::App* named() const {
        const CLI::App* at = &app_;
        for (auto below = at->get_subcommands(); !below.empty(); below = at->get_subcommands())
            at = below.front();
        return at;
    }

    Answer answer(const CLI::ParseError& error) const {
        std::ostringstream out;
        std::ostringstream ignored;
        if (app_.exit(error, out, ignored) == 0) return {exit_done, out.str(), {}};
        std::string path = "integrityctl";
        for (const CLI::App* at = &app_; at != named();) {
            at = at->get_subcommands().front();
            path += " " + at->get_name();
        }
        // 2 would say "violated" to whoever monitors with `status`.
        const bool status = named()->get_name() == "status";
        return {status ? exit_unknown : exit_usage, {}, printable(error.what()) + "\nTry: " + path + " --help\n"};
    }

    CLI::App app_;
    Options options_;
    StatusOptions status_;
    ListOptions list_;
    ShowOptions show_;
    EventsOptions events_;
    WatchOptions watch_;
    AckOptions ack_;
    CheckOptions check_;
    WatchersOptions watchers_;
    RecipientsOptions recipients_;
    LuksOptions luks_;
    TlsOptions tls_;
    TlsDiscoverOptions tls_discover_;
    NotifyTestOptions notify_test_;
    BaselineShowOptions baseline_show_;
    BaselineDiffOptions baseline_diff_;
    BaselineAcceptOptions baseline_accept_;
    BaselineExportOptions baseline_export_;
    BaselineImportOptions baseline_import_;
    BootOptions boot_;
    BootDigestOptions boot_digest_;
    VerifyOptions verify_;
    ExplainOptions explain_;
    TpmShowOptions tpm_show_;
    TpmProvisionOptions tpm_provision_;
    TpmSealOptions tpm_seal_;
    TpmUnprovisionOptions tpm_unprovision_;
    VersionOptions version_;
};

}  // namespace

std::variant<Options, Answer> read_options(int argc, const char* const* argv) {
    return Reader().read(argc, argv);
}

}  // namespace integrityctl
