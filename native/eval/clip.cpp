#include "native/eval/clip.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <map>
#include <string_view>

#include "native/media/frame_source.hpp"
#include "native/media/picture_folder.hpp"

namespace sluice::eval {
namespace {

namespace fs = std::filesystem;

constexpr std::array<std::string_view, 7> kVideoExtensions{".mp4", ".mkv", ".webm", ".avi", ".mov", ".m4v", ".mpg"};

bool is_video_name(const fs::path& path) {
  std::string extension = path.extension().string();
  std::transform(extension.begin(), extension.end(), extension.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return std::find(kVideoExtensions.begin(), kVideoExtensions.end(), extension) != kVideoExtensions.end();
}

std::string name_within(const fs::path& path, const fs::path& root) {
  const fs::path name = path.lexically_relative(root);
  return name.empty() || name == "." ? path.filename().string() : name.generic_string();
}

// Where a search follows links to folders: not into a folder that it is in already, and not from inside a linked one, so that folders
// which link to each other do not make it go every way there is.
class FollowedLinks {
 public:
  explicit FollowedLinks(const fs::path& root) : within_{{fs::weakly_canonical(root, error_), false}} {}

  // `depth` of the folder, 0 for those right below the root.
  bool passes_over(const fs::directory_entry& folder, int depth) {
    within_.resize(static_cast<std::size_t>(depth) + 1);
    const bool link = folder.is_symlink(error_);
    fs::path real = fs::weakly_canonical(folder.path(), error_);
    const bool again = std::any_of(within_.begin(), within_.end(), [&](const Step& step) { return step.real == real; });
    if (again || (link && within_.back().linked)) return true;
    within_.push_back({std::move(real), link || within_.back().linked});
    return false;
  }

 private:
  struct Step {
    fs::path real;        // without links
    bool linked = false;  // a link led there, or to a folder that it is in
  };

  std::error_code error_;
  std::vector<Step> within_;  // from the root down
};

}  // namespace

Result<std::vector<Clip>> find_clips(const fs::path& path) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (!fs::exists(status)) return fail(ErrorCode::kIoError, path.string() + " is not there");
  if (!fs::is_directory(status)) {
    return std::vector<Clip>{{path.filename().string(), media::is_picture_name(path), {path}}};
  }
  std::vector<Clip> clips;
  std::map<fs::path, Clip> folders;
  FollowedLinks links(path);
  for (auto entry = fs::recursive_directory_iterator(path, fs::directory_options::follow_directory_symlink, error);
       !error && entry != fs::recursive_directory_iterator(); entry.increment(error)) {
    const fs::path& file = entry->path();
    if (entry->is_directory(error) && links.passes_over(*entry, entry.depth())) entry.disable_recursion_pending();
    if (!entry->is_regular_file(error)) continue;
    if (is_video_name(file)) {
      clips.push_back({name_within(file, path), false, {file}});
    } else if (media::is_picture_name(file)) {
      Clip& clip = folders[file.parent_path()];
      clip.name = name_within(file.parent_path(), path);
      clip.still_pictures = true;
      clip.files.push_back(file);
    }
  }
  if (error) return fail(ErrorCode::kIoError, path.string() + ": " + error.message());
  for (auto& [folder, clip] : folders) {
    std::sort(clip.files.begin(), clip.files.end());
    clips.push_back(std::move(clip));
  }
  if (clips.empty()) return fail(ErrorCode::kNotFound, path.string() + " holds neither videos nor pictures");
  std::sort(clips.begin(), clips.end(), [](const Clip& a, const Clip& b) { return a.name < b.name; });
  return clips;
}

Result<void> read_clip(const Clip& clip, std::uint32_t every, const FrameVisitor& visit) {
  std::uint64_t index = 0;
  for (const fs::path& file : clip.files) {
    if (clip.still_pictures && index % every != 0) {
      ++index;
      continue;
    }
    auto source = media::open_source(file.string());
    if (!source) return fail(source.error());
    while (true) {
      auto frame = (*source)->next();
      if (!frame) return fail(frame.error());
      if (!*frame) break;
      if (index % every == 0) {
        if (auto visited = visit((*frame)->view, index); !visited) return visited;
      }
      ++index;
      if (clip.still_pictures) break;
    }
  }
  return {};
}

Result<std::uint64_t> count_frames(const Clip& clip) {
  if (clip.still_pictures) return clip.files.size();
  std::uint64_t count = 0;
  for (const fs::path& file : clip.files) {
    auto source = media::open_source(file.string());
    if (!source) return fail(source.error());
    if (const auto known = (*source)->frame_count(); known && *known > 0) {
      count += *known;
      continue;
    }
    while (true) {
      auto frame = (*source)->next();
      if (!frame) return fail(frame.error());
      if (!*frame) break;
      ++count;
    }
  }
  return count;
}

}  // namespace sluice::eval
