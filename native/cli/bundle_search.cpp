#include "native/cli/bundle_search.hpp"

#include <cstdlib>
#include <system_error>

namespace sluice::cli {
namespace {

namespace fs = std::filesystem;

bool holds_bundle(const fs::path& folder) {
  std::error_code unreadable;
  return fs::is_regular_file(folder / "manifest.json", unreadable);
}

}  // namespace

std::vector<fs::path> bundle_folders() {
  std::vector<fs::path> folders;
  if (const char* named = std::getenv("SLUICE_BUNDLES"); named != nullptr && *named != '\0')
    folders.emplace_back(named);
  std::error_code unknown;
  if (const fs::path program = fs::read_symlink("/proc/self/exe", unknown); !unknown) {
    folders.push_back(program.parent_path() / "../share/sluice/bundles");
    folders.push_back(program.parent_path() / "../../../bundles");
  }
  folders.emplace_back("bundles");
  for (fs::path& folder : folders) folder = folder.lexically_normal();
  return folders;
}

Result<fs::path> find_bundle(const std::string& name_or_folder) {
  if (name_or_folder.find("://") != std::string::npos) {
    return fail(ErrorCode::kInvalidArgument, "'" + name_or_folder +
                                                 "' is an address, which `sluice run` and `sluice replay` take; name a "
                                                 "folder here, with manifest.json and its files fetched from there");
  }
  if (holds_bundle(name_or_folder)) return fs::path(name_or_folder);
  const bool is_name = name_or_folder.find('/') == std::string::npos && !name_or_folder.empty();
  std::string places = name_or_folder;
  if (is_name) {
    for (const fs::path& folder : bundle_folders()) {
      if (holds_bundle(folder / name_or_folder)) return folder / name_or_folder;
      places += ", " + (folder / name_or_folder).string();
    }
  }
  return fail(ErrorCode::kNotFound, "no bundle '" + name_or_folder + "': there is no manifest.json in " + places);
}

}  // namespace sluice::cli
