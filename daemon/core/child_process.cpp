#include "core/child_process.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace integrityd {

namespace {

Error last_error(const char* what) {
    const int code = errno;
    return Error{std::string(what) + ": " + std::strerror(code), code};
}

struct Pipe {
    UniqueFd read;
    UniqueFd write;
};

Result<Pipe> make_pipe() {
    std::array<int, 2> ends{};
    if (pipe2(ends.data(), O_CLOEXEC) < 0) return last_error("pipe2");
    Pipe pipe{UniqueFd(ends[0]), UniqueFd(ends[1])};
    if (fcntl(pipe.read.get(), F_SETFL, O_NONBLOCK) < 0) return last_error("fcntl");
    return pipe;
}

// Set on the child after it was spawned: it has hardly begun by then, and what it starts inherits it.
void lower_priority(pid_t pid) {
    constexpr int io_class_idle = 3 << 13;  // IOPRIO_PRIO_VALUE(IOPRIO_CLASS_IDLE, 0)
    constexpr int who_process = 1;          // IOPRIO_WHO_PROCESS
    (void)setpriority(PRIO_PROCESS, static_cast<id_t>(pid), 19);
    (void)syscall(SYS_ioprio_set, who_process, pid, io_class_idle);
}

class SpawnAttributes {
public:
    SpawnAttributes() {
        posix_spawnattr_init(&attributes_);
        posix_spawn_file_actions_init(&actions_);
        sigset_t all;
        sigset_t none;
        sigfillset(&all);
        sigemptyset(&none);
        posix_spawnattr_setsigdefault(&attributes_, &all);
        posix_spawnattr_setsigmask(&attributes_, &none);
        posix_spawnattr_setpgroup(&attributes_, 0);
        posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
    }
    ~SpawnAttributes() {
        posix_spawn_file_actions_destroy(&actions_);
        posix_spawnattr_destroy(&attributes_);
    }
    SpawnAttributes(const SpawnAttributes&) = delete;
    SpawnAttributes& operator=(const SpawnAttributes&) = delete;

    void no_input() { posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, "/dev/null", O_RDONLY, 0); }
    void redirect(int fd, int to) { posix_spawn_file_actions_adddup2(&actions_, fd, to); }
    [[nodiscard]] const posix_spawnattr_t* attributes() const { return &attributes_; }
    [[nodiscard]] const posix_spawn_file_actions_t* actions() const { return &actions_; }

private:
    posix_spawnattr_t attributes_{};
    posix_spawn_file_actions_t actions_{};
};

Result<pid_t> spawn(const ChildRequest& request, int output, int errors) {
    SpawnAttributes attributes;
    if (request.input < 0)
        attributes.no_input();
    else
        attributes.redirect(request.input, STDIN_FILENO);
    attributes.redirect(output, STDOUT_FILENO);
    attributes.redirect(errors, STDERR_FILENO);
    std::vector<std::string> arguments = request.command;
    std::vector<char*> argv;
    for (auto& argument : arguments)
        argv.push_back(argument.data());
    argv.push_back(nullptr);
    std::string path = "PATH=/usr/sbin:/usr/bin:/sbin:/bin";
    std::string language = "LANG=C.UTF-8";
    std::array<char*, 3> environment = {path.data(), language.data(), nullptr};
    pid_t pid = -1;
    const int failure =
        posix_spawn(&pid, argv[0], attributes.actions(), attributes.attributes(), argv.data(), environment.data());
    if (failure != 0) return Error{request.command[0] + ": " + std::strerror(failure), failure};
    return pid;
}

bool write_all(int fd, const char* data, std::size_t size) {
    while (size > 0) {
        const ssize_t written = write(fd, data, size);
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return false;
        data += written;
        size -= static_cast<std::size_t>(written);
    }
    return true;
}

class SpawnedChild final : public ChildProcess {
public:
    SpawnedChild(EventLoop& loop, const ChildRequest& request, std::function<void(ChildResult)> done)
        : loop_(loop), output_limit_(request.output_limit), error_limit_(request.error_limit), done_(std::move(done)) {}

    ~SpawnedChild() override {
        if (!running_) return;
        kill_group();
        child_.reset();
        (void)waitpid(pid_, nullptr, 0);  // it was killed: this does not wait for its will
    }
    SpawnedChild(const SpawnedChild&) = delete;
    SpawnedChild& operator=(const SpawnedChild&) = delete;

