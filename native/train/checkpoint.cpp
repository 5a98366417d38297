#include "native/train/checkpoint.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <sstream>

namespace sluice::train {
namespace {

constexpr const char* kKey = "key";

Failure io_failure(const std::filesystem::path& path) {
  return fail(ErrorCode::kIoError, {path.string(), ": ", std::strerror(errno)});
}

// Writes and forces to the disk.
bool write_out(int file, const std::string& bytes) {
  for (std::size_t at = 0; at < bytes.size();) {
    const ssize_t put = ::write(file, bytes.data() + at, bytes.size() - at);
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) return false;
    at += static_cast<std::size_t>(put);
  }
  return fsync(file) == 0;
}

}  // namespace

Result<void> write_atomically(const std::filesystem::path& file, const std::string& bytes) {
  const std::filesystem::path partial = file.string() + ".partial";
  const int descriptor = ::open(partial.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (descriptor < 0) return io_failure(partial);
  const bool written = write_out(descriptor, bytes);
  const int why = errno;
  ::close(descriptor);
  if (!written) {
    errno = why;
    return io_failure(partial);
  }
  if (::rename(partial.c_str(), file.c_str()) != 0) return io_failure(file);
  // The new name has to reach the disk as well.
  const std::filesystem::path folder = file.has_parent_path() ? file.parent_path() : ".";
  const int directory = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (directory < 0) return io_failure(folder);
  const bool synced = fsync(directory) == 0;
  ::close(directory);
  if (!synced) return io_failure(folder);
  return {};
}

void copy_values(const torch::nn::Module& from, torch::nn::Module& to) {
  torch::NoGradGuard no_gradient;
  const auto copy = [](const std::vector<torch::Tensor>& source, std::vector<torch::Tensor> target) {
    for (std::size_t i = 0; i < source.size(); ++i) target[i].copy_(source[i]);
  };
  copy(from.parameters(), to.parameters());
  copy(from.buffers(), to.buffers());
}

CheckpointWriter::CheckpointWriter(const std::string& key) { archive_.write(kKey, c10::IValue(key)); }

Result<void> CheckpointWriter::write(const std::filesystem::path& file) {
  std::ostringstream bytes;
  archive_.save_to(bytes);
  return write_atomically(file, bytes.str());
}

Result<bool> CheckpointReader::open(const std::filesystem::path& file, const std::string& key) {
  std::error_code error;
  if (!std::filesystem::exists(file, error)) return false;
  try {
    archive_.load_from(file.string());
    c10::IValue found;
    archive_.read(kKey, found);
    return found.toStringRef() == key;
  } catch (const std::exception&) {
    return fail(ErrorCode::kIoError, {file.string(), " is no checkpoint; delete it to start from the beginning"});
  }
}

Result<void> CheckpointReader::open_any(const std::filesystem::path& file) try {
  archive_.load_from(file.string());
  c10::IValue key;
  archive_.read(kKey, key);
  return {};
} catch (const std::exception&) {
  return fail(ErrorCode::kIoError, {file.string(), " is no checkpoint of a training"});
}

}  // namespace sluice::train
