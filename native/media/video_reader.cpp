#include "native/media/video_reader.hpp"

#include <algorithm>
#include <limits>
#include <vector>

#include "native/media/libav.hpp"
#include "native/media/rotation.hpp"

namespace sluice::media {
namespace {

// Whether the planes mean what the core's I420 and NV12 mean: BT.601, limited range. Untagged video is taken as that.
bool is_plain_video(const AVFrame& frame) {
  const bool space = frame.colorspace == AVCOL_SPC_UNSPECIFIED || frame.colorspace == AVCOL_SPC_BT470BG ||
                     frame.colorspace == AVCOL_SPC_SMPTE170M || frame.colorspace == AVCOL_SPC_FCC;
  const bool upward = frame.linesize[0] > 0;  // negative strides: stored bottom up
  return space && upward && frame.color_range != AVCOL_RANGE_JPEG &&
         (frame.format == AV_PIX_FMT_YUV420P || frame.format == AV_PIX_FMT_NV12);
}

// The deprecated full-range formats under their present names, with the range beside them.
AVPixelFormat without_range(AVPixelFormat format, bool& full_range) {
  switch (format) {
    case AV_PIX_FMT_YUVJ420P: full_range = true; return AV_PIX_FMT_YUV420P;
    case AV_PIX_FMT_YUVJ422P: full_range = true; return AV_PIX_FMT_YUV422P;
    case AV_PIX_FMT_YUVJ444P: full_range = true; return AV_PIX_FMT_YUV444P;
    case AV_PIX_FMT_YUVJ440P: full_range = true; return AV_PIX_FMT_YUV440P;
    default: return format;
  }
}

input::ImageView plain_view(const AVFrame& frame) {
  input::ImageView view;
  const bool planar = frame.format == AV_PIX_FMT_YUV420P;
  view.format = planar ? input::PixelFormat::kI420 : input::PixelFormat::kNv12;
  view.width = static_cast<std::uint32_t>(frame.width);
  view.height = static_cast<std::uint32_t>(frame.height);
  for (std::size_t plane = 0; plane < (planar ? 3U : 2U); ++plane) {
    view.planes[plane] = {frame.data[plane], static_cast<std::size_t>(frame.linesize[plane])};
  }
  return view;
}

Result<void> allocation_failed(const char* what) {
  return fail(ErrorCode::kOutOfMemory, std::string("libav has no memory for a ") + what);
}

}  // namespace

struct VideoReader::Impl {
  std::string path;
  SourceOptions options;
  FormatHandle format;
  CodecHandle codec;
  PacketHandle packet{av_packet_alloc()};
  FrameHandle frame{av_frame_alloc()};
  ScalerHandle scaler;
  std::vector<std::uint8_t> rgb;
  std::vector<std::uint8_t> upright;
  int stream = -1;
  std::uint32_t turns = 0;
  bool camera = false;
  bool drained = false;   // no more packets; the decoder gives what it holds
  bool finished = false;  // the end, or a failure behind which there is nothing
  std::uint64_t index = 0;
  std::uint64_t decoded = 0;
  std::optional<std::int64_t> first_time;

  Failure malformed(const std::string& what) const {
    return fail(ErrorCode::kMalformedMedia, "'" + path + "': " + what);
  }

