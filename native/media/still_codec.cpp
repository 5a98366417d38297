#include "native/media/still_codec.hpp"

#include <turbojpeg.h>

#include <array>
#include <cstring>
#include <string>

#include "native/media/libav.hpp"

namespace sluice::media {
namespace {

struct FormatRow {
  std::string_view name;
  const char* encoder;
  AVCodecID decoder;
  AVPixelFormat pixels;  // that the encoder takes
  const char* quality;   // name of its option; nullptr: none
};

// WebP gets the planes that it codes, JPEG XL a distance in place of a quality.
constexpr std::array<FormatRow, 4> kFormats = {{
    {"jpeg", nullptr, AV_CODEC_ID_MJPEG, AV_PIX_FMT_RGB24, nullptr},
    {"webp", "libwebp", AV_CODEC_ID_WEBP, AV_PIX_FMT_YUV420P, "quality"},
    {"jxl", "libjxl", AV_CODEC_ID_JPEGXL, AV_PIX_FMT_RGB24, "distance"},
    {"png", "png", AV_CODEC_ID_PNG, AV_PIX_FMT_RGB24, nullptr},
}};

const FormatRow& row_of(StillFormat format) { return kFormats[static_cast<std::size_t>(format)]; }

// libjxl's own mapping from a quality like JPEG's to a Butteraugli distance.
double jxl_distance(int quality) {
  if (quality >= 100) return 0;
  return quality >= 30 ? 0.1 + (100 - quality) * 0.09 : 53.0 / 3000.0 * quality * quality - 23.0 / 20.0 * quality + 25;
}

Failure libav_failed(std::string_view format, std::string_view what, int code) {
  return fail(ErrorCode::kMalformedMedia, {format, ": ", what, ": ", libav_error(code)});
}

// From RGB to what a codec takes, or back.
Result<void> convert(const AVFrame& from, AVFrame& to, std::string_view format) {
  const ScalerHandle scaler(sws_getContext(from.width, from.height, static_cast<AVPixelFormat>(from.format), to.width,
                                           to.height, static_cast<AVPixelFormat>(to.format),
                                           SWS_BILINEAR | SWS_ACCURATE_RND | SWS_FULL_CHR_H_INT, nullptr, nullptr,
                                           nullptr));
  if (!scaler) return fail(ErrorCode::kMalformedMedia, {format, ": its pixels cannot be converted"});
  sws_scale(scaler.get(), from.data, from.linesize, 0, from.height, to.data, to.linesize);
  return {};
}

FrameHandle make_frame(AVPixelFormat pixels, std::uint32_t width, std::uint32_t height) {
  FrameHandle frame(av_frame_alloc());
  frame->format = pixels;
  frame->width = static_cast<int>(width);
  frame->height = static_cast<int>(height);
  if (av_frame_get_buffer(frame.get(), 0) < 0) return nullptr;
  return frame;
}

}  // namespace

std::string_view still_format_name(StillFormat format) { return row_of(format).name; }

struct StillCodec::Impl {
  StillFormat format{};
  std::uint32_t width = 0;
  std::uint32_t height = 0;
  FrameHandle rgb;

  std::string_view name() const { return row_of(format).name; }

  void fill(std::span<const std::uint8_t> pixels) {
    const std::size_t row = std::size_t{width} * 3;
    for (std::uint32_t y = 0; y < height; ++y) {
      std::memcpy(rgb->data[0] + static_cast<std::ptrdiff_t>(y) * rgb->linesize[0], pixels.data() + y * row, row);
    }
  }

  Result<std::vector<std::uint8_t>> encode_jpeg(std::span<const std::uint8_t> pixels, int quality) const {
    const std::unique_ptr<void, int (*)(tjhandle)> handle(tjInitCompress(), tjDestroy);
    unsigned char* bytes = nullptr;
    unsigned long size = 0;
    // Progressive files have tables of their own, which is what small pictures need.
    const int failed =
        tjCompress2(handle.get(), pixels.data(), static_cast<int>(width), 0, static_cast<int>(height), TJPF_RGB, &bytes,
                    &size, TJSAMP_420, quality, TJFLAG_ACCURATEDCT | TJFLAG_PROGRESSIVE);
    const std::unique_ptr<unsigned char, void (*)(unsigned char*)> owned(bytes, tjFree);
    if (failed != 0) return fail(ErrorCode::kMalformedMedia, {"jpeg: ", tjGetErrorStr2(handle.get())});
    return std::vector<std::uint8_t>(bytes, bytes + size);
  }

  Result<std::vector<std::uint8_t>> decode_jpeg(std::span<const std::uint8_t> file) const {
    const std::unique_ptr<void, int (*)(tjhandle)> handle(tjInitDecompress(), tjDestroy);
    std::vector<std::uint8_t> pixels(std::size_t{width} * height * 3);
    const auto size = static_cast<unsigned long>(file.size());
    int file_width = 0;
    int file_height = 0;
    int sampling = 0;
    int colours = 0;
    if (tjDecompressHeader3(handle.get(), file.data(), size, &file_width, &file_height, &sampling, &colours) != 0 ||
        file_width != static_cast<int>(width) || file_height != static_cast<int>(height) ||
        tjDecompress2(handle.get(), file.data(), size, pixels.data(), file_width, 0, file_height, TJPF_RGB,
                      TJFLAG_ACCURATEDCT) != 0) {
      return fail(ErrorCode::kMalformedMedia, {"jpeg: no file of a picture of ", width, " x ", height});
    }
    return pixels;
  }

