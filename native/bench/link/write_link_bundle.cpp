// Writes the link bench's bundle to FOLDER: its model, the mean of each channel of a small picture, costs next to nothing, so
// that the link is what limits the run and not this machine. No filter: every frame is needed.
#include <cstdio>

#include "core/model/onnx_writer.hpp"
#include "native/bundle/bundle_folder.hpp"

namespace {

using namespace sluice;

constexpr std::int64_t kSide = 64;

std::string mean_model() {
  model::OnnxWriter writer("mean");
  writer.add_input("picture", DataType::kFloat32, {1, 3, kSide, kSide});
  writer.add_output("mean", DataType::kFloat32, {1, 3, 1, 1});
  writer.add_node("GlobalAveragePool", {"picture"}, {"mean"});
  return writer.finish();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: %s FOLDER\n", argv[0]);
    return 2;
  }
  bundle::Bundle bundle;
  bundle.manifest.name = "mean";
  bundle.manifest.version = "1";
  bundle.manifest.description = "The mean colour, for the link bench";
  bundle.manifest.parts = {{"model", "model.onnx", 0, ""}};
  bundle.manifest.model.part = "model";
  input::ImageSpec picture;
  picture.width = kSide;
  picture.height = kSide;
  bundle.manifest.model.input = picture;
  bundle.manifest.model.output.decoder = "none";
  bundle.parts["model"] = mean_model();
  const auto written = bundle::replace_bundle(argv[1], std::move(bundle));
  if (written) return 0;
  std::fprintf(stderr, "write_link_bundle: %s\n", describe(written.error()).c_str());
  return 1;
}
