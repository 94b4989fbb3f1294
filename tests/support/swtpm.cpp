#include "support/swtpm.hpp"

#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <initializer_list>
#include <poll.h>
#include <span>
#include <stdexcept>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/unique_fd.hpp"
#include "support/failure_bound.hpp"
#include "support/file_watch.hpp"

namespace integrityd::test {

namespace {

using Buffer = std::vector<std::uint8_t>;

constexpr const char* program = "/usr/bin/swtpm";

// TPM 2.0 Library, Part 2: tags, commands and handles that are used here.
constexpr std::uint16_t no_sessions = 0x8001;
constexpr std::uint16_t sessions = 0x8002;
constexpr std::uint32_t nv_undefine_space = 0x122;
constexpr std::uint32_t clear_control = 0x127;
constexpr std::uint32_t clear_command = 0x126;
constexpr std::uint32_t hierarchy_change_auth = 0x129;
constexpr std::uint32_t nv_define_space = 0x12a;
constexpr std::uint32_t lock_reset = 0x139;
constexpr std::uint32_t pcr_event = 0x13c;
constexpr std::uint32_t startup = 0x144;
constexpr std::uint32_t shutdown_command = 0x145;
constexpr std::uint32_t nv_read = 0x14e;
constexpr std::uint32_t pcr_extend = 0x182;
constexpr std::uint32_t owner = 0x40000001;
constexpr std::uint32_t password_session = 0x40000009;
constexpr std::uint32_t lockout = 0x4000000a;
constexpr std::uint32_t retry = 0x922;
// swtpm's control channel (swtpm_ioctls(3)).
constexpr std::uint32_t control_init = 2;
// An index whose authorisation is guessed: the dictionary attack protection holds for it.
constexpr std::uint32_t guarded_index = 0x01800777;
constexpr std::uint32_t auth_read_and_write = 0x00040004;

void add(Buffer& to, std::uint64_t number, int size) {
    for (int shift = (size - 1) * 8; shift >= 0; shift -= 8)
        to.push_back(static_cast<std::uint8_t>(number >> shift));
}

void add_sized(Buffer& to, std::string_view data) {
    add(to, data.size(), 2);
    to.insert(to.end(), data.begin(), data.end());
}

Buffer command_of(std::uint16_t tag, std::uint32_t code, const Buffer& rest) {
    Buffer command;
    add(command, tag, 2);
    add(command, 10 + rest.size(), 4);
    add(command, code, 4);
    command.insert(command.end(), rest.begin(), rest.end());
    return command;
}

// Handles, the authorisation of the first by a password, parameters.
Buffer authorised(std::uint32_t code, std::initializer_list<std::uint32_t> handles, const Buffer& parameters,
                  std::string_view password = {}) {
    Buffer rest;
    for (const std::uint32_t handle : handles)
        add(rest, handle, 4);
    add(rest, 9 + password.size(), 4);
    add(rest, password_session, 4);
    add(rest, 0, 2);  // nonce
    add(rest, 0, 1);  // attributes
    add_sized(rest, password);
    rest.insert(rest.end(), parameters.begin(), parameters.end());
    return command_of(sessions, code, rest);
}

UniqueFd connect_to(const std::string& path) {
    UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
    const timeval patience{failure_bound.count(), 0};
    (void)::setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
        throw std::runtime_error(path + ": " + std::strerror(errno));
    return fd;
}

Buffer receive(const UniqueFd& fd, std::size_t size) {
    Buffer data(size);
    for (std::size_t have = 0; have < size;) {
        const ssize_t got = ::recv(fd.get(), data.data() + have, size - have, 0);
        if (got <= 0) throw std::runtime_error("swtpm does not answer");
        have += static_cast<std::size_t>(got);
    }
    return data;
}

std::uint32_t number_at(std::span<const std::uint8_t> data, std::size_t at) {
    return std::uint32_t{data[at]} << 24 | std::uint32_t{data[at + 1]} << 16 | std::uint32_t{data[at + 2]} << 8 |
           data[at + 3];
}

[[noreturn]] void become_swtpm(const std::string& state, const std::string& socket, const std::string& pid_file) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    const int nothing = ::open("/dev/null", O_RDWR | O_CLOEXEC);
    for (int fd = 0; fd < 3; ++fd)
        ::dup2(nothing, fd);
    ::execl(program, program, "socket", "--tpm2", "--tpmstate", ("dir=" + state).c_str(), "--server",
            ("type=unixio,path=" + socket).c_str(), "--ctrl", ("type=unixio,path=" + socket + ".ctrl").c_str(), "--pid",
            ("file=" + pid_file).c_str(), "--flags", "not-need-init,startup-clear", nullptr);
    ::_exit(127);
}

}  // namespace

std::uint32_t response_code(const std::vector<std::uint8_t>& answer) {
    if (answer.size() < 10) throw std::runtime_error("an answer that is none");
    return number_at(answer, 6);
}

std::string Swtpm::why_not() {
    return ::access(program, X_OK) == 0 ? std::string() : std::string("swtpm is not installed");
}

Swtpm::Swtpm() {
    std::filesystem::create_directory(directory_ / "state");
    start();
}

Swtpm::~Swtpm() {
    kill();
}