  Result<std::vector<std::uint8_t>> encode_libav(int quality) const {
    const FormatRow& row = row_of(format);
    const AVCodec* codec = avcodec_find_encoder_by_name(row.encoder);
    const CodecHandle context(avcodec_alloc_context3(codec));
    context->width = static_cast<int>(width);
    context->height = static_cast<int>(height);
    context->pix_fmt = row.pixels;
    context->time_base = {1, 1};
    context->thread_count = 1;
    if (row.quality != nullptr) {
      const double value = format == StillFormat::kJxl ? jxl_distance(quality) : quality;
      av_opt_set_double(context->priv_data, row.quality, value, 0);
    }
    // As much effort as each encoder knows.
    if (format == StillFormat::kWebp) context->compression_level = 6;
    if (format == StillFormat::kJxl) av_opt_set_int(context->priv_data, "effort", 9, 0);
    if (format == StillFormat::kPng) context->compression_level = 9;
    if (const int code = avcodec_open2(context.get(), codec, nullptr); code < 0) {
      return libav_failed(name(), "the encoder does not start", code);
    }
    FrameHandle frame = make_frame(row.pixels, width, height);
    if (!frame) return fail(ErrorCode::kOutOfMemory, {name(), ": no room for a picture"});
    if (auto converted = convert(*rgb, *frame, name()); !converted) return fail(converted.error());
    const PacketHandle packet(av_packet_alloc());
    int code = avcodec_send_frame(context.get(), frame.get());
    if (code >= 0) code = avcodec_send_frame(context.get(), nullptr);
    if (code >= 0) code = avcodec_receive_packet(context.get(), packet.get());
    if (code < 0) return libav_failed(name(), "encoding", code);
    return std::vector<std::uint8_t>(packet->data, packet->data + packet->size);
  }
};

StillCodec::StillCodec(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
StillCodec::~StillCodec() = default;
StillCodec::StillCodec(StillCodec&&) noexcept = default;
StillCodec& StillCodec::operator=(StillCodec&&) noexcept = default;

Result<StillCodec> StillCodec::create(StillFormat format, std::uint32_t width, std::uint32_t height) {
  const FormatRow& row = row_of(format);
  const bool encodes = row.encoder == nullptr || avcodec_find_encoder_by_name(row.encoder) != nullptr;
  if (!encodes || avcodec_find_decoder(row.decoder) == nullptr) {
    return fail(ErrorCode::kUnsupportedEnvironment, {"this machine's libavcodec was built without ", row.name});
  }
  auto impl = std::make_unique<Impl>();
  impl->format = format;
  impl->width = width;
  impl->height = height;
  impl->rgb = make_frame(AV_PIX_FMT_RGB24, width, height);
  if (!impl->rgb) return fail(ErrorCode::kOutOfMemory, {row.name, ": no room for a picture"});
  return StillCodec(std::move(impl));
}

Result<std::vector<std::uint8_t>> StillCodec::encode(std::span<const std::uint8_t> rgb, int quality) {
  if (rgb.size() != std::size_t{impl_->width} * impl_->height * 3) {
    return fail(ErrorCode::kInvalidImage, {rgb.size(), " bytes for a picture of ", impl_->width, " x ", impl_->height});
  }
  if (impl_->format == StillFormat::kJpeg) return impl_->encode_jpeg(rgb, quality);
  impl_->fill(rgb);
  return impl_->encode_libav(quality);
}

Result<std::vector<std::uint8_t>> StillCodec::decode(std::span<const std::uint8_t> file) {
  if (impl_->format == StillFormat::kJpeg) return impl_->decode_jpeg(file);
  const AVCodec* codec = avcodec_find_decoder(row_of(impl_->format).decoder);
  const CodecHandle context(avcodec_alloc_context3(codec));
  context->thread_count = 1;
  if (const int code = avcodec_open2(context.get(), codec, nullptr); code < 0) {
    return libav_failed(impl_->name(), "the decoder does not start", code);
  }
  const PacketHandle packet(av_packet_alloc());
  if (av_new_packet(packet.get(), static_cast<int>(file.size())) < 0) {
    return fail(ErrorCode::kOutOfMemory, {impl_->name(), ": no room for a file"});
  }
  std::memcpy(packet->data, file.data(), file.size());
  const FrameHandle frame(av_frame_alloc());
  int code = avcodec_send_packet(context.get(), packet.get());
  if (code >= 0) code = avcodec_send_packet(context.get(), nullptr);
  if (code >= 0) code = avcodec_receive_frame(context.get(), frame.get());
  if (code < 0) return libav_failed(impl_->name(), "decoding", code);
  if (frame->width != static_cast<int>(impl_->width) || frame->height != static_cast<int>(impl_->height)) {
    return fail(ErrorCode::kMalformedMedia, {impl_->name(), ": a picture of ", frame->width, " x ", frame->height});
  }
  if (auto converted = convert(*frame, *impl_->rgb, impl_->name()); !converted) return fail(converted.error());
  std::vector<std::uint8_t> pixels(std::size_t{impl_->width} * impl_->height * 3);
  const std::size_t row = std::size_t{impl_->width} * 3;
  for (std::uint32_t y = 0; y < impl_->height; ++y) {
    std::memcpy(pixels.data() + y * row, impl_->rgb->data[0] + static_cast<std::ptrdiff_t>(y) * impl_->rgb->linesize[0],
                row);
  }
  return pixels;
}

}  // namespace sluice::media
