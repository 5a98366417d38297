#include "native/train/exits/backbone.hpp"

namespace sluice::train::exits {

std::shared_ptr<BackboneImpl> make_backbone(const BackboneDesign& design, splitnet::Arithmetic arithmetic) {
  return design.form == BackboneForm::kVgg ? make_vgg(design, arithmetic) : make_inception(design, arithmetic);
}

std::string backbone_onnx(const BackboneImpl& network, const BackboneDesign& design, WeightForm form) {
  torch::NoGradGuard no_gradient;
  OnnxExport graph("classifier", 13, form);
  graph.input("picture", {-1, 3, design.side, design.side});
  graph.output(network.write(graph, "picture"), {-1, design.classes});
  return graph.finish();
}

}  // namespace sluice::train::exits
