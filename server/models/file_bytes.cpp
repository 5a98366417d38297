#include "server/models/file_bytes.hpp"

#include <cerrno>
#include <cstring>
#include <fstream>

namespace sluice::server {

// Read, and not mapped, although a mapping saves a copy while a model is loaded. A file that is cut off under its mapping ends the process
// when a page behind its new end is touched (SIGBUS), and one that is written to changes what was checked by its hash: a private mapping
// helps against neither, a lease (fcntl) only on a file of our own and for as long as the writer is patient, and a sealed copy in memory is
// the copy again. Engines touch the bytes long after they were checked, and bundles are replaced while the server runs. What it would save
// is in server/README.md (bench_model_files): with ONNX Runtime, which makes its own weights, no more than
// room that the allocator keeps for the next load.
Result<std::string> read_file(const std::filesystem::path& path, std::size_t limit_bytes) {
  std::error_code error;
  const auto size = std::filesystem::file_size(path, error);
  if (error) return fail(ErrorCode::kIoError, path.string() + ": " + error.message());
  if (size > limit_bytes) {
    return fail(ErrorCode::kOutOfMemory,
                path.string() + " has " + std::to_string(size) + " bytes; the limit is " + std::to_string(limit_bytes));
  }
  std::ifstream file(path, std::ios::binary);
  if (!file) return fail(ErrorCode::kIoError, path.string() + ": " + std::strerror(errno));
  std::string bytes(static_cast<std::size_t>(size), '\0');
  file.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  if (static_cast<std::size_t>(file.gcount()) != bytes.size()) {
    return fail(ErrorCode::kIoError, path.string() + " changed while it was read");
  }
  return bytes;
}

}  // namespace sluice::server