    Result<void> start(const ChildRequest& request) {
        result_.output.reset(memfd_create("integrityd-child-output", MFD_CLOEXEC));
        if (!result_.output) return last_error("memfd_create");
        auto output = make_pipe();
        if (!output) return output.error();
        auto errors = make_pipe();
        if (!errors) return errors.error();
        auto pid = spawn(request, output->write.get(), errors->write.get());
        if (!pid) return pid.error();
        pid_ = *pid;
        running_ = true;
        lower_priority(pid_);
        output_ = std::move(output->read);
        errors_ = std::move(errors->read);
        watch(request.deadline);
        return {};
    }

    [[nodiscard]] pid_t pid() const override { return pid_; }
    [[nodiscard]] std::uint64_t output_bytes() const override { return output_bytes_; }

private:
    void watch(Duration deadline) {
        output_source_ = loop_.add_io(output_.get(), EPOLLIN, [this](std::uint32_t) { read_output(); });
        errors_source_ = loop_.add_io(errors_.get(), EPOLLIN, [this](std::uint32_t) { read_errors(); });
        child_ = loop_.add_child(pid_, [this](int status) { ended(status); });
        deadline_ = loop_.add_timer([this] {
            result_.deadline_passed = true;
            kill_group();
            if (!running_) give_up_pipes();
        });
        deadline_->start(deadline);
    }

    void kill_group() const { (void)::kill(-pid_, SIGKILL); }

    // One buffer a dispatch: a child that writes without end must not hold up the loop.
    void read_output() {
        const auto size = read(output_.get(), buffer_.data(), buffer_.size());
        if (size < 0 && (errno == EAGAIN || errno == EINTR)) return;
        if (size <= 0) {
            output_source_.reset();
            return finish_if_done();
        }
        keep_output(static_cast<std::size_t>(size));
    }

    void keep_output(std::size_t size) {
        const std::size_t room = output_limit_ - std::min<std::size_t>(output_limit_, output_bytes_);
        const bool kept = write_all(result_.output.get(), buffer_.data(), std::min(size, room));
        output_bytes_ += size;
        if (kept && size <= room) return;
        result_.output_cut = true;
        kill_group();
    }

    void read_errors() {
        const auto size = read(errors_.get(), buffer_.data(), buffer_.size());
        if (size < 0 && (errno == EAGAIN || errno == EINTR)) return;
        if (size <= 0) {
            errors_source_.reset();
            return finish_if_done();
        }
        const std::size_t room = error_limit_ - result_.errors.size();
        const std::size_t kept = std::min(room, static_cast<std::size_t>(size));
        result_.errors.append(buffer_.data(), kept);
        result_.errors_dropped += static_cast<std::size_t>(size) - kept;
    }

    void ended(int status) {
        running_ = false;
        result_.wait_status = status;
        // A grandchild may hold the pipes open for ever: it goes with its group, or is not waited for beyond the
        // deadline where it has left the group.
        kill_group();
        if (result_.deadline_passed) return give_up_pipes();
        finish_if_done();
    }

    void give_up_pipes() {
        output_source_.reset();
        errors_source_.reset();
        finish_if_done();
    }

    void finish_if_done() {
        if (running_ || output_source_ || errors_source_) return;
        deadline_->stop();
        (void)lseek(result_.output.get(), 0, SEEK_SET);
        // From the loop, because the receiver may destroy this object; not any more once it has.
        loop_.post([done = std::move(done_), alive = std::weak_ptr<int>(alive_),
                    result = std::make_shared<ChildResult>(std::move(result_))] {
            if (!alive.expired()) done(std::move(*result));
        });
    }

    EventLoop& loop_;
    const std::size_t output_limit_;
    const std::size_t error_limit_;
    std::function<void(ChildResult)> done_;
    std::shared_ptr<int> alive_ = std::make_shared<int>(0);
    pid_t pid_ = -1;
    bool running_ = false;
    std::uint64_t output_bytes_ = 0;
    ChildResult result_;
    UniqueFd output_;
    UniqueFd errors_;
    std::array<char, 65536> buffer_{};
    std::unique_ptr<IoSource> output_source_;
    std::unique_ptr<IoSource> errors_source_;
    std::unique_ptr<Source> child_;
    std::unique_ptr<Timer> deadline_;
};

}  // namespace

Result<std::unique_ptr<ChildProcess>> start_child(EventLoop& loop, const ChildRequest& request,
                                                  std::function<void(ChildResult)> done) {
    auto child = std::make_unique<SpawnedChild>(loop, request, std::move(done));
    if (auto started = child->start(request); !started) return started.error();
    return std::unique_ptr<ChildProcess>(std::move(child));
}

}  // namespace integrityd
