#include "native/media/picture_folder.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <fstream>
#include <iterator>
#include <string_view>
#include <system_error>

namespace sluice::media {
namespace {

constexpr std::array<std::string_view, 8> kEndings = {".jpg", ".jpeg", ".png", ".webp",
                                                      ".bmp", ".ppm",  ".tif", ".tiff"};

// The file's bytes if it is a JPEG; what cannot be read once more is no loss, the picture has been decoded.
std::string read_jpeg(const std::filesystem::path& path) {
  constexpr std::string_view kStart = "\xFF\xD8\xFF";
  std::ifstream file(path, std::ios::binary);
  std::string bytes(std::istreambuf_iterator<char>(file), {});
  return file && bytes.starts_with(kStart) ? bytes : std::string();
}

}  // namespace

bool is_picture_name(const std::filesystem::path& path) {
  std::string ending = path.extension().string();
  std::ranges::transform(ending, ending.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return std::ranges::find(kEndings, ending) != kEndings.end();
}

PictureFolder::PictureFolder(std::vector<std::filesystem::path> files, const SourceOptions& options)
    : files_(std::move(files)), options_(options) {}

Result<std::unique_ptr<PictureFolder>> PictureFolder::open(const std::string& path, const SourceOptions& options) {
  std::error_code failed;
  std::vector<std::filesystem::path> files;
  for (std::filesystem::directory_iterator entry(path, failed), end; !failed && entry != end; entry.increment(failed)) {
    std::error_code ignored;  // what cannot be asked is no picture
    if (entry->is_regular_file(ignored) && is_picture_name(entry->path())) files.push_back(entry->path());
  }
  if (failed) return fail(ErrorCode::kIoError, "cannot read the folder '" + path + "': " + failed.message());
  if (files.empty()) {
    std::string endings;
    for (const std::string_view ending : kEndings) endings += (endings.empty() ? "" : " ") + std::string(ending);
    return fail(ErrorCode::kNotFound, "the folder '" + path + "' holds no pictures (" + endings + ")");
  }
  std::ranges::sort(files);
  return std::unique_ptr<PictureFolder>(new PictureFolder(std::move(files), options));
}

Result<std::optional<Frame>> PictureFolder::next() {
  if (next_ == files_.size()) return std::optional<Frame>();
  const std::size_t index = next_++;
  auto reader = VideoReader::open(files_[index].string(), options_);
  if (!reader) return fail(reader.error());
  reader_ = std::move(*reader);
  auto frame = reader_->next();
  if (!frame) return fail(frame.error());
  if (!*frame) return fail(ErrorCode::kMalformedMedia, "'" + files_[index].string() + "': it holds no frame");
  (*frame)->index = index;
  (*frame)->time = std::chrono::microseconds(
      static_cast<std::int64_t>(static_cast<double>(index) * 1e6 / options_.pictures_per_second));
  (*frame)->name = files_[index].filename().string();
  if (options_.keep_jpegs && !(*frame)->turned) (*frame)->jpeg = read_jpeg(files_[index]);
  return frame;
}

}  // namespace sluice::media
