#include "core/output/detection.hpp"

#include <algorithm>
#include <string>

namespace sluice::output {

Result<Tensor> to_tensor(const std::vector<Detection>& detections) {
  auto tensor = Tensor::create(
      DataType::kFloat32, {static_cast<std::int64_t>(detections.size()), static_cast<std::int64_t>(kDetectionColumns)});
  if (!tensor) return fail(tensor.error());
  float* row = tensor->as<float>().data();
  for (const Detection& detection : detections) {
    row[0] = detection.x0;
    row[1] = detection.y0;
    row[2] = detection.x1;
    row[3] = detection.y1;
    row[kScoreColumn] = detection.score;
    for (std::size_t i = 0; i < detection.landmarks.size(); ++i) row[kScoreColumn + 1 + i] = detection.landmarks[i];
    row += kDetectionColumns;
  }
  return tensor;
}

Result<std::vector<Detection>> from_tensor(TensorView tensor) {
  if (auto checked = check_detections(tensor); !checked) return fail(checked.error());
  const auto values = tensor.as<float>();
  std::vector<Detection> detections(values.size() / kDetectionColumns);
  const float* row = values.data();
  for (Detection& detection : detections) {
    detection.x0 = row[0];
    detection.y0 = row[1];
    detection.x1 = row[2];
    detection.y1 = row[3];
    detection.score = row[kScoreColumn];
    for (std::size_t i = 0; i < detection.landmarks.size(); ++i) detection.landmarks[i] = row[kScoreColumn + 1 + i];
    row += kDetectionColumns;
  }
  return detections;
}

Result<void> check_detections(TensorView tensor) {
  if (tensor.type != DataType::kFloat32) {
    return fail(ErrorCode::kTypeMismatch, {"detections are a float32 tensor, not ", type_name(tensor.type)});
  }
  const bool columns = tensor.shape.rank() == 2 && tensor.shape[1] == std::int64_t{kDetectionColumns};
  const auto size = dense_size(tensor.type, tensor.shape, Tensor::kDefaultLimitBytes);
  if (!columns || !size || *size != tensor.bytes.size()) {
    return fail(ErrorCode::kShapeMismatch, {"detections are a tensor of shape [count, ", kDetectionColumns, "], not ",
                                            to_string(tensor.shape), " of ", tensor.bytes.size(), " bytes"});
  }
  if (tensor.shape[0] > std::int64_t{kMaxDetections}) {
    return fail(ErrorCode::kShapeMismatch, {tensor.shape[0], " detections; there can be at most ", kMaxDetections});
  }
  return {};
}

void scale_detections(std::span<OutputTensor> result, float x, float y) {
  const auto table = std::ranges::find(result, kDetectionsName, &OutputTensor::name);
  if (table == result.end() || !check_detections(table->tensor.view())) return;
  const auto values = table->tensor.as<float>();
  for (std::size_t i = 0; i < values.size(); ++i) {
    const std::size_t column = i % kDetectionColumns;
    if (column == kScoreColumn) continue;
    const bool is_x = column < kScoreColumn ? column % 2 == 0 : column % 2 == 1;  // x, y, x, y, score, x, y, ...
    values[i] *= is_x ? x : y;
  }
}

Result<void> check_result(std::span<const OutputTensor> result, const OutputSpec& spec) {
  if (!gives_detections(spec)) return {};
  const auto table = std::ranges::find(result, kDetectionsName, &OutputTensor::name);
  if (table == result.end()) return fail(ErrorCode::kNotFound, {"the result lacks the tensor '", kDetectionsName, "'"});
  if (auto checked = check_detections(table->tensor.view()); !checked) return checked;
  for (const float value : table->tensor.as<float>()) {
    if (!(value - value == 0)) return fail(ErrorCode::kInvalidInput, {"detections hold ", value});
  }
  return {};
}

}  // namespace sluice::output
