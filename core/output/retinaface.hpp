// RetinaFace's nine heads to faces: priors, box and landmark decoding, non-maximum suppression. For the MobileNet-0.25
// network with strides 32, 16 and 8 and two square anchors at each cell (J. Deng et al., "RetinaFace: Single-shot
// Multi-level Face Localisation in the Wild", CVPR 2020, section 3; anchors and landmark scale of the released mnet.25 v2).
// Hostile or broken outputs cost no more than good ones: candidates are bounded and what is not a number is no face.
#pragma once

#include "core/output/decoder.hpp"
#include "core/output/detection.hpp"

namespace sluice::output {

class RetinaFaceDecoder final : public Decoder {
 public:
  static constexpr std::size_t kMaxCandidates = 1000;  // best scores that enter the suppression
  static constexpr std::size_t kMaxFaces = 256;

  // Thresholds in [0, 1]; the spec's decoder name is not looked at.
  explicit RetinaFaceDecoder(const OutputSpec& spec);

  Result<void> check(std::span<const model::TensorInfo> outputs) const override;
  // Gives one tensor, kDetectionsName, best score first.
  Result<std::vector<OutputTensor>> decode(std::span<const ModelOutput> outputs, const Source& source) override;

  // The same as plain faces; the vector is valid until the next call.
  Result<const std::vector<Detection>*> detect(std::span<const ModelOutput> outputs, const Source& source);

 private:
  struct Level {
    std::span<const float> scores;     // [4, h, w]: background of both anchors, then face of both
    std::span<const float> boxes;      // [8, h, w]: dx, dy, dw, dh of each anchor
    std::span<const float> landmarks;  // [20, h, w]: five x, y of each anchor
    std::size_t width = 0;
    std::size_t area = 0;
  };
  struct Candidate {
    float score = 0;
    std::uint32_t level = 0;
    std::uint32_t anchor = 0;
    std::uint32_t cell = 0;
  };

  static Result<Level> find_level(std::span<const ModelOutput> outputs, std::uint32_t stride);
  void collect(const Level& level, std::uint32_t index);
  void suppress(const Source& source);

  float score_threshold_;
  float nms_iou_;
  std::vector<Candidate> candidates_;
  std::vector<Detection> decoded_;
  std::vector<Detection> faces_;
};

}  // namespace sluice::output
