#include "tests/native/exit_bundle.hpp"

#include <doctest/doctest.h>

#include "native/bundle/bundle_folder.hpp"
#include "tests/core/exit/toy_cut.hpp"

namespace sluice::test {

namespace {

bundle::Bundle exit_bundle(const std::string& branches) {
  bundle::Bundle bundle;
  pipeline::Manifest& manifest = bundle.manifest;
  manifest.name = "exits";
  manifest.version = "1.0.0";
  manifest.description = "A model with early exits, for tests";
  manifest.parts = {{"model", "model.onnx", 0, ""}, {"branches", "branches.onnx", 0, ""}};
  manifest.model.part = "model";
  input::ImageSpec picture;
  picture.width = picture.height = exits::testing::kSide;
  picture.scale = {1.0F / 255, 1.0F / 255, 1.0F / 255};
  manifest.model.input = picture;
  manifest.model.output.decoder = "none";
  manifest.agree_when.rule = "label";
  manifest.default_target = 0.8F;
  manifest.exits = pipeline::ExitsSpec{"branches",
                                       exits::ExitRule::kMaxProbability,
                                       exits::testing::toy_places(),
                                       {{0.8F, {0.9F, 0.99F}}, {0.9F, {1, 0.99F}}},
                                       {}};
  bundle.parts["model"] = exits::testing::toy_model();
  bundle.parts["branches"] = branches;
  return bundle;
}

void write(const std::filesystem::path& folder, bundle::Bundle bundle) {
  std::filesystem::create_directories(folder.parent_path());
  const auto written = bundle::replace_bundle(folder, std::move(bundle));
  REQUIRE_MESSAGE(written.has_value(), (written ? std::string() : describe(written.error())));
}

}  // namespace

void write_exit_bundle(const std::filesystem::path& folder, const std::string& branches) {
  write(folder, exit_bundle(branches));
}

void write_cut_bundle(const std::filesystem::path& folder, pipeline::BatchSpec batching) {
  using exits::testing::kCutPlace;
  bundle::Bundle bundle = exit_bundle(exits::testing::toy_branches());
  bundle.manifest.batching = batching;
  bundle.manifest.parts.push_back({"coding", "cut.coding", 0, ""});
  bundle.manifest.exits->cut = pipeline::ExitCutSpec{
      kCutPlace, "coding", exits::testing::toy_values(), {{0.8F, {0.9F, 0.99F}}, {0.9F, {1, 0.99F}}}};
  bundle.parts["coding"] = exits::testing::toy_coding();
  write(folder, std::move(bundle));
}

ColouredPicture::ColouredPicture(int red, int green, int blue) {
  constexpr std::uint32_t kSide = exits::testing::kSide;
  for (std::uint32_t i = 0; i < kSide * kSide; ++i) {
    for (const int value : {red, green, blue}) pixels.push_back(static_cast<std::uint8_t>(value));
  }
  view = *input::make_image(input::PixelFormat::kRgb8, kSide, kSide, std::as_bytes(std::span(pixels)));
}

}  // namespace sluice::test