void Swtpm::start() {
    const std::string pid_file = directory_ / "pid";
    for (const auto& path : {socket(), socket() + ".ctrl", pid_file})
        std::filesystem::remove(path);
    pid_ = ::fork();
    if (pid_ == 0) become_swtpm(directory_ / "state", socket(), pid_file);
    // The last that it does before it serves: it listens by then.
    const auto listens = [&] { return std::filesystem::exists(pid_file); };
    if (!wait_in_directory(directory_.path(), listens)) throw std::runtime_error("swtpm does not come up");
}

void Swtpm::kill() {
    if (pid_ <= 0) return;
    (void)::kill(pid_, SIGKILL);
    (void)::waitpid(pid_, nullptr, 0);
    pid_ = -1;
}

void Swtpm::hang() const {
    (void)::kill(pid_, SIGSTOP);
    int status = 0;
    (void)::waitpid(pid_, &status, WUNTRACED);
}

void Swtpm::go_on() const {
    (void)::kill(pid_, SIGCONT);
}

std::vector<std::uint8_t> Swtpm::transmit(const std::vector<std::uint8_t>& command) const {
    const UniqueFd fd = connect_to(socket());
    if (::send(fd.get(), command.data(), command.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(command.size()))
        throw std::runtime_error("swtpm does not listen");
    Buffer answer = receive(fd, 10);
    const Buffer rest = receive(fd, number_at(answer, 2) - 10);
    answer.insert(answer.end(), rest.begin(), rest.end());
    return answer;
}

void Swtpm::control(std::uint32_t command, std::uint32_t argument) const {
    Buffer message;
    add(message, command, 4);
    add(message, argument, 4);
    const UniqueFd fd = connect_to(socket() + ".ctrl");
    if (::send(fd.get(), message.data(), message.size(), MSG_NOSIGNAL) < 0) throw std::runtime_error("swtpm control");
    if (number_at(receive(fd, 4), 0) != 0) throw std::runtime_error("swtpm refuses");
}

void Swtpm::must(const std::vector<std::uint8_t>& command, std::string_view what) const {
    const std::uint32_t code = response_code(transmit(command));
    if (code != 0) throw std::runtime_error(std::string(what) + ": " + std::to_string(code));
}

void Swtpm::measure_boot() const {
    for (unsigned pcr = 0; pcr < 8; ++pcr)
        measure(pcr, "firmware " + std::to_string(pcr));
}

void Swtpm::measure(unsigned pcr, std::string_view data) const {
    Buffer parameters;
    add_sized(parameters, data);
    must(authorised(pcr_event, {pcr}, parameters), "PCR_Event");
}

void Swtpm::extend(unsigned pcr, std::uint16_t bank, const std::vector<std::uint8_t>& digest) const {
    Buffer parameters;
    add(parameters, 1, 4);
    add(parameters, bank, 2);
    parameters.insert(parameters.end(), digest.begin(), digest.end());
    must(authorised(pcr_extend, {pcr}, parameters), "PCR_Extend");
}

void Swtpm::reset(bool in_order) const {
    const Buffer clear_state = {0, 0};
    if (in_order) must(command_of(no_sessions, shutdown_command, clear_state), "Shutdown");
    control(control_init, 0);
    must(command_of(no_sessions, startup, clear_state), "Startup");
}

void Swtpm::clear() const {
    must(authorised(clear_command, {lockout}, {}), "Clear");
}

void Swtpm::disable_clear(bool disabled) const {
    must(authorised(clear_control, {lockout}, {static_cast<std::uint8_t>(disabled)}), "ClearControl");
}

void Swtpm::set_owner_auth(std::string_view secret) const {
    Buffer parameters;
    add_sized(parameters, secret);
    must(authorised(hierarchy_change_auth, {owner}, parameters), "HierarchyChangeAuth");
}

void Swtpm::authorise_wrongly() const {
    Buffer area;
    add(area, guarded_index, 4);
    add(area, sha256_bank, 2);
    add(area, auth_read_and_write, 4);
    add(area, 0, 2);  // policy
    add(area, 8, 2);  // bytes of data
    Buffer parameters;
    add_sized(parameters, "secret");
    add(parameters, area.size(), 2);
    parameters.insert(parameters.end(), area.begin(), area.end());
    must(authorised(nv_define_space, {owner}, parameters), "NV_DefineSpace");
    Buffer range;
    add(range, 8, 2);
    add(range, 0, 2);
    const Buffer wrong = authorised(nv_read, {guarded_index, guarded_index}, range, "wrong");
    // The first one after a start is only noted, with TPM_RC_RETRY.
    if (response_code(transmit(wrong)) == retry) (void)transmit(wrong);
    must(authorised(nv_undefine_space, {owner, guarded_index}, {}), "NV_UndefineSpace");
}

void Swtpm::reset_lockout() const {
    must(authorised(lock_reset, {lockout}, {}), "DictionaryAttackLockReset");
}

void Swtpm::fail() {
    std::filesystem::rename(directory_ / "state", directory_ / "taken");
    // The first write fails, and with it the TPM.
    (void)transmit(authorised(clear_control, {lockout}, {1}));
}

}  // namespace integrityd::test