  Result<void> open_input(const AVInputFormat* input_format, AVDictionary** dictionary);
  Result<void> open_decoder();
  Result<void> feed();
  Result<Frame> take_frame();
  Result<input::ImageView> to_rgb();
};

Result<void> VideoReader::Impl::open_input(const AVInputFormat* input_format, AVDictionary** dictionary) {
  if (packet == nullptr || frame == nullptr) return allocation_failed("packet");
  AVFormatContext* context = avformat_alloc_context();
  if (context == nullptr) return allocation_failed("container");
  // Files alone: a playlist must not make us read from the network.
  context->protocol_whitelist = av_strdup("file");
  const int opened = avformat_open_input(&context, path.c_str(), input_format, dictionary);
  if (opened < 0) {  // libav has freed the context
    const bool missing = opened == AVERROR(ENOENT) || opened == AVERROR(EACCES) || opened == AVERROR(EISDIR) ||
                         opened == AVERROR(ENODEV) || opened == AVERROR(EBUSY) || opened == AVERROR(EIO);
    if (missing || camera) return fail(ErrorCode::kIoError, "cannot open '" + path + "': " + libav_error(opened));
    return malformed("not a video or picture that can be read (" + libav_error(opened) + ")");
  }
  format.reset(context);
  return open_decoder();
}

Result<void> VideoReader::Impl::open_decoder() {
  if (const int found = avformat_find_stream_info(format.get(), nullptr); found < 0) {
    return malformed("its streams cannot be read (" + libav_error(found) + ")");
  }
  const AVCodec* decoder = nullptr;
  stream = av_find_best_stream(format.get(), AVMEDIA_TYPE_VIDEO, -1, -1, &decoder, 0);
  if (stream < 0 || decoder == nullptr) return malformed("it has no pictures that can be decoded");
  for (unsigned i = 0; i < format->nb_streams; ++i) {
    if (static_cast<int>(i) != stream) format->streams[i]->discard = AVDISCARD_ALL;
  }
  AVStream* video = format->streams[stream];
  codec.reset(avcodec_alloc_context3(decoder));
  if (codec == nullptr) return allocation_failed("decoder");
  if (const int copied = avcodec_parameters_to_context(codec.get(), video->codecpar); copied < 0) {
    return malformed("its stream parameters cannot be used (" + libav_error(copied) + ")");
  }
  codec->thread_count = static_cast<int>(std::clamp<std::uint32_t>(options.decode_threads, 1, 64));
  codec->max_pixels =
      static_cast<std::int64_t>(std::min<std::uint64_t>(options.max_pixels, std::numeric_limits<std::int32_t>::max()));
  codec->pkt_timebase = video->time_base;
  if (const int opened = avcodec_open2(codec.get(), decoder, nullptr); opened < 0) {
    return malformed("its decoder cannot be opened (" + libav_error(opened) + ")");
  }
  const std::uint8_t* matrix = av_stream_get_side_data(video, AV_PKT_DATA_DISPLAYMATRIX, nullptr);
  if (matrix != nullptr) turns = quarter_turns(reinterpret_cast<const std::int32_t*>(matrix));
  return {};
}

// Gives the decoder one more packet, or tells it that there are no more.
Result<void> VideoReader::Impl::feed() {
  for (;;) {
    const int read = av_read_frame(format.get(), packet.get());
    if (read == AVERROR(EAGAIN)) continue;
    if (read < 0) {
      drained = true;
      avcodec_send_packet(codec.get(), nullptr);
      if (read == AVERROR_EOF) return {};
      return malformed("reading stops after " + std::to_string(index) + " frames (" + libav_error(read) + ")");
    }
    if (packet->stream_index != stream) {
      av_packet_unref(packet.get());
      continue;
    }
    const int sent = avcodec_send_packet(codec.get(), packet.get());
    av_packet_unref(packet.get());
    if (sent >= 0) return {};
    ++index;
    return malformed("frame " + std::to_string(index - 1) + " is damaged (" + libav_error(sent) + ")");
  }
}

Result<input::ImageView> VideoReader::Impl::to_rgb() {
  bool full_range = frame->color_range == AVCOL_RANGE_JPEG;
  const AVPixelFormat source = without_range(static_cast<AVPixelFormat>(frame->format), full_range);
  scaler.reset(sws_getCachedContext(scaler.release(), frame->width, frame->height, source, frame->width, frame->height,
                                    AV_PIX_FMT_RGB24, SWS_BILINEAR | SWS_ACCURATE_RND | SWS_FULL_CHR_H_INT, nullptr,
                                    nullptr, nullptr));
  if (scaler == nullptr) return malformed("its pixel format cannot be converted");
  const int space = frame->colorspace == AVCOL_SPC_BT709 ? SWS_CS_ITU709 : SWS_CS_DEFAULT;
  constexpr int kUnit = 1 << 16;
  sws_setColorspaceDetails(scaler.get(), sws_getCoefficients(space), full_range ? 1 : 0,
                           sws_getCoefficients(SWS_CS_DEFAULT), 1, 0, kUnit, kUnit);

  auto width = static_cast<std::uint32_t>(frame->width);
  auto height = static_cast<std::uint32_t>(frame->height);
  // The scaler writes in vectors, past the end of a row by up to some bytes.
  constexpr std::size_t kScalerSlack = 64;
  const std::size_t bytes = std::size_t{width} * height * 3;
  if (rgb.size() < bytes + kScalerSlack) rgb.resize(bytes + kScalerSlack);
  const std::array<std::uint8_t*, 1> planes{rgb.data()};
  const std::array<int, 1> strides{frame->width * 3};
  if (sws_scale(scaler.get(), frame->data, frame->linesize, 0, frame->height, planes.data(), strides.data()) <= 0) {
    return malformed("frame " + std::to_string(index) + " cannot be converted to RGB");
  }
  if (turns == 0) return input::make_image(input::PixelFormat::kRgb8, width, height, std::as_bytes(std::span(rgb)));
  upright.resize(bytes);
  rotate_rgb(std::span(rgb).first(bytes), width, height, turns, upright);
  if (turns % 2 == 1) std::swap(width, height);
  return input::make_image(input::PixelFormat::kRgb8, width, height, std::as_bytes(std::span(upright)));
}

Result<Frame> VideoReader::Impl::take_frame() {
  Frame result;
  result.index = index;
  result.turned = turns != 0;
  const std::int64_t stamp = frame->best_effort_timestamp;
  if (stamp != AV_NOPTS_VALUE) {
    if (!first_time) first_time = stamp;
    result.time = std::chrono::microseconds(
        av_rescale_q(stamp - *first_time, format->streams[stream]->time_base, AVRational{1, 1'000'000}));
  }
  const bool sides = frame->width > 0 && frame->height > 0 &&
                     static_cast<std::uint32_t>(frame->width) <= input::kMaxImageSide &&
                     static_cast<std::uint32_t>(frame->height) <= input::kMaxImageSide;
  if (!sides) {
    return malformed("a frame of " + std::to_string(frame->width) + " x " + std::to_string(frame->height) +
                     " pixels; each side may have up to " + std::to_string(input::kMaxImageSide));
  }
  if (is_plain_video(*frame) && turns == 0) {
    result.view = plain_view(*frame);
    return result;
  }
  auto view = to_rgb();
  if (!view) return fail(view.error());
  result.view = *view;
  return result;
}

VideoReader::VideoReader(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
VideoReader::~VideoReader() = default;

Result<std::unique_ptr<VideoReader>> VideoReader::open(const std::string& path, const SourceOptions& options) {
  auto impl = std::make_unique<Impl>();
  impl->path = path;
  impl->options = options;
  if (auto opened = impl->open_input(nullptr, nullptr); !opened) return fail(opened.error());
  return std::unique_ptr<VideoReader>(new VideoReader(std::move(impl)));
}

Result<std::unique_ptr<VideoReader>> VideoReader::open_camera(const std::string& device, const SourceOptions& options) {
  avdevice_register_all();
  const AVInputFormat* input_format = av_find_input_format("video4linux2");
  if (input_format == nullptr) {
    return fail(ErrorCode::kUnsupportedEnvironment, "this libavdevice reads no cameras (video4linux2 is missing)");
  }
  auto impl = std::make_unique<Impl>();
  impl->path = device;
  impl->options = options;
  impl->camera = true;
  AVDictionary* dictionary = nullptr;
  const std::string size = std::to_string(options.camera_width) + "x" + std::to_string(options.camera_height);
  av_dict_set(&dictionary, "video_size", size.c_str(), 0);
  const auto opened = impl->open_input(input_format, &dictionary);
  av_dict_free(&dictionary);
  if (!opened) return fail(opened.error());
  return std::unique_ptr<VideoReader>(new VideoReader(std::move(impl)));
}

Result<std::optional<Frame>> VideoReader::next() {
  Impl& self = *impl_;
  while (!self.finished) {
    const int received = avcodec_receive_frame(self.codec.get(), self.frame.get());
    if (received == AVERROR(EAGAIN)) {
      if (auto fed = self.feed(); !fed) return fail(fed.error());
      continue;
    }
    if (received == AVERROR_EOF) {
      self.finished = true;
      if (self.index == 0) return self.malformed("it holds no frame");
      break;
    }
    if (received < 0) {
      // Behind the last packet nothing can follow a failure.
      self.finished = self.drained;
      ++self.index;
      return self.malformed("frame " + std::to_string(self.index - 1) + " is damaged (" + libav_error(received) + ")");
    }
    auto frame = self.take_frame();
    ++self.index;
    if (!frame) return fail(frame.error());
    ++self.decoded;
    return std::optional<Frame>(std::move(*frame));
  }
  return std::optional<Frame>();
}

std::optional<std::uint64_t> VideoReader::frame_count() const {
  const Impl& self = *impl_;
  if (self.camera) return std::nullopt;
  const AVStream& video = *self.format->streams[self.stream];
  if (video.nb_frames > 0) return static_cast<std::uint64_t>(video.nb_frames);
  const std::int64_t duration = self.format->duration;  // microseconds
  const AVRational rate = video.avg_frame_rate;
  if (duration <= 0 || rate.num <= 0 || rate.den <= 0) return std::nullopt;
  return static_cast<std::uint64_t>(
      std::max<std::int64_t>(1, av_rescale(duration, rate.num, std::int64_t{rate.den} * 1'000'000)));
}

bool VideoReader::live() const { return impl_->camera; }

}  // namespace sluice::media
