#include "native/train/image/picture_pool.hpp"

#include <turbojpeg.h>

#include <fstream>
#include <memory>
#include <sstream>

namespace sluice::train {
namespace {

constexpr int kQuality = 95;

struct DestroyHandle {
  void operator()(void* handle) const { tjDestroy(handle); }
};
using Handle = std::unique_ptr<void, DestroyHandle>;

Failure io_failure(const std::filesystem::path& path, const char* what) {
  return fail(ErrorCode::kIoError, path.string() + ": " + what);
}

}  // namespace

PicturePool::PicturePool(std::filesystem::path folder) : folder_(std::move(folder)) {}

Result<bool> PicturePool::open(const std::string& key) {
  std::ifstream index(index_path());
  std::string line;
  if (!std::getline(index, line) || line != key) return false;
  entries_.clear();
  while (std::getline(index, line)) {
    std::istringstream row(line);
    PoolEntry entry;
    std::size_t boxes = 0;
    row >> entry.offset >> entry.bytes >> entry.clip >> boxes;
    for (std::size_t i = 0; i < boxes && row; ++i) {
      output::Detection box;
      row >> box.x0 >> box.y0 >> box.x1 >> box.y1 >> box.score;
      entry.found.push_back(box);
    }
    if (!row) return io_failure(index_path(), "damaged; delete it to label anew");
    entries_.push_back(std::move(entry));
  }
  return !entries_.empty();
}

Result<void> PicturePool::begin() {
  std::error_code error;
  std::filesystem::create_directories(folder_, error);
  std::filesystem::remove(index_path(), error);
  entries_.clear();
  end_ = 0;
  if (!std::ofstream(pixels_path(), std::ios::binary | std::ios::trunc))
    return io_failure(pixels_path(), "cannot be written");
  return {};
}

Result<void> PicturePool::add(const eval::RgbImage& picture, std::uint32_t clip, std::vector<output::Detection> found) {
  const Handle handle(tjInitCompress());
  unsigned char* jpeg = nullptr;
  unsigned long bytes = 0;
  const int status = tjCompress2(handle.get(), picture.pixels.data(), static_cast<int>(picture.width), 0,
                                 static_cast<int>(picture.height), TJPF_RGB, &jpeg, &bytes, TJSAMP_444, kQuality, 0);
  const std::unique_ptr<unsigned char, void (*)(unsigned char*)> owned(jpeg, tjFree);
  if (status != 0) return fail(ErrorCode::kInternal, std::string("JPEG encoder: ") + tjGetErrorStr2(handle.get()));
  std::ofstream file(pixels_path(), std::ios::binary | std::ios::app);
  if (!file.write(reinterpret_cast<const char*>(jpeg), static_cast<std::streamsize>(bytes))) {
    return io_failure(pixels_path(), "cannot be written; is the disk full?");
  }
  entries_.push_back({end_, bytes, clip, std::move(found)});
  end_ += bytes;
  return {};
}

Result<void> PicturePool::finish(const std::string& key) {
  const auto partial = folder_ / "pool.index.partial";
  {
    std::ofstream index(partial);
    index << key << '\n';
    for (const PoolEntry& entry : entries_) {
      index << entry.offset << ' ' << entry.bytes << ' ' << entry.clip << ' ' << entry.found.size();
      for (const auto& box : entry.found) {
        index << ' ' << box.x0 << ' ' << box.y0 << ' ' << box.x1 << ' ' << box.y1 << ' ' << box.score;
      }
      index << '\n';
    }
    if (!index.flush()) return io_failure(partial, "cannot be written; is the disk full?");
  }
  std::error_code error;
  std::filesystem::rename(partial, index_path(), error);
  if (error) return io_failure(index_path(), error.message().c_str());
  return {};
}

Result<eval::RgbImage> PicturePool::load(std::size_t index) const {
  const PoolEntry& entry = entries_[index];
  std::vector<unsigned char> jpeg(entry.bytes);
  std::ifstream file(pixels_path(), std::ios::binary);
  file.seekg(static_cast<std::streamoff>(entry.offset));
  if (!file.read(reinterpret_cast<char*>(jpeg.data()), static_cast<std::streamsize>(jpeg.size()))) {
    return io_failure(pixels_path(), "shorter than its index says; delete the folder to label anew");
  }
  const Handle handle(tjInitDecompress());
  int width = 0;
  int height = 0;
  int subsampling = 0;
  int space = 0;
  if (tjDecompressHeader3(handle.get(), jpeg.data(), jpeg.size(), &width, &height, &subsampling, &space) != 0) {
    return fail(ErrorCode::kIoError, std::string("JPEG decoder: ") + tjGetErrorStr2(handle.get()));
  }
  eval::RgbImage picture{static_cast<std::uint32_t>(width), static_cast<std::uint32_t>(height), {}};
  picture.pixels.resize(static_cast<std::size_t>(width) * static_cast<std::size_t>(height) * 3);
  if (tjDecompress2(handle.get(), jpeg.data(), jpeg.size(), picture.pixels.data(), width, 0, height, TJPF_RGB, 0) !=
      0) {
    return fail(ErrorCode::kIoError, std::string("JPEG decoder: ") + tjGetErrorStr2(handle.get()));
  }
  return picture;
}

}  // namespace sluice::train
