// Boxes found in a picture, in source pixels, and their form as a tensor: float32 [count, 15], each row
// x0, y0, x1, y1, score, then five landmarks x, y (left eye, right eye, nose, left and right mouth corner; 0 where a
// detector has none). The tensor is what crosses the wire, so that the wire knows nothing of faces.
#pragma once

#include <array>
#include <span>
#include <string_view>
#include <vector>

#include "core/base/result.hpp"
#include "core/output/output_spec.hpp"
#include "core/output/output_tensor.hpp"
#include "core/tensor/tensor.hpp"

namespace sluice::output {

struct Detection {
  float x0 = 0, y0 = 0, x1 = 0, y1 = 0;
  float score = 0;
  std::array<float, 10> landmarks{};
};

inline constexpr std::size_t kDetectionColumns = 15;
inline constexpr std::size_t kScoreColumn = 4;
// What compares results looks at pairs of boxes: a server must not decide how long that takes. Above what any decoder gives.
inline constexpr std::size_t kMaxDetections = 512;
// The name of the tensor in a result.
inline constexpr std::string_view kDetectionsName = "detections";

Result<Tensor> to_tensor(const std::vector<Detection>& detections);
// kTypeMismatch or kShapeMismatch when the tensor is not such a table or has more than kMaxDetections rows.
Result<std::vector<Detection>> from_tensor(TensorView tensor);
Result<void> check_detections(TensorView tensor);

// Multiplies the places of all boxes and landmarks of a result, so that they count in another picture's pixels, or in shares of
// one. A result without detections stays as it is.
void scale_detections(std::span<OutputTensor> result, float x, float y);

// Whether a result that was made elsewhere is what the bundle's decoder gives: with detections, a table of them under
// kDetectionsName; the model's own tensors are whatever they are. kNotFound, what check_detections()
// says, or kInvalidInput when a value is not finite.
Result<void> check_result(std::span<const OutputTensor> result, const OutputSpec& spec);

}  // namespace sluice::output
