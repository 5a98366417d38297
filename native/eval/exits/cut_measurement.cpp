#include "native/eval/exits/cut_measurement.hpp"

#include <algorithm>
#include <array>
#include <thread>
#include <utility>

#include "native/client/picture_encoder.hpp"
#include "native/eval/exits/cut_runner.hpp"
#include "native/eval/exits/exit_measurement.hpp"
#include "native/media/still_codec.hpp"

namespace sluice::eval {
namespace {

constexpr std::uint32_t kRunQuality = 85;  // of `sluice run`

unsigned all_cores() { return std::max(1U, std::thread::hardware_concurrency()); }

// A picture as a client sends it and a server gets it, and what the model says of that. Used by one thread.
class SentRunner {
 public:
  static Result<SentRunner> create(const bundle::Bundle& bundle, const LabelledPictures& pictures) {
    auto runner = CutRunner::create(bundle, pictures);
    if (!runner) return fail(runner.error());
    auto encoder = client::PictureEncoder::create(sent_jpeg_quality(bundle.manifest));
    if (!encoder) return fail(encoder.error());
    auto decoder = media::StillCodec::create(media::StillFormat::kJpeg, pictures.width, pictures.height);
    if (!decoder) return fail(decoder.error());
    return SentRunner(*std::move(runner), *std::move(encoder), *std::move(decoder), pictures);
  }

  struct Sent {
    std::size_t bytes = 0;
    std::size_t says = 0;
  };
  Result<Sent> send(std::size_t picture) {
    const auto pixels = std::as_bytes(pictures_->picture(picture));
    const auto image = input::make_image(input::PixelFormat::kRgb8, pictures_->width, pictures_->height, pixels);
    if (!image) return fail(image.error());
    constexpr std::array kJpeg{wire::Encoding::kJpeg};
    const auto payload = encoder_.encode(*image, kJpeg);
    if (!payload) return fail(payload.error());
    const auto* file = reinterpret_cast<const std::uint8_t*>(payload->bytes.data());
    const auto back = decoder_.decode(std::span(file, payload->bytes.size()));
    if (!back) return fail(back.error());
    const auto says = runner_.class_of_pixels(*back);
    if (!says) return fail(says.error());
    return Sent{payload->bytes.size(), *says};
  }

 private:
  SentRunner(CutRunner runner, client::PictureEncoder encoder, media::StillCodec decoder,
             const LabelledPictures& pictures)
      : runner_(std::move(runner)), encoder_(std::move(encoder)), decoder_(std::move(decoder)), pictures_(&pictures) {}

  CutRunner runner_;
  client::PictureEncoder encoder_;
  media::StillCodec decoder_;
  const LabelledPictures* pictures_;
};

}  // namespace

Result<CutMeasurement> measure_cut(const bundle::Bundle& bundle, const CodedPlace& coded,
                                   const LabelledPictures& pictures, bool labelled, std::uint32_t every,
                                   const SplitProgress& progress) {
  std::vector<CutRunner> runners;
  for (unsigned i = 0; i < all_cores(); ++i) {
    auto runner = CutRunner::create(bundle, pictures);
    if (!runner) return fail(runner.error());
    if (auto cut = runner->cut(coded.place, coded.section, coded.values); !cut) return fail(cut.error());
    runners.push_back(*std::move(runner));
  }
  const exits::ExitRule rule = bundle.manifest.exits->rule;
  const std::size_t exits = runners.front().model().exits();
  const std::size_t count = pictures.count_of_every(every);
  CutMeasurement measured;
  measured.profile.exits.assign(exits + 1, std::vector<ExitAnswer>(count));
  measured.profile.full_right.assign(count, 0);
  measured.bytes.assign(count, 0);
  measured.full.assign(count, 0);
  const auto done = in_parallel(runners, count, progress, [&](CutRunner& runner, std::size_t i) -> Result<void> {
    const auto said = runner.ask(i * every);
    if (!said) return fail(said.error());
    const std::size_t label = labelled ? static_cast<std::size_t>(pictures.labels[i * every]) : said->full;
    for (std::size_t exit = 0; exit <= exits; ++exit) {
      const std::size_t own = said->classes[exit];
      const float sure =
          exit == exits ? kAlwaysSure : to_profile(rule, said->confidences[exit], runner.model().classes());
      measured.profile.exits[exit][i] = {sure, own == said->full, own == label};
    }
    measured.profile.full_right[i] = said->full == label ? 1 : 0;
    measured.bytes[i] = static_cast<std::uint32_t>(said->bytes);
    measured.full[i] = static_cast<std::uint32_t>(said->full);
    return {};
  });
  if (!done) return fail(done.error());
  return measured;
}

Result<std::vector<SentPicture>> measure_sent_pictures(const bundle::Bundle& bundle, const LabelledPictures& pictures,
                                                       bool labelled, std::uint32_t every,
                                                       std::span<const std::uint32_t> full,
                                                       const SplitProgress& progress) {
  std::vector<SentRunner> runners;
  for (unsigned i = 0; i < all_cores(); ++i) {
    auto runner = SentRunner::create(bundle, pictures);
    if (!runner) return fail(runner.error());
    runners.push_back(*std::move(runner));
  }
  std::vector<SentPicture> sent(full.size());
  const auto done = in_parallel(runners, sent.size(), progress, [&](SentRunner& runner, std::size_t i) -> Result<void> {
    const auto came = runner.send(i * every);
    if (!came) return fail(came.error());
    const std::size_t label = labelled ? static_cast<std::size_t>(pictures.labels[i * every]) : full[i];
    sent[i] = {static_cast<std::uint32_t>(came->bytes), came->says == full[i], came->says == label};
    return {};
  });
  if (!done) return fail(done.error());
  return sent;
}

std::uint32_t sent_jpeg_quality(const pipeline::Manifest& manifest) {
  return std::min(kRunQuality, manifest.model.payload.max_jpeg_quality);
}

}  // namespace sluice::eval
