#include "native/simulate/placement/jpeg_work.hpp"

#include <turbojpeg.h>

#include <algorithm>
#include <ctime>

namespace sluice::simulate {
namespace {

constexpr std::uint64_t kMostPixels = 200'000'000;

double processor_ms() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) / 1e6;
}

// The mean of the pixels that each pixel of the square covers, one axis at a time: rows are summed as they come.
void average(std::span<const std::uint8_t> rgb, JpegSize size, std::uint32_t side, std::vector<float>& out) {
  std::vector<float> row(std::size_t{side} * 3);
  out.assign(std::size_t{side} * side * 3, 0);
  for (std::uint32_t y = 0; y < size.height; ++y) {
    std::fill(row.begin(), row.end(), 0.0F);
    const std::uint8_t* in = rgb.data() + std::size_t{y} * size.width * 3;
    for (std::uint32_t x = 0; x < size.width; ++x) {
      float* to = row.data() + static_cast<std::size_t>(std::uint64_t{x} * side / size.width) * 3;
      for (int c = 0; c < 3; ++c) to[c] += in[x * 3 + static_cast<std::uint32_t>(c)];
    }
    float* to = out.data() + static_cast<std::size_t>(std::uint64_t{y} * side / size.height) * side * 3;
    for (std::size_t i = 0; i < row.size(); ++i) to[i] += row[i];
  }
  const float share = static_cast<float>(side) * static_cast<float>(side) /
                      (static_cast<float>(size.width) * static_cast<float>(size.height));
  for (float& value : out) value *= share;
}

}  // namespace

struct JpegWork::Impl {
  tjhandle decoder = tjInitDecompress();
  tjhandle encoder = tjInitCompress();
  std::vector<std::uint8_t> pixels;
  std::vector<float> square;

  ~Impl() {
    if (decoder != nullptr) tjDestroy(decoder);
    if (encoder != nullptr) tjDestroy(encoder);
  }

  Result<JpegSize> decode(std::span<const std::uint8_t> jpeg, JpegSize whole, int divisor) {
    const tjscalingfactor factor{1, divisor};
    const JpegSize size{static_cast<std::uint32_t>(TJSCALED(static_cast<int>(whole.width), factor)),
                        static_cast<std::uint32_t>(TJSCALED(static_cast<int>(whole.height), factor))};
    pixels.resize(std::size_t{size.width} * size.height * 3);
    // Warnings (an extra byte somewhere) are none of ours: what was decoded is used.
    if (tjDecompress2(decoder, jpeg.data(), static_cast<unsigned long>(jpeg.size()), pixels.data(),
                      static_cast<int>(size.width), 0, static_cast<int>(size.height), TJPF_RGB, 0) != 0 &&
        tjGetErrorCode(decoder) == TJERR_FATAL) {
      return fail(ErrorCode::kMalformedMedia, {"jpeg: ", tjGetErrorStr2(decoder)});
    }
    return size;
  }
};

JpegWork::JpegWork(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
JpegWork::~JpegWork() = default;
JpegWork::JpegWork(JpegWork&&) noexcept = default;
JpegWork& JpegWork::operator=(JpegWork&&) noexcept = default;

Result<JpegWork> JpegWork::create() {
  auto impl = std::make_unique<Impl>();
  if (impl->decoder == nullptr || impl->encoder == nullptr)
    return fail(ErrorCode::kOutOfMemory, "no JPEG codec could be made");
  return JpegWork(std::move(impl));
}

Result<JpegSize> JpegWork::size_of(std::span<const std::uint8_t> jpeg) {
  int width = 0;
  int height = 0;
  int sampling = 0;
  int colours = 0;
  if (tjDecompressHeader3(impl_->decoder, jpeg.data(), static_cast<unsigned long>(jpeg.size()), &width, &height,
                          &sampling, &colours) != 0 ||
      width <= 0 || height <= 0 ||
      static_cast<std::uint64_t>(width) * static_cast<std::uint64_t>(height) > kMostPixels) {
    return fail(ErrorCode::kMalformedMedia,
                {"no JPEG of up to ", kMostPixels, " pixels: ", tjGetErrorStr2(impl_->decoder)});
  }
  return JpegSize{static_cast<std::uint32_t>(width), static_cast<std::uint32_t>(height)};
}

Result<JpegWork::Shrunk> JpegWork::shrink(std::span<const std::uint8_t> jpeg, std::uint32_t divisor, int quality) {
  if (divisor != 1 && divisor != 2 && divisor != 4 && divisor != 8) {
    return fail(ErrorCode::kInvalidArgument, {"a JPEG is shrunk by 1, 2, 4 or 8, not by ", divisor});
  }
  const double begin_ms = processor_ms();
  const auto whole = size_of(jpeg);
  if (!whole) return fail(whole.error());
  const auto size = impl_->decode(jpeg, *whole, static_cast<int>(divisor));
  if (!size) return fail(size.error());
  unsigned char* bytes = nullptr;
  unsigned long count = 0;
  const int failed = tjCompress2(impl_->encoder, impl_->pixels.data(), static_cast<int>(size->width), 0,
                                 static_cast<int>(size->height), TJPF_RGB, &bytes, &count, TJSAMP_420, quality, 0);
  const std::unique_ptr<unsigned char, void (*)(unsigned char*)> owned(bytes, tjFree);
  if (failed != 0) return fail(ErrorCode::kMalformedMedia, {"jpeg: ", tjGetErrorStr2(impl_->encoder)});
  Shrunk shrunk;
  shrunk.jpeg.assign(bytes, bytes + count);
  shrunk.size = *size;
  shrunk.took_ms = processor_ms() - begin_ms;
  return shrunk;
}

Result<double> JpegWork::prepare(std::span<const std::uint8_t> jpeg, std::uint32_t side) {
  const double begin_ms = processor_ms();
  const auto whole = size_of(jpeg);
  if (!whole) return fail(whole.error());
  const auto size = impl_->decode(jpeg, *whole, 1);
  if (!size) return fail(size.error());
  average(impl_->pixels, *size, side, impl_->square);
  return processor_ms() - begin_ms;
}

}  // namespace sluice::simulate
