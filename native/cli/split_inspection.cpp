#include "native/cli/split_inspection.hpp"

#include <array>
#include <cmath>
#include <cstdio>

#include "core/model/model.hpp"
#include "core/pipeline/split_check.hpp"
#include "core/run/network.hpp"
#include "core/split/device/unit_writer.hpp"
#include "core/split/device_half.hpp"
#include "core/split/feature_decoder.hpp"
#include "native/bundle/class_names.hpp"

namespace sluice::cli {
namespace {

template <typename... Values>
void add(std::string& text, const char* format, Values... values) {
  std::array<char, 256> line{};
  std::snprintf(line.data(), line.size(), format, values...);
  text += line.data();
}

// Whether the remote half takes the device half's features, and gives as many values as it guesses classes.
Result<void> check_remote(Bytes onnx, const split::FeatureDecoder& decoder, std::int64_t classes) {
  auto remote = model::Model::load(onnx, run::full_loading().model);
  if (!remote) return fail(remote.error());
  auto features = Tensor::create(DataType::kFloat32, decoder.tensor_shape());
  if (!features) return fail(features.error());
  const TensorView input = features->view();
  if (auto ran = remote->run(std::span(&input, 1)); !ran) return fail(ran.error());
  if (remote->outputs().size() == 1 && remote->output(0).shape == Shape{1, classes}) return {};
  return fail(ErrorCode::kShapeMismatch,
              {"it gives ", to_string(remote->output(0).shape), "; the device half guesses ", classes, " classes"});
}

// With two decimals, and not above the target: what is read here and asked for is this point, and not the next.
double askable_percent(float target) {
  const double hundredths = std::round(10'000 * static_cast<double>(target));
  return (static_cast<float>(hundredths / 10'000) > target ? hundredths - 1 : hundredths) / 100;
}

}  // namespace

Result<std::string> describe_halves(const bundle::Bundle& bundle, const std::filesystem::path& folder) {
  const pipeline::SplitSpec& split = *bundle.manifest.split;
  const auto named = [](const std::string& part, const Error& why) {
    return fail(why.code, {"part '", part, "': ", why.message});
  };
  const auto unit = split::read_unit(bundle.part(split.device));
  if (!unit) return named(split.device, unit.error());
  if (auto fits = pipeline::check_split(bundle.manifest, *unit); !fits) return fail(fits.error());
  const auto decoder = split::FeatureDecoder::create(bundle.parts.find(split.device)->second, split.values);
  if (!decoder) return named(split.device, decoder.error());
  if (auto fits = check_remote(bundle.part(split.remote), *decoder, unit->classes); !fits) {
    return named(split.remote, fits.error());
  }
  if (const auto names = bundle::read_class_names(folder, unit->classes); !names) return fail(names.error());
  const split::DeviceCosts costs = split::costs_of(*unit);
  std::string text = "in two halves, which fit each other: part '" + split.device + "' on the device, part '" +
                     split.remote + "' on a server\n";
  add(text, "  device half      picture %u x %u, %u channels of %u x %u features sent, %u kept\n", unit->picture_width,
      unit->picture_height, unit->sent_channels(), unit->feature_width, unit->feature_height, unit->local_channels);
  if (const unsigned step = unit->coding.refinement; step > 1) {
    add(text, "  coding           each channel twice: in steps of %u, then what is left; %u coded channels\n", step,
        unit->coded_channels());
  }
  add(text, "  multiply-adds    %llu, %llu of them to the features\n",
      static_cast<unsigned long long>(costs.multiply_adds),
      static_cast<unsigned long long>(costs.multiply_adds_to_features));
  add(text, "  memory           %zu bytes of weights and tables, %u bytes while it runs\n",
      bundle.part(split.device).size(), costs.arena_bytes);
  text += "  target    channels sent\n";
  for (const pipeline::SplitPoint& point : split.points) {
    const double percent = askable_percent(point.target);
    add(text, "  %6.2f %%  %u%s\n", percent, point.channels, point.channels == 0 ? ", the guess alone" : "");
  }
  return text;
}

}  // namespace sluice::cli
