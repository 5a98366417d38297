// The two networks that early exits are tried on, after FlexDNN (SEC'20, section IV): a VGG-16 and an Inception, both for small
// pictures. Their first convolution whitens the pictures and is not trained. Exits hang on them by their ONNX form, as on
// anybody's classifier (exit_network.hpp).
#pragma once

#include <torch/torch.h>

#include <memory>
#include <string>

#include "native/train/exits/options.hpp"
#include "native/train/onnx_export.hpp"

namespace sluice::train::exits {

class BackboneImpl : public torch::nn::Module {
 public:
  virtual torch::Tensor forward(const torch::Tensor& pictures) = 0;  // floats of -1..1 to logits, [N, classes]
  // Sets the first convolution to whiten patches like those in the pictures.
  virtual void whiten(const torch::Tensor& pictures) = 0;
  // Puts itself into a graph; returns the logits' name.
  virtual std::string write(OnnxExport& graph, const std::string& pictures) const = 0;
};

// 13 convolutions in five blocks, each of which halves the side, and a linear layer. At half width (32 to 256 channels)
// 77 million multiply-adds at 32x32.
std::shared_ptr<BackboneImpl> make_vgg(const BackboneDesign& design, splitnet::Arithmetic arithmetic);

// Two convolutions and eight modules of four branches (1x1; 3x3; two 3x3; a maximum and 1x1) on three sizes.
std::shared_ptr<BackboneImpl> make_inception(const BackboneDesign& design, splitnet::Arithmetic arithmetic);

std::shared_ptr<BackboneImpl> make_backbone(const BackboneDesign& design, splitnet::Arithmetic arithmetic);

// The whole as a file: "picture" [-1, 3, side, side] to "logits".
std::string backbone_onnx(const BackboneImpl& network, const BackboneDesign& design, WeightForm form);

}  // namespace sluice::train::exits
