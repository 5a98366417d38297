#include "native/cli/line_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

namespace sluice::cli {

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
    const ssize_t written = ::write(descriptor_, text.data(), text.size());
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
