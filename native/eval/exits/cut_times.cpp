#include "native/eval/exits/cut_times.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "core/exit/staged_model.hpp"
#include "core/input/preprocessor.hpp"
#include "core/run/network.hpp"
#include "core/split/feature_coder.hpp"
#include "core/split/feature_decoder.hpp"
#include "native/client/picture_encoder.hpp"
#include "native/eval/exits/own_time.hpp"
#include "native/media/still_codec.hpp"

namespace sluice::eval {
namespace {

// Of one step: of each picture the median of its rounds, of those the mean.
class Step {
 public:
  template <typename Work>
  auto time(Work work) {
    const double begin = own_time_ms();
    auto done = work();
    took_[round_] = own_time_ms() - begin;
    if (++round_ == kTimedRounds) finish_picture();
    return done;
  }
  double ms() const { return pictures_ == 0 ? 0 : sum_ms_ / pictures_; }

 private:
  void finish_picture() {
    std::ranges::sort(took_);
    sum_ms_ += took_[kTimedRounds / 2];
    pictures_ += 1;
    round_ = 0;
  }

  std::array<double, kTimedRounds> took_{};
  std::size_t round_ = 0;
  double sum_ms_ = 0;
  double pictures_ = 0;
};

// All that runs, and what it took.
class CutClock {
 public:
  static Result<CutClock> create(const bundle::Bundle& bundle, const CodedPlace& coded,
                                 const LabelledPictures& pictures) {
    const pipeline::Manifest& manifest = bundle.manifest;
    const run::Loading loading = run::full_loading();
    const Bytes model = bundle.part(manifest.model.part);
    const Bytes branches = bundle.part(manifest.exits->part);
    auto staged = exits::StagedModel::load(model, branches, manifest.exits->places, loading.model);
    if (!staged) return fail(staged.error());
    auto preprocessor = input::make_preprocessor(manifest.model.input, loading.preprocessors);
    if (!preprocessor) return fail(preprocessor.error());
    auto input = Tensor::create((*preprocessor)->tensor_type(), (*preprocessor)->tensor_shape());
    if (!input) return fail(input.error());
    auto coder = split::FeatureCoder::create(coded.section, coded.values);
    if (!coder) return fail(coder.error());
    auto decoder = split::FeatureDecoder::of_coding(coded.section, coded.values);
    if (!decoder) return fail(decoder.error());
    auto decoded = Tensor::create(DataType::kFloat32, decoder->tensor_shape());
    if (!decoded) return fail(decoded.error());
    auto encoder = client::PictureEncoder::create(sent_jpeg_quality(manifest));
    if (!encoder) return fail(encoder.error());
    auto codec = media::StillCodec::create(media::StillFormat::kJpeg, pictures.width, pictures.height);
    if (!codec) return fail(codec.error());
    return CutClock(Parts{*std::move(staged), *std::move(preprocessor), *std::move(input), *std::move(coder),
                          *std::move(decoder), *std::move(decoded), *std::move(encoder), *std::move(codec)},
                    coded.place);
  }

  Result<void> run(const input::ImageView& image) {
    if (auto ran = run_stages(image); !ran) return ran;
    constexpr std::array kJpeg{wire::Encoding::kJpeg};
    const auto sent = jpeg_.time([&] { return parts_.encoder.encode(image, kJpeg); });
    if (!sent) return fail(sent.error());
    const auto* file = reinterpret_cast<const std::uint8_t*>(sent->bytes.data());
    const auto back = picture_.time([&] { return parts_.codec.decode(std::span(file, sent->bytes.size())); });
    return back ? Result<void>() : fail(back.error());
  }

  CutTimes times(double whole_ms) const {
    CutTimes times{{}, {}, code_.ms(), decode_.ms(), jpeg_.ms(), picture_.ms(), whole_ms};
    for (const Step& one : stages_) times.stages_ms.push_back(one.ms());
    for (const Step& one : branches_) times.branches_ms.push_back(one.ms());
    return times;
  }

 private:
  struct Parts {
    exits::StagedModel staged;
    std::unique_ptr<input::Preprocessor> preprocessor;
    Tensor input;
    split::FeatureCoder coder;
    split::FeatureDecoder decoder;
    Tensor decoded;
    client::PictureEncoder encoder;
    media::StillCodec codec;
  };

  CutClock(Parts parts, std::size_t place)
      : parts_(std::move(parts)), place_(place), stages_(parts_.staged.stages()), branches_(parts_.staged.exits()) {}

  // To the end, each exit asked, the tensor at the cut coded and decoded on the way.
  Result<void> run_stages(const input::ImageView& image) {
    exits::StagedModel& model = parts_.staged;
    for (std::size_t stage = 0; stage < model.stages(); ++stage) {
      auto ran = stages_[stage].time([&]() -> Result<void> {
        if (stage == place_ + 1) return model.begin_behind(place_, parts_.decoded.view());
        if (stage != 0) return model.advance();
        if (auto placed = parts_.preprocessor->run(image, parts_.input.mutable_view()); !placed)
          return fail(placed.error());
        return model.begin(parts_.input.view());
      });
      if (!ran) return ran;
      if (model.finished()) break;
      if (auto asked = branches_[stage].time([&] { return model.ask_exit(); }); !asked) return fail(asked.error());
      if (stage != place_) continue;
      const auto payload = code_.time([&] { return parts_.coder.code(model.reached()); });
      if (!payload) return fail(payload.error());
      const auto came =
          decode_.time([&] { return parts_.decoder.decode(*payload, symbols_, parts_.decoded.mutable_view()); });
      if (!came) return fail(came.error());
    }
    return {};
  }

  Parts parts_;
  std::size_t place_;
  std::vector<Step> stages_;
  std::vector<Step> branches_;
  Step code_, decode_, jpeg_, picture_;
  std::vector<std::int8_t> symbols_;
};

}  // namespace

Result<TimesWithCut> time_with_cut(const bundle::Bundle& bundle, const LabelledPictures& pictures) {
  const pipeline::Manifest& manifest = bundle.manifest;
  const pipeline::ExitCutSpec& cut = *manifest.exits->cut;
  auto clock = CutClock::create(bundle, {cut.place, bundle.part(cut.coding), cut.values}, pictures);
  if (!clock) return fail(clock.error());
  const auto turn = [&](std::size_t picture) -> Result<void> {
    const auto pixels = std::as_bytes(pictures.picture(picture));
    const auto image = input::make_image(input::PixelFormat::kRgb8, pictures.width, pictures.height, pixels);
    return image ? clock->run(*image) : fail(image.error());
  };
  auto exits =
      time_exits(manifest, bundle.part(manifest.model.part), bundle.part(manifest.exits->part), pictures, turn);
  if (!exits) return fail(exits.error());
  CutTimes times = clock->times(exits->whole_ms);
  return TimesWithCut{*std::move(exits), std::move(times)};
}

}  // namespace sluice::eval
