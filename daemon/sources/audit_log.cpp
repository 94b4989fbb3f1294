#include "sources/audit_log.hpp"

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <utility>

namespace integrityd {

namespace {

// What is read in one go, so that the loop stays free for others; and the tail that is compared with it.
constexpr std::size_t slice = 256U << 10;
constexpr std::size_t tail = 64;
// inotify tells in pieces of this size; a directory of a log has less to tell between two dispatches.
constexpr std::size_t events_size = 16U << 10;
constexpr int most_event_reads = 16;
// Where the broker, or the directory, is not there.
constexpr Duration retry_time = std::chrono::seconds(5);

}  // namespace

AuditLog::AuditLog(EventLoop& loop, Worker& worker, Opener& opener, AuditLogSettings settings,
                   AuditLogListener& listener)
    : loop_(loop),
      opener_(opener),
      settings_(std::move(settings)),
      listener_(listener),
      key_(make_block_key()),
      events_(events_size),
      io_(loop, [this] { return read_events(); }),
      names_(std::filesystem::path(settings_.path).filename().string()),
      retry_(loop.add_timer(
          [this] {
              if (!watch_) return watch();
              began_ ? look() : look_first();
          },
          std::chrono::seconds(1))),
      missing_(loop.add_timer([this] { missing_for_long(); })),
      rights_(settings_.rights),
      buffer_(slice + tail),
      guard_(loop, worker, key_, files_, [this](const AuditLogFile& file, AuditLogRange range) {
          tell(AuditLogFinding::Kind::rewritten, path_of(file), "what was read of it is not there any more", range);
      }) {}

AuditLog::~AuditLog() = default;

void AuditLog::start(std::optional<std::string> cursor) {
    start_cursor_ = std::move(cursor);
    ever_there_ = start_cursor_.has_value();
    watch();
}

void AuditLog::check() {
    told_.clear();
    if (!watch_) return watch();
    began_ ? look() : look_first();
}

void AuditLog::expect_group(std::optional<gid_t> group) {
    rights_.group = group;
    if (began_) check_rights();
}

std::string AuditLog::cursor(AuditLogPosition position) const {
    for (const auto& file : files_) {
        if (file->number() < position.file) continue;
        // A file that is not held any more is not there any more: what comes after it is the place.
        return to_text(file->cursor(file->number() == position.file ? position.offset : 0));
    }
    return start_cursor_.value_or("");
}

std::map<std::string, std::uint64_t> AuditLog::counters() const {
    return {{"log_bytes", bytes_read_},
            {"log_files", next_number_},
            {"log_rotations", rotations_},
            {"log_bytes_compared", guard_.bytes_compared()}};
}

// ---- what happens in the directory

void AuditLog::watch() {
    auto fd = opener_.watch_directory(Resource::audit_log);
    if (!fd) {
        if (fd.error().code == ENOENT && ever_there_) log_there(false, false);
        return retry_later(fd.error().message);
    }
    watch_ = std::move(*fd);
    io_.watch(watch_.get());
    began_ ? look() : look_first();
}

BusyIo::Reading AuditLog::read_events() {
    if (!drain()) return BusyIo::Reading::nothing;
    react();
    return posted_ ? BusyIo::Reading::some : BusyIo::Reading::all;
}

// Whether there was anything.
bool AuditLog::drain() {
    bool any = false;
    for (int i = 0; i < most_event_reads; ++i) {
        const ssize_t size = ::read(watch_.get(), events_.data(), events_.size());
        if (size <= 0) break;
        any = true;
        names_.read({events_.data(), static_cast<std::size_t>(size)}, pending_);
        if (static_cast<std::size_t>(size) < events_.size() / 2) break;  // there was no more
    }
    rotation_balance_ += pending_.rotations;
    rotations_ += std::exchange(pending_.rotations, 0);
    overflow_ = overflow_ || pending_.overflow;
    return any;
}

// For what was drained outside of the descriptor's handler.
void AuditLog::react_soon() {
    loop_.post([this, alive = std::weak_ptr<int>(alive_)] {
        if (!alive.expired()) react();
    });
}

void AuditLog::react() {
    const AuditLogChanges changes = std::exchange(pending_, {});
    if (changes.directory_gone) return lose_directory();
    for (const unsigned number : changes.older_removed) {
        tell(AuditLogFinding::Kind::older_removed, settings_.path + "." + std::to_string(number), "was unlinked");
    }
    if (changes.names && began_) look();
    if (!began_) return;
    grew_ = posted_;
    if (!posted_) read_some();
    const bool unseen = changes.overflow;
    if ((changes.written || changes.attributes) && !grew_) guard_.written();
    if (changes.closed || unseen) guard_.closed(unseen);
    if (changes.older_written || changes.older_closed || unseen) {
        check_older();
        guard_.closed(true);
    }
    if (changes.attributes || unseen) check_rights();
}

void AuditLog::lose_directory() {
    io_.forget();
    watch_.reset();
    log_there(false, false);
    retry_later("the directory of " + settings_.path + " is gone");
}

void AuditLog::retry_later(const std::string& reason) {
    set_blind(reason);
    retry_->start(retry_time);
}

void AuditLog::set_blind(const std::string& reason) {
    if (blind_ == reason) return;
    blind_ = reason;
    listener_.blind(reason);
}

void AuditLog::set_seeing() {
    if (!std::exchange(blind_, std::nullopt)) return;
    listener_.seeing();
}

// ---- what is in the files

void AuditLog::read_soon() {
    if (std::exchange(posted_, true)) return;
    loop_.post([this, alive = std::weak_ptr<int>(alive_)] {
        if (alive.expired()) return;
        posted_ = false;
        read_some();
    });
}

void AuditLog::read_some() {
    for (std::size_t left = slice; left > 0;) {
        if (read_piece(left)) continue;
        if (!std::exchange(caught_up_, true)) listener_.caught_up();
        guard_.read_on();
        return;
    }
    read_soon();
}

// False: everything that is there was read, or cannot be read.
bool AuditLog::read_piece(std::size_t& left) {
    if (files_.empty()) return false;
    AuditLogFile& file = *files_[reading_];
    const AuditLogRead piece = file.read(buffer_);
    if (piece.rewritten) guard_.changed(file, *piece.rewritten);
    if (!piece.bytes.empty()) {
        left -= std::min(left, piece.bytes.size());
        grew_ = true;
        deliver(file, piece.bytes);
        return true;
    }
    if (piece.end == AuditLogRead::End::failed) {
        set_blind(path_of(file) + ": " + std::strerror(piece.code));
        return false;
    }
    if (piece.end == AuditLogRead::End::truncated) {
        begin_anew();
        return true;
    }
    return next_file();
}

bool AuditLog::next_file() {
    if (reading_ + 1 == files_.size() && std::exchange(more_files_, false)) look();
    if (reading_ + 1 == files_.size()) return false;
    ++reading_;
    if (std::exchange(file_delivered_, false)) listener_.file_changed();
    let_go();
    return true;
}

// The file that is read has become shorter.
void AuditLog::begin_anew() {
    AuditLogFile& file = *files_[reading_];
    const auto size = static_cast<std::uint64_t>(file.status().st_size);
    tell(AuditLogFinding::Kind::truncated, path_of(file), "is shorter than what was read of it", {size, file.offset()});
    OpenedLog log{file.fd(), file.status()};
    if (std::exchange(file_delivered_, false)) listener_.file_changed();
    const bool cut = file.begins_as_before();
    // Numbers rise: one that is rotated already cannot be followed by itself.
    const bool last = reading_ + 1 == files_.size();
    if (last) files_.back() = std::make_unique<AuditLogFile>(next_number_++, std::move(log), key_, 0);
    if (cut || !last) files_[reading_]->skip_to_end(buffer_);
}

void AuditLog::deliver(const AuditLogFile& file, std::string_view bytes) {
    caught_up_ = false;
    file_delivered_ = true;
    bytes_read_ += bytes.size();
    const AuditLogPosition at{file.number(), file.offset() - bytes.size()};
    const std::uint64_t left = file.history_end() > at.offset ? file.history_end() - at.offset : 0;
    const auto history = static_cast<std::size_t>(std::min<std::uint64_t>(left, bytes.size()));
    if (history > 0) listener_.bytes(at, bytes.substr(0, history), true);
    if (history < bytes.size()) listener_.bytes({at.file, at.offset + history}, bytes.substr(history), false);
}

}  // namespace integrityd
