#include "native/train/sample_store.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace sluice::train {
namespace {

struct Header {
  char magic[8] = {'S', 'L', 'U', 'S', 'M', 'P', '1', '\0'};
  std::uint64_t key = 0;
  std::uint32_t width = 0;
  std::uint32_t height = 0;
};

struct Place {
  float x0, y0, x1, y1, score;
};

struct Label {
  std::uint32_t clip = 0;
  std::uint32_t block = 0;
  std::uint32_t needed = 0;
  std::uint32_t places = 0;
  Place place[kMaxPlaces] = {};
};

// FNV-1a.
std::uint64_t hash(std::string_view text) {
  std::uint64_t value = 14695981039346656037ULL;
  for (const char c : text) value = (value ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
  return value;
}

bool read_all(int file, void* to, std::size_t bytes, std::size_t offset) {
  auto* at = static_cast<char*>(to);
  while (bytes > 0) {
    const ssize_t got = pread(file, at, bytes, static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    at += got;
    bytes -= static_cast<std::size_t>(got);
    offset += static_cast<std::size_t>(got);
  }
  return true;
}

bool write_all(int file, const void* from, std::size_t bytes, std::size_t offset) {
  const auto* at = static_cast<const char*>(from);
  while (bytes > 0) {
    const ssize_t put = pwrite(file, at, bytes, static_cast<off_t>(offset));
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) return false;
    at += put;
    bytes -= static_cast<std::size_t>(put);
    offset += static_cast<std::size_t>(put);
  }
  return true;
}

}  // namespace

Result<SampleStore> SampleStore::open(const std::filesystem::path& path, std::string_view key, std::uint32_t width,
                                      std::uint32_t height) {
  SampleStore store;
  store.path_ = path;
  store.width_ = width;
  store.height_ = height;
  std::error_code error;
  std::filesystem::create_directories(path.parent_path(), error);
  store.file_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (store.file_ < 0) return fail(ErrorCode::kIoError, path.string() + ": " + std::strerror(errno));

  Header wanted;
  wanted.key = hash(key);
  wanted.width = width;
  wanted.height = height;
  Header found;
  struct stat status{};
  const bool same = fstat(store.file_, &status) == 0 && read_all(store.file_, &found, sizeof(found), 0) &&
                    std::memcmp(&found, &wanted, sizeof(found)) == 0;
  if (same) {
    // A record that was cut off by a kill is written again.
    store.count_ =
        (static_cast<std::size_t>(status.st_size) - sizeof(Header)) / (sizeof(Label) + store.picture_bytes());
  } else if (ftruncate(store.file_, 0) != 0 || !write_all(store.file_, &wanted, sizeof(wanted), 0)) {
    return fail(ErrorCode::kIoError, path.string() + ": " + std::strerror(errno));
  }
  return store;
}

SampleStore::SampleStore(SampleStore&& other) noexcept { *this = std::move(other); }

SampleStore& SampleStore::operator=(SampleStore&& other) noexcept {
  std::swap(file_, other.file_);
  std::swap(path_, other.path_);
  width_ = other.width_;
  height_ = other.height_;
  count_ = other.count_;
  return *this;
}

SampleStore::~SampleStore() {
  if (file_ >= 0) ::close(file_);
}

Result<void> SampleStore::append(const Sample& sample, std::span<const std::uint8_t> planes) {
  if (planes.size() != picture_bytes()) {
    return fail(ErrorCode::kShapeMismatch, "a stored picture has " + std::to_string(picture_bytes()) + " bytes, not " +
                                               std::to_string(planes.size()));
  }
  std::vector<output::Detection> places = sample.places;
  std::sort(places.begin(), places.end(), [](const auto& a, const auto& b) { return a.score > b.score; });
  Label label;
  label.clip = sample.clip;
  label.block = sample.block;
  label.needed = sample.needed ? 1 : 0;
  label.places = static_cast<std::uint32_t>(std::min(places.size(), kMaxPlaces));
  for (std::size_t i = 0; i < label.places; ++i) {
    label.place[i] = {places[i].x0, places[i].y0, places[i].x1, places[i].y1, places[i].score};
  }
  const std::size_t record = sizeof(Label) + picture_bytes();
  const std::size_t offset = sizeof(Header) + count_ * record;
  if (!write_all(file_, &label, sizeof(label), offset) ||
      !write_all(file_, planes.data(), planes.size(), offset + sizeof(label))) {
    return fail(ErrorCode::kIoError, path_.string() + ": " + std::strerror(errno));
  }
  ++count_;
  return {};
}

Result<Sample> SampleStore::read(std::size_t index, std::span<std::uint8_t> planes) const {
  const std::size_t offset = sizeof(Header) + index * (sizeof(Label) + picture_bytes());
  Label label;
  if (index >= count_ || !read_all(file_, &label, sizeof(label), offset) ||
      (!planes.empty() && !read_all(file_, planes.data(), planes.size(), offset + sizeof(label)))) {
    return fail(ErrorCode::kIoError, path_.string() + ": record " + std::to_string(index) + " cannot be read");
  }
  Sample sample{label.clip, label.block, label.needed != 0, {}};
  for (std::size_t i = 0; i < std::min<std::size_t>(label.places, kMaxPlaces); ++i) {
    output::Detection place;
    place.x0 = label.place[i].x0;
    place.y0 = label.place[i].y0;
    place.x1 = label.place[i].x1;
    place.y1 = label.place[i].y1;
    place.score = label.place[i].score;
    sample.places.push_back(place);
  }
  return sample;
}

}  // namespace sluice::train
