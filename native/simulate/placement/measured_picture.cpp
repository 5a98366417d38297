#include "native/simulate/placement/measured_picture.hpp"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>

#include "core/adapt/placement/jpeg_quantiser.hpp"
#include "core/adapt/placement/subsampling.hpp"
#include "native/simulate/draw.hpp"
#include "native/simulate/placement/jpeg_work.hpp"

namespace sluice::simulate {
namespace {

constexpr int kShrunkQuality = 90;
constexpr std::uint32_t kMostDivisor = 8;  // of a JPEG decoder
constexpr double kLeastPixels = 1e6;       // of a photo
constexpr double kNear = 1.4;              // an original may be so far off the wanted size, as a factor

struct MixPoint {
  double share;
  double bytes;
};
// Shares below, from the published distribution of image-5k; between two points sizes are log-uniform.
constexpr std::array<MixPoint, 6> kMix = {{{0, 8e3}, {0.3, 4e4}, {0.61, 1e5}, {0.75, 2e5}, {0.94, 1e6}, {1, 8e6}}};

using File = std::vector<std::uint8_t>;

std::vector<std::filesystem::path> jpeg_files(const std::vector<std::string>& folders) {
  std::vector<std::filesystem::path> files;
  std::error_code problem;
  for (const std::string& folder : folders) {
    for (auto at = std::filesystem::recursive_directory_iterator(
             folder, std::filesystem::directory_options::skip_permission_denied, problem);
         !problem && at != std::filesystem::recursive_directory_iterator(); at.increment(problem)) {
      std::string kind = at->path().extension().string();
      std::transform(kind.begin(), kind.end(), kind.begin(),
                     [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
      if ((kind == ".jpg" || kind == ".jpeg") && at->is_regular_file(problem)) files.push_back(at->path());
    }
    problem.clear();
  }
  std::sort(files.begin(), files.end());
  return files;
}

File read(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return File(std::istreambuf_iterator<char>(file), {});
}

bool is_near(double bytes, double wanted) { return bytes < wanted * kNear && bytes > wanted / kNear; }

// A file of about the wanted size out of a photo: shrunk while it is far too large, then by quality. Empty where none comes near.
Result<File> original_of(JpegWork& work, File photo, double wanted) {
  for (int round = 0; round < 3; ++round) {
    const double bytes = static_cast<double>(photo.size());
    if (is_near(bytes, wanted)) return photo;
    if (bytes < wanted) return File();
    for (std::uint32_t divisor = 1; divisor <= kMostDivisor; divisor *= 2) {
      if (bytes / (divisor * divisor) > 3 * wanted) continue;  // at no quality
      for (const int quality : {95, 85, 70}) {
        auto made = work.shrink(photo, divisor, quality);
        if (!made) return fail(made.error());
        if (is_near(static_cast<double>(made->jpeg.size()), wanted)) return std::move(made->jpeg);
        if (static_cast<double>(made->jpeg.size()) < wanted) break;
      }
    }
    // Larger than a decoder shrinks at once.
    auto smaller = work.shrink(photo, kMostDivisor, 95);
    if (!smaller) return fail(smaller.error());
    photo = std::move(smaller->jpeg);
  }
  return File();
}

Result<MeasuredPicture> measure(JpegWork& work, const File& original) {
  const auto size = work.size_of(original);
  if (!size) return fail(size.error());
  MeasuredPicture picture;
  picture.bytes = static_cast<double>(original.size());
  picture.width = size->width;
  picture.height = size->height;
  picture.quantiser = adapt::jpeg_quantiser(original);
  const std::uint32_t divisor = adapt::subsampling_of(size->width, size->height, adapt::kPieSlicerSide, kMostDivisor);
  for (std::size_t i = 0; i < kRepetitions; ++i) {
    const auto shrunk = work.shrink(original, divisor, kShrunkQuality);
    if (!shrunk) return fail(shrunk.error());
    picture.device_ms[i] = shrunk->took_ms;
    picture.shrunk_bytes = static_cast<double>(shrunk->jpeg.size());
    picture.shrunk_width = shrunk->size.width;
    picture.shrunk_height = shrunk->size.height;
    const auto whole = work.prepare(original, adapt::kPieSlicerSide);
    const auto small = work.prepare(shrunk->jpeg, adapt::kPieSlicerSide);
    if (!whole) return fail(whole.error());
    if (!small) return fail(small.error());
    picture.server_ms[i] = *whole;
    picture.server_shrunk_ms[i] = *small;
  }
  return picture;
}

}  // namespace

double mixed_bytes(double draw) {
  for (std::size_t i = 1; i < kMix.size(); ++i) {
    if (draw > kMix[i].share) continue;
    const double part = (draw - kMix[i - 1].share) / (kMix[i].share - kMix[i - 1].share);
    return kMix[i - 1].bytes * std::pow(kMix[i].bytes / kMix[i - 1].bytes, part);
  }
  return kMix.back().bytes;
}

Result<std::vector<MeasuredPicture>> measure_pictures(const std::vector<std::string>& folders,
                                                      const PictureOptions& options,
                                                      const std::function<void(std::size_t, std::size_t)>& progress) {
  auto work = JpegWork::create();
  if (!work) return fail(work.error());
  std::vector<File> photos;
  for (const auto& path : jpeg_files(folders)) {
    File file = read(path);
    const auto size = work->size_of(file);
    if (size && static_cast<double>(size->width) * size->height >= kLeastPixels) photos.push_back(std::move(file));
  }
  if (photos.empty())
    return fail(ErrorCode::kNotFound, {"no JPEG photo of at least a megapixel in ",
                                       folders.empty() ? std::string("no folder") : folders.front()});
  Draw draw(options.seed);
  std::vector<MeasuredPicture> pictures;
  // A photo without as many bytes as wanted is passed over; of one folder of small ones not every size can be had.
  for (std::size_t tries = 0; pictures.size() < options.pictures && tries < 20 * options.pictures; ++tries) {
    const auto original = original_of(*work, photos[draw.index(photos.size())], mixed_bytes(draw.uniform()));
    if (!original) continue;  // a damaged photo
    if (original->empty()) continue;
    auto picture = measure(*work, *original);
    if (!picture) return fail(picture.error());
    pictures.push_back(*picture);
    if (progress) progress(pictures.size(), options.pictures);
  }
  if (pictures.empty()) return fail(ErrorCode::kNotFound, "of no photo there could an original be made");
  return pictures;
}

}  // namespace sluice::simulate
