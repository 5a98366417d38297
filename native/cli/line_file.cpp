#include "native/cli/line_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <ctime>
#include <string>

namespace sluice::cli {

namespace {

// write(2), for which a pipe whose reader has gone is an error like any other. The signal that it raises beside it would end the
// program, as it should where standard output is what nobody reads any more; so it is held back and taken here alone.
ssize_t write_without_signal(int descriptor, const char* bytes, std::size_t size) {
  sigset_t broken_pipe;
  sigset_t before;
  sigset_t pending;
  sigemptyset(&broken_pipe);
  sigaddset(&broken_pipe, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &broken_pipe, &before);
  sigpending(&pending);
  const ssize_t written = ::write(descriptor, bytes, size);
  const int why = errno;
  if (written < 0 && why == EPIPE && sigismember(&pending, SIGPIPE) == 0) {
    const timespec at_once{};
    sigtimedwait(&broken_pipe, nullptr, &at_once);
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  errno = why;
  return written;
}

}  // namespace

Result<std::unique_ptr<LineFile>> LineFile::create(const std::filesystem::path& path, std::string_view last_line) {
  // A pipe that nobody reads is an error, not something to wait for.
  const int descriptor = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NONBLOCK, 0666);
  if (descriptor < 0) return fail(ErrorCode::kIoError, {"cannot write '", path.string(), "': ", std::strerror(errno)});
  ::fcntl(descriptor, F_SETFL, ::fcntl(descriptor, F_GETFL) & ~O_NONBLOCK);
  return std::unique_ptr<LineFile>(new LineFile(path, descriptor, last_line));
}

LineFile::LineFile(std::filesystem::path path, int descriptor, std::string_view last_line)
    : path_(std::move(path)), descriptor_(descriptor), last_line_(last_line) {}

LineFile::~LineFile() { ::close(descriptor_); }

bool LineFile::append(std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = write_without_signal(descriptor_, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

void LineFile::write(std::string_view line) {
  const std::lock_guard lock(mutex_);
  if (failure_) return;
  const std::string whole = std::string(line) + '\n';
  if (append(whole)) {
    bytes_ += whole.size();
    return;
  }
  const int why = errno;
  end_early();
  failure_ =
      Error{ErrorCode::kIoError,
            join_text({"cannot write more than ", bytes_, " bytes to '", path_.string(), "': ", std::strerror(why)})};
}

// Takes back the part of a line that fitted: what a reader finds are whole lines. Where even that fails the file ends in a torn
// line, and there is nothing left to do about it.
void LineFile::end_early() {
  const auto end = static_cast<off_t>(bytes_);
  if (::ftruncate(descriptor_, end) != 0 || ::lseek(descriptor_, end, SEEK_SET) != end || last_line_.empty()) return;
  const std::string last = std::string(last_line_) + '\n';
  if (append(last)) bytes_ += last.size();
  else static_cast<void>(::ftruncate(descriptor_, end) == 0);
}

Result<void> LineFile::state() const {
  const std::lock_guard lock(mutex_);
  if (failure_) return fail(*failure_);
  return {};
}

}  // namespace sluice::cli
