#include "native/eval/exits/exit_family.hpp"

#include <algorithm>

#include "native/bundle/bundle_folder.hpp"

namespace sluice::eval {

namespace fs = std::filesystem;

std::vector<fs::path> find_family(const fs::path& folder) {
  std::vector<fs::path> members;
  std::error_code unknown;
  const std::string prefix = folder.filename().string() + "-";
  if (folder.filename().empty() || fs::exists(folder / "manifest.json", unknown)) return members;
  for (const auto& entry : fs::directory_iterator(folder.has_parent_path() ? folder.parent_path() : ".", unknown)) {
    const std::string name = entry.path().filename().string();
    if (!name.starts_with(prefix) || name.find('-', prefix.size()) != std::string::npos) continue;
    if (name.size() == prefix.size() || !fs::exists(entry.path() / "manifest.json", unknown)) continue;
    const auto manifest = bundle::read_manifest(entry.path());
    if (manifest && manifest->exits) members.push_back(entry.path());
  }
  std::ranges::sort(members);
  return members;
}

FamilyName family_of(const std::string& bundle_name) {
  const std::size_t dash = bundle_name.rfind('-');
  if (dash == std::string::npos) return {bundle_name, {}};
  return {bundle_name.substr(0, dash), bundle_name.substr(dash + 1)};
}

}  // namespace sluice::eval
