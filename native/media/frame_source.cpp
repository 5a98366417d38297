#include "native/media/frame_source.hpp"

#include <filesystem>
#include <system_error>

#include "native/media/libav.hpp"
#include "native/media/picture_folder.hpp"
#include "native/media/video_reader.hpp"

namespace sluice::media {
namespace {

template <typename Source>
Result<std::unique_ptr<FrameSource>> as_source(Result<std::unique_ptr<Source>> source) {
  if (!source) return fail(source.error());
  return std::unique_ptr<FrameSource>(std::move(*source));
}

}  // namespace

Result<std::unique_ptr<FrameSource>> open_source(const std::string& path, const SourceOptions& options) {
  if (!(options.pictures_per_second > 0)) {
    return fail(ErrorCode::kInvalidArgument,
                "pictures_per_second is " + std::to_string(options.pictures_per_second) + "; it must be above 0");
  }
  std::error_code failed;
  const std::filesystem::file_status status = std::filesystem::status(path, failed);
  if (failed || !std::filesystem::exists(status)) {
    return fail(ErrorCode::kIoError, "'" + path + "' does not exist or cannot be read");
  }
  if (std::filesystem::is_directory(status)) return as_source(PictureFolder::open(path, options));
  if (std::filesystem::is_character_file(status)) return as_source(VideoReader::open_camera(path, options));
  if (!std::filesystem::is_regular_file(status)) {
    return fail(ErrorCode::kIoError, "'" + path + "' is neither a file, a folder nor a camera");
  }
  if (std::filesystem::file_size(path, failed) == 0) {
    return fail(ErrorCode::kMalformedMedia, "'" + path + "': the file is empty");
  }
  return as_source(VideoReader::open(path, options));
}

void silence_libav() { av_log_set_level(AV_LOG_QUIET); }

}  // namespace sluice::media
