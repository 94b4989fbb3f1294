#include "sources/audit_log_guard.hpp"

#include <algorithm>

namespace integrityd {

namespace {

// 30 rounds of ten seconds are the five minutes in which everything is compared.
constexpr Duration round_time = std::chrono::seconds(10);
constexpr std::uint64_t rounds = 30;
constexpr std::uint64_t least_allowance = 1U << 20;
// So often at most something is compared at once: under load a log is often written to and already read.
constexpr Duration pause = std::chrono::milliseconds(250);
// Of one job in the disk lane: some milliseconds even where SHA-256 is slow, because others wait for the lane, too.
constexpr std::uint64_t job_size = 1U << 20;
constexpr std::size_t buffer_size = 64U << 10;
constexpr std::size_t newest = 2;

}  // namespace

AuditLogGuard::AuditLogGuard(EventLoop& loop, Worker& worker, const BlockKey& key, AuditLogFiles& files, Report report)
    : worker_(worker),
      key_(key),
      files_(files),
      report_(std::move(report)),
      round_(loop.add_timer([this] { tick(); }, std::chrono::seconds(1))),
      soon_(loop.add_timer([this] { compare_now(); })),
      buffer_(buffer_size) {}

void AuditLogGuard::start() {
    round_->start(round_time);
}

void AuditLogGuard::written() {
    written_ = true;
    wants_recent_ = true;
    compare_soon();
}

void AuditLogGuard::changed(AuditLogFile& file, AuditLogRange range) {
    if (!compare_recent(file)) report_(file, range);
    closed(false);  // who knows what else
}

void AuditLogGuard::closed(bool any) {
    wants_recent_ = true;
    wants_walk_ = any || wants_walk_.value_or(false);
    compare_soon();
}

// The first time at once, then after a pause.
void AuditLogGuard::compare_soon() {
    if (soon_->running()) return;
    compare_now();
}

void AuditLogGuard::compare_now() {
    if (!wants_recent_ && !wants_walk_) return;
    soon_->start(pause);
    if (std::exchange(wants_recent_, false) && !files_.empty()) (void)compare_recent(*files_.back());
    // One that is under way has passed by what may have been changed: the next one follows it.
    if (wants_walk_ && !urgent_) begin_walk(*std::exchange(wants_walk_, std::nullopt));
    run_next();
}

void AuditLogGuard::begin_walk(bool any) {
    if (files_.empty()) return;
    const std::size_t first = any || files_.size() <= newest ? 0 : files_.size() - newest;
    urgent_ = Walk{files_[first]->number(), 0};
}

void AuditLogGuard::tick() {
    round_->start(round_time);
    sealing_paused_ = false;
    allowance_ = std::max(least_allowance, total() / rounds);
    if (!steady_) steady_ = Walk{};
    if (std::exchange(written_, false) && !urgent_) begin_walk(false);
    run_next();
}

std::uint64_t AuditLogGuard::total() const {
    std::uint64_t sum = 0;
    for (const auto& file : files_)
        sum += file->offset();
    return sum;
}

AuditLogFile* AuditLogGuard::find(std::uint64_t number) const {
    const auto found =
        std::find_if(files_.begin(), files_.end(), [number](const auto& file) { return file->number() == number; });
    return found == files_.end() ? nullptr : found->get();
}

std::optional<AuditLogGuard::Task> AuditLogGuard::next_task() {
    if (auto task = task_of(urgent_)) return task;
    if (auto task = seal_task()) return task;
    if (allowance_ == 0) return std::nullopt;
    return task_of(steady_);
}

// The next whole blocks on this way; at the end of each file also the block that is not whole. The way ends behind the
// last file.
std::optional<AuditLogGuard::Task> AuditLogGuard::task_of(std::optional<Walk>& walk) {
    while (walk) {
        const auto at = std::find_if(files_.begin(), files_.end(),
                                     [&walk](const auto& file) { return file->number() >= walk->file; });
        if (at == files_.end()) {
            walk.reset();
            break;
        }
        AuditLogFile& file = **at;
        if (file.number() != walk->file) walk = Walk{file.number(), 0};
        Task task{walk->file, walk->block, walk->block, false};
        for (std::uint64_t size = 0; task.last < file.tags().whole() && size < job_size; ++task.last)
            size += audit_log_block(task.last).size;
        walk->block = task.last;
        if (task.first < task.last) return task;
        walk = Walk{file.number() + 1, 0};
        (void)compare_recent(file);
    }
    return std::nullopt;
}

std::optional<AuditLogGuard::Task> AuditLogGuard::seal_task() const {
    if (sealing_paused_) return std::nullopt;
    for (auto file = files_.rbegin(); file != files_.rend(); ++file) {
        Task task{(*file)->number(), (*file)->sealed_blocks(), (*file)->sealed_blocks(), true};
        for (std::uint64_t size = 0; task.last < (*file)->tags().whole() && size < job_size; ++task.last)
            size += audit_log_block(task.last).size;
        if (task.first < task.last) return task;
    }
    return std::nullopt;
}

void AuditLogGuard::run_next() {
    if (running_) return;
    const auto task = next_task();
    if (!task) return;
    const AuditLogFile* const file = find(task->file);
    auto queued = worker_.run(
        Lane::disk, [fd = file->fd(), task = *task, key = key_] { return look_at(fd->get(), task, key); },
        [this, task = *task, alive = std::weak_ptr<int>(alive_)](const Result<std::vector<Block>>& blocks) {
            if (!alive.expired()) finished(task, blocks);
        });
    if (queued) {
        running_ = true;
    } else {
        sealing_paused_ = true;
        allowance_ = 0;
    }
}

// In the disk lane.
Result<std::vector<AuditLogGuard::Block>> AuditLogGuard::look_at(int fd, const Task& task, const BlockKey& key) {
    std::vector<Block> blocks;
    std::vector<char> buffer(buffer_size);
    BlockTagger tagger(key);
    Sha256 hash;
    for (std::size_t block = task.first; block < task.last; ++block) {
        const AuditLogBlock range = audit_log_block(block);
        for (std::uint64_t at = range.begin; at < range.end(); at += buffer.size()) {
            if (auto done = read_exactly(fd, at, buffer); !done) return done.error();
            tagger.update({buffer.data(), buffer.size()});
            if (task.seal) hash.update({buffer.data(), buffer.size()});
        }
        blocks.push_back({tagger.finish(), task.seal ? hash.finish() : Sha256Digest{}});
    }
    return blocks;
}

void AuditLogGuard::finished(const Task& task, const Result<std::vector<Block>>& blocks) {
    running_ = false;
    const std::uint64_t size = audit_log_block(task.last).begin - audit_log_block(task.first).begin;
    if (!task.seal && !urgent_) allowance_ -= std::min(allowance_, size);
    AuditLogFile* const file = find(task.file);
    if (!blocks) {
        sealing_paused_ = true;
    } else if (file != nullptr) {
        bytes_compared_ += size;
        compare(*file, task, *blocks);
        if (task.seal) seal(*file, task, *blocks);
    }
    if (!urgent_ && wants_walk_ && !soon_->running()) soon_->start(pause);
    run_next();
}

void AuditLogGuard::compare(AuditLogFile& file, const Task& task, const std::vector<Block>& blocks) {
    std::optional<AuditLogRange> changed;
    for (std::size_t block = task.first; block < task.last; ++block) {
        const BlockTag& seen = blocks[block - task.first].tag;
        if (!file.tags().tag(block)) file.tags().set(block, seen);
        if (file.tags().tag(block) == seen) continue;
        // It may have been compared meanwhile on the loop: what stands there now decides.
        if (const auto range = file.compare_block(block, buffer_))
            changed = AuditLogRange{changed ? changed->begin : range->begin, range->end};
    }
    if (!changed) return;
    file.set_seal(0, {});  // the chain is of what stood there
    report_(file, *changed);
}

void AuditLogGuard::seal(AuditLogFile& file, const Task& task, const std::vector<Block>& blocks) {
    if (file.sealed_blocks() != task.first) return;  // begun anew meanwhile
    Sha256Digest seal = file.seal();
    for (std::size_t block = task.first; block < task.last; ++block) {
        seal = extend_seal(seal, blocks[block - task.first].digest);
        if (file.expected_blocks() == block + 1 && !file.take_expected(seal))
            report_(file, {0, audit_log_block(block).end()});
    }
    file.set_seal(task.last, seal);
}

bool AuditLogGuard::compare_recent(AuditLogFile& file) {
    const auto changed = file.compare_recent(buffer_);
    if (!changed) return false;
    file.set_seal(0, {});
    report_(file, *changed);
    return true;
}

}  // namespace integrityd
