#include "tests/native/exit_bundle.hpp"

#include <doctest/doctest.h>

#include "native/bundle/bundle_folder.hpp"

namespace sluice::test {

void write_exit_bundle(const std::filesystem::path& folder, const std::string& branches) {
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
                                       {{0.8F, {0.9F, 0.99F}}, {0.9F, {1, 0.99F}}}};
  bundle.parts["model"] = exits::testing::toy_model();
  bundle.parts["branches"] = branches;
  std::filesystem::create_directories(folder.parent_path());
  const auto written = bundle::replace_bundle(folder, std::move(bundle));
  REQUIRE_MESSAGE(written.has_value(), (written ? std::string() : describe(written.error())));
}

}  // namespace sluice::test
