#include "ctl/options.hpp"

#include <catch2/catch.hpp>

#include "ctl/exit_codes.hpp"

using namespace integrityctl;

namespace {

std::variant<Options, Answer> read(std::vector<const char*> words) {
    words.insert(words.begin(), "integrityctl");
    return read_options(static_cast<int>(words.size()), words.data());
}

template <typename T>
T verb(const std::vector<const char*>& words) {
    const auto options = read(words);
    REQUIRE(std::holds_alternative<Options>(options));
    REQUIRE(std::holds_alternative<T>(std::get<Options>(options).verb));
    return std::get<T>(std::get<Options>(options).verb);
}

Answer answer(const std::vector<const char*>& words) {
    const auto options = read(words);
    REQUIRE(std::holds_alternative<Answer>(options));
    return std::get<Answer>(options);
}

}  // namespace

TEST_CASE("Each verb reads its options", "[ctl]") {
    const auto list = verb<ListOptions>({"list", "--source", "aide", "--source=tls", "--severity", "high", "--all"});
    CHECK(list.sources == std::vector<std::string>{"aide", "tls"});
    CHECK(list.severity == "high");
    CHECK(list.all);
    CHECK(verb<ShowOptions>({"show", "18446744073709551615"}).id == UINT64_MAX);
    CHECK(verb<EventsOptions>({"events", "--after", "0", "--follow"}).follow);
    const auto ack = verb<AckOptions>({"ack", "3", "4", "--comment", "seen it"});
    CHECK(ack.ids == std::vector<std::uint64_t>{3, 4});
    CHECK(ack.comment == "seen it");
    CHECK(verb<CheckOptions>({"check", "--wait"}).watchers.empty());
    CHECK(verb<CheckOptions>({"check", "aide", "tls"}).watchers == std::vector<std::string>{"aide", "tls"});
    CHECK(verb<NotifyTestOptions>({"notify", "test", "journal"}).recipient == "journal");
    const auto accept = verb<BaselineAcceptOptions>({"baseline", "accept", "aide", "--yes", "--id", "7", "--id", "8"});
    CHECK(accept.watcher == "aide");
    CHECK(accept.yes);
    CHECK(accept.ids == std::vector<std::uint64_t>{7, 8});
    CHECK(verb<BaselineShowOptions>({"baseline", "show"}).watcher.empty());
    CHECK(verb<VerifyOptions>({"verify", "--log", "-"}).log == "-");
    CHECK(verb<ExplainOptions>({"explain", "tls"}).kind == "tls");
    CHECK(verb<TpmShowOptions>({"tpm", "show"}).tcti.empty());
    const auto seal = verb<TpmSealOptions>({"tpm", "seal", "--tcti", "swtpm:path=/run/tpm", "--owner-auth", "-"});
    CHECK(seal.tcti == "swtpm:path=/run/tpm");
    CHECK(seal.owner_auth == "-");
}

TEST_CASE("JSON can be asked of every verb", "[ctl]") {
    CHECK(std::get<Options>(read({"watchers", "--json"})).json);
    CHECK(std::get<Options>(read({"baseline", "diff", "--json"})).json);
    CHECK_FALSE(std::get<Options>(read({"watchers"})).json);
    CHECK(std::get<Options>(read({"--json", "status"})).json);
    CHECK(std::get<Options>(read({"--json", "baseline", "diff", "--json"})).json);
}

TEST_CASE("Wrong usage says what is wrong and where to read on, and exits with 2", "[ctl]") {
    const auto words = GENERATE(values<std::vector<const char*>>({{},
                                                                  {"lost"},
                                                                  {"list", "--severity", "worst"},
                                                                  {"list", "--state", "open", "--all"},
                                                                  {"show"},
                                                                  {"show", "x"},
                                                                  {"show", "-1"},
                                                                  {"show", "18446744073709551616"},
                                                                  {"ack", "0"},
                                                                  {"ack"},
                                                                  {"events", "--canonical", "--json"},
                                                                  {"--json", "events", "--canonical"},
                                                                  {"--json"},
                                                                  {"events", "--after", "first"},
                                                                  {"notify"},
                                                                  {"baseline"},
                                                                  {"baseline", "import"},
                                                                  {"baseline", "accept", "--id", "3"},
                                                                  {"verify", "--head", "0123456789abcdef"},
                                                                  {"verify", "--log", "-", "--head", "xyz"}}));
    const Answer refused = answer(words);
    CHECK(refused.exit_code == exit_usage);
    CHECK(refused.out.empty());
    CHECK(refused.error.find("\nTry: integrityctl") != std::string::npos);
}

TEST_CASE("Wrong usage of status is unknown, never violated", "[ctl]") {
    CHECK(answer({"status", "--nonsense"}).exit_code == exit_unknown);
    CHECK(answer({"status", "now"}).exit_code == exit_unknown);
    CHECK(answer({"--json", "status", "now"}).exit_code == exit_unknown);
    CHECK(answer({"--nonsense", "status"}).exit_code == exit_unknown);
    CHECK(answer({"list", "status"}).exit_code == exit_usage);
}

TEST_CASE("What is wrong with the words is said without what acts on a terminal", "[ctl]") {
    CHECK(answer({"list", "--\033[2Jx"}).error.find('\033') == std::string::npos);
}

TEST_CASE("Help and version are no failure", "[ctl]") {
    CHECK(answer({"--help"}).exit_code == exit_done);
    CHECK(answer({"baseline", "accept", "--help"}).out.find("--yes") != std::string::npos);
    CHECK(answer({"--version"}).out.starts_with("integrityctl "));
}

TEST_CASE("What the daemon answers decides the exit code", "[ctl]") {
    const auto code = [](int negative_errno) { return exit_code_of(integrity::Error(negative_errno, "words")); };
    CHECK(code(-EHOSTDOWN) == 69);
    CHECK(code(-ECONNRESET) == 69);
    CHECK(code(-EACCES) == 77);
    CHECK(code(-ENOENT) == 1);
    CHECK(code(-EBUSY) == 1);
    CHECK(code(-ETIMEDOUT) == 1);
}

TEST_CASE("Advice says what to do and cannot act on a terminal", "[ctl]") {
    CHECK(advice(integrity::Error(-EHOSTDOWN, "x")).find("systemctl status integrityd") != std::string::npos);
    CHECK(advice(integrity::Error(-EACCES, "for root alone")).find("integrity-admin") != std::string::npos);
    CHECK(advice(integrity::Error(-ECONNRESET, "x")).find("may or may not have been carried out") != std::string::npos);
    CHECK(advice(integrity::Error(-EIO, "a\033[31m")) == "a\\x1b[31m");
}
