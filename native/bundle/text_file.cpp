#include "native/bundle/text_file.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

namespace sluice::bundle {
namespace {

namespace fs = std::filesystem;

Failure unwritable(const fs::path& path) {
  return fail(ErrorCode::kInvalidArgument,
              {path.string(), " cannot be written: name a file in a folder that may be written to, with room for it"});
}

// Pipes and devices take what is written; nothing can be put in their place.
bool is_replaced(const fs::path& path) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  return !fs::exists(status) || fs::is_regular_file(status);
}

// A link stays one.
fs::path file_of(const fs::path& path) {
  std::error_code error;
  const fs::path real = fs::weakly_canonical(path, error);
  return error ? path : real;
}

bool write(const fs::path& path, const std::string& text) {
  std::ofstream file(path, std::ios::binary);
  file << text;
  file.close();
  return !file.fail();
}

// What stands there may be another's and may be read by others: as far as this user may, the new file is so, too.
void take_after(const fs::path& file, const fs::path& partial) {
  struct stat before{};
  if (::stat(file.c_str(), &before) != 0) return;
  const bool owned = ::chown(partial.c_str(), before.st_uid, before.st_gid) == 0 ||
                     ::chown(partial.c_str(), static_cast<uid_t>(-1), before.st_gid) == 0;
  // Rights that the old group had are not another group's.
  const mode_t kept = owned ? before.st_mode & 07777 : before.st_mode & 0707;
  static_cast<void>(::chmod(partial.c_str(), kept));
}

// Of this process alone, so that a file of the user's is not taken for one.
fs::path partial_of(const fs::path& file) { return file.string() + ".partial-" + std::to_string(::getpid()); }

}  // namespace

Result<void> check_writable(const fs::path& path) {
  std::error_code error;
  if (fs::is_directory(path, error)) return unwritable(path);
  if (!is_replaced(path)) return {};
  const fs::path partial = partial_of(file_of(path));
  const bool written = write(partial, {});
  fs::remove(partial, error);
  if (!written) return unwritable(path);
  return {};
}

Result<void> write_text_file(const fs::path& path, const std::string& text) {
  if (!is_replaced(path)) {
    if (!write(path, text)) return unwritable(path);
    return {};
  }
  const fs::path file = file_of(path);
  const fs::path partial = partial_of(file);
  std::error_code error;
  if (write(partial, text)) {
    take_after(file, partial);
    fs::rename(partial, file, error);
    if (!error) return {};
  }
  fs::remove(partial, error);
  return unwritable(path);
}

}  // namespace sluice::bundle
