#include "server/models/picture_decoder.hpp"

#include <turbojpeg.h>

#include <algorithm>
#include <string_view>
#include <utility>

namespace sluice::server {

namespace {

// Scans of one JPEG; a usual progressive one has ten. Each may go over the whole picture again, so that a small file with many of them
// takes long.
constexpr std::size_t kMaxScans = 32;

std::size_t count_scans(Bytes bytes) {
  constexpr std::string_view kStartOfScan = "\xFF\xDA";
  const std::string_view text = as_text(bytes);
  std::size_t count = 0;
  for (std::size_t at = text.find(kStartOfScan); at != std::string_view::npos; at = text.find(kStartOfScan, at + 2)) {
    ++count;
  }
  return count;
}

class Codec {
 public:
  Codec() : handle_(tjInitDecompress()) {}
  ~Codec() {
    if (handle_ != nullptr) tjDestroy(handle_);
  }
  Codec(const Codec&) = delete;
  Codec& operator=(const Codec&) = delete;

  // What the header says; false when it cannot be read, and problem() tells why.
  bool read_header(Bytes bytes, int& width, int& height) {
    int subsampling = 0;
    int colourspace = 0;
    return handle_ != nullptr &&
           tjDecompressHeader3(handle_, data(bytes), size(bytes), &width, &height, &subsampling, &colourspace) == 0;
  }
  bool decode(Bytes bytes, int width, int height, std::uint8_t* pixels) {
    // Warnings mean missing or damaged data.
    constexpr int kFlags = TJFLAG_STOPONWARNING | TJFLAG_LIMITSCANS;
    return tjDecompress2(handle_, data(bytes), size(bytes), pixels, width, 0, height, TJPF_RGB, kFlags) == 0;
  }
  std::string problem() const { return tjGetErrorStr2(handle_); }

 private:
  static const unsigned char* data(Bytes bytes) { return reinterpret_cast<const unsigned char*>(bytes.data()); }
  static unsigned long size(Bytes bytes) { return static_cast<unsigned long>(bytes.size()); }

  tjhandle handle_;
};

}  // namespace

Result<PictureDecoder> PictureDecoder::create(const PictureLimits& limits, const input::ImageSpec& tensor) {
  return PictureDecoder(limits, tensor);
}

Result<void> PictureDecoder::check_size(std::uint64_t width, std::uint64_t height) const {
  if (width == 0 || height == 0 || width > input::kMaxImageSide || height > input::kMaxImageSide) {
    return fail(ErrorCode::kMalformedPayload, "a picture of " + std::to_string(width) + " x " + std::to_string(height) +
                                                  " pixels: each side must be 1 to " +
                                                  std::to_string(input::kMaxImageSide));
  }
  if (width * height > limits_.max_picture_pixels) {
    return fail(ErrorCode::kOutOfMemory, "a picture of " + std::to_string(width) + " x " + std::to_string(height) +
                                             " pixels exceeds max_picture_pixels " +
                                             std::to_string(limits_.max_picture_pixels));
  }
  return {};
}

void PictureDecoder::trim() {
  constexpr std::size_t kKeptBytes = std::size_t{8} << 20;  // 1920 x 1080 fits
  if (pixels_.capacity() > kKeptBytes) pixels_ = {};
}

Result<void> PictureDecoder::check_rgb8(const wire::Request& request) const {
  const auto [width, height, unused] = request.extent;
  if (auto ok = check_size(width, height); !ok) return ok;
  const auto expected = std::uint64_t{3} * width * height;
  if (request.payload.size() == expected) return {};
  return fail(ErrorCode::kMalformedPayload,
              {"rgb8 of ", width, " x ", height, " pixels takes ", expected, " bytes, got ", request.payload.size()});
}

std::uint64_t PictureDecoder::pixels(const wire::Request& request) const {
  if (request.encoding == wire::Encoding::kRgb8) {
    return check_rgb8(request) ? std::uint64_t{request.extent[0]} * request.extent[1] : 0;
  }
  int width = 0;
  int height = 0;
  Codec codec;
  if (request.payload.empty() || !codec.read_header(request.payload, width, height)) return 0;
  const auto columns = static_cast<std::uint64_t>(std::max(width, 0));
  const auto rows = static_cast<std::uint64_t>(std::max(height, 0));
  return check_size(columns, rows) ? columns * rows : 0;
}

Result<input::ImageView> PictureDecoder::decode(const wire::Request& request) {
  switch (request.encoding) {
    case wire::Encoding::kJpeg: return decode_jpeg(request.payload);
    case wire::Encoding::kRgb8:
      if (auto ok = check_rgb8(request); !ok) return fail(ok.error());
      full_size_ = {request.extent[0], request.extent[1]};
      return input::make_image(input::PixelFormat::kRgb8, request.extent[0], request.extent[1], request.payload);
    default:
      return fail(ErrorCode::kUnsupportedEncoding, {"payload encoding ", static_cast<std::uint32_t>(request.encoding),
                                                    "; this server decodes pictures in jpeg (3) and rgb8 (2)"});
  }
}

// By how much a JPEG may be decoded smaller and still has as many pixels as its tensor takes of it.
int PictureDecoder::reduction(std::uint32_t width, std::uint32_t height) const {
  const float x = static_cast<float>(tensor_.width) / static_cast<float>(width);
  const float y = static_cast<float>(tensor_.height) / static_cast<float>(height);
  const bool keeps_aspect = tensor_.fit == input::Fit::kLetterbox;
  const float taken = keeps_aspect ? std::min(x, y) : std::max(x, y);  // of the side that is reduced least
  int denominator = 8;
  while (denominator > 1 && taken * static_cast<float>(denominator) > 1) denominator /= 2;
  return denominator;
}

Result<input::ImageView> PictureDecoder::decode_jpeg(Bytes bytes) {
  if (bytes.empty()) return fail(ErrorCode::kMalformedPayload, "an empty payload is no JPEG");
  int width = 0;
  int height = 0;
  Codec codec;
  if (!codec.read_header(bytes, width, height)) {
    return fail(ErrorCode::kMalformedPayload, {"not a JPEG: ", codec.problem()});
  }
  if (width < 1 || height < 1) return fail(ErrorCode::kMalformedPayload, "a JPEG without pixels");
  full_size_ = {static_cast<std::uint32_t>(width), static_cast<std::uint32_t>(height)};
  if (auto ok = check_size(full_size_[0], full_size_[1]); !ok) return fail(ok.error());
  if (const std::size_t scans = count_scans(bytes); scans > kMaxScans) {
    return fail(ErrorCode::kMalformedPayload, {"a JPEG of ", scans, " scans; at most ", kMaxScans, " are decoded"});
  }
  const tjscalingfactor scaling{1, reduction(full_size_[0], full_size_[1])};
  width = TJSCALED(width, scaling);
  height = TJSCALED(height, scaling);
  const auto columns = static_cast<std::uint32_t>(width);
  const auto rows = static_cast<std::uint32_t>(height);
  const std::size_t size = std::size_t{3} * columns * rows;
  if (pixels_.size() < size) pixels_.resize(size);
  if (!codec.decode(bytes, width, height, pixels_.data())) {
    return fail(ErrorCode::kMalformedPayload, {"damaged JPEG: ", codec.problem()});
  }
  return input::make_image(input::PixelFormat::kRgb8, columns, rows, std::as_bytes(std::span(pixels_.data(), size)));
}

}  // namespace sluice::server
