#include "core/output/retinaface.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>

#include "core/model/model.hpp"
#include "core/output/agreement.hpp"

namespace sluice::output {
namespace {

constexpr std::size_t kAnchors = 2;  // at each cell
constexpr std::size_t kPoints = 5;
constexpr float kFirstCentre = 8;               // of the first cell's anchors, in input pixels, whatever the stride
constexpr float kLandmarkScale = 2.0F / 11.0F;  // the deltas' standard deviation in training
constexpr float kMaxLogScale = 4.0F;            // exp of it: the largest growth of an anchor that is believed

struct LevelShape {
  std::uint32_t stride;
  std::array<float, kAnchors> sides;  // of the square anchors, in input pixels
};
constexpr std::array<LevelShape, 3> kLevels = {{{32, {512, 256}}, {16, {128, 64}}, {8, {32, 16}}}};

struct Head {
  std::span<const float> values;
  std::int64_t height = 0;
  std::int64_t width = 0;
};

struct HeadKind {
  std::string_view name;
  std::int64_t channels;
};
constexpr HeadKind kScores{"face_rpn_cls_prob_reshape", 2 * kAnchors};
constexpr HeadKind kBoxes{"face_rpn_bbox_pred", 4 * kAnchors};
constexpr HeadKind kLandmarks{"face_rpn_landmark_pred", (2 * kPoints) * kAnchors};

std::string head_name(const HeadKind& kind, std::uint32_t stride) { return join_text({kind.name, "_stride", stride}); }

// Output: what a model gave, or what it says of it before it runs.
template <typename Output>
Result<const Output*> find_output(std::span<const Output> outputs, std::string_view name) {
  for (const Output& output : outputs) {
    if (output.name == name) return &output;
  }
  std::string names;
  for (const Output& output : outputs) append_text(names, {names.empty() ? "" : ", ", output.name});
  return fail(ErrorCode::kNotFound, {"the RetinaFace decoder needs the output '", name, "'; the model has: ", names});
}

Failure wrong_type(std::string_view name, DataType type) {
  return fail(ErrorCode::kTypeMismatch, {"output '", name, "' must be float32, not ", type_name(type)});
}

Failure wrong_shape(std::string_view name, std::int64_t channels, std::span<const std::int64_t> dims) {
  return fail(ErrorCode::kShapeMismatch,
              {"output '", name, "' must have the shape [1, ", channels, ", height, width], not ", dims_text(dims)});
}

Result<Head> find_head(std::span<const ModelOutput> outputs, const HeadKind& kind, std::uint32_t stride) {
  const std::string name = head_name(kind, stride);
  const auto found = find_output(outputs, name);
  if (!found) return fail(found.error());
  const TensorView& tensor = (*found)->tensor;
  if (tensor.type != DataType::kFloat32) return wrong_type(name, tensor.type);
  const auto count = tensor.shape.element_count();
  const bool shaped = tensor.shape.rank() == 4 && tensor.shape[0] == 1 && tensor.shape[1] == kind.channels && count &&
                      *count > 0 && *count == tensor.bytes.size() / sizeof(float);
  if (!shaped) return wrong_shape(name, kind.channels, tensor.shape.dims());
  return Head{tensor.as<float>(), tensor.shape[2], tensor.shape[3]};
}

// A model need not say the type and shape of an output; what it says must fit.
Result<void> check_head(std::span<const model::TensorInfo> outputs, const HeadKind& kind, std::uint32_t stride) {
  const std::string name = head_name(kind, stride);
  const auto found = find_output(outputs, name);
  if (!found) return fail(found.error());
  const auto& [said_name, type, dims] = **found;
  if (type != DataType::kUndefined && type != DataType::kFloat32) return wrong_type(name, type);
  const auto fits = [&](std::size_t axis, std::int64_t size) { return dims[axis] < 0 || dims[axis] == size; };
  if (!dims.empty() && (dims.size() != 4 || !fits(0, 1) || !fits(1, kind.channels)))
    return wrong_shape(name, kind.channels, dims);
  return {};
}

bool finite(const Detection& face) {
  const float sum = face.x0 + face.y0 + face.x1 + face.y1;
  return std::isfinite(sum) && std::ranges::all_of(face.landmarks, [](float value) { return std::isfinite(value); });
}

// From the model's input to source pixels, cut to the picture.
Detection to_source(Detection face, const Source& source) {
  const float width = static_cast<float>(source.extent.sizes[0]);
  const float height = static_cast<float>(source.extent.sizes[1]);
  face.x0 = std::clamp(face.x0 / source.placement.scale_x, 0.0F, width);
  face.x1 = std::clamp(face.x1 / source.placement.scale_x, 0.0F, width);
  face.y0 = std::clamp(face.y0 / source.placement.scale_y, 0.0F, height);
  face.y1 = std::clamp(face.y1 / source.placement.scale_y, 0.0F, height);
  for (std::size_t i = 0; i < kPoints; ++i) {
    face.landmarks[2 * i] /= source.placement.scale_x;
    face.landmarks[2 * i + 1] /= source.placement.scale_y;
  }
  return face;
}

}  // namespace

RetinaFaceDecoder::RetinaFaceDecoder(const OutputSpec& spec)
    : score_threshold_(spec.score_threshold), nms_iou_(spec.nms_iou) {}

Result<void> RetinaFaceDecoder::check(std::span<const model::TensorInfo> outputs) const {
  for (const LevelShape& level : kLevels) {
    for (const HeadKind& kind : {kScores, kBoxes, kLandmarks}) {
      if (auto fits = check_head(outputs, kind, level.stride); !fits) return fits;
    }
  }
  return {};
}

Result<RetinaFaceDecoder::Level> RetinaFaceDecoder::find_level(std::span<const ModelOutput> outputs,
                                                               std::uint32_t stride) {
  const auto scores = find_head(outputs, kScores, stride);
  if (!scores) return fail(scores.error());
  const auto boxes = find_head(outputs, kBoxes, stride);
  if (!boxes) return fail(boxes.error());
  const auto landmarks = find_head(outputs, kLandmarks, stride);
  if (!landmarks) return fail(landmarks.error());
  for (const Head* head : {&*boxes, &*landmarks}) {
    if (head->height == scores->height && head->width == scores->width) continue;
    return fail(ErrorCode::kShapeMismatch, {"the outputs of stride ", stride, " have different sizes: ", scores->width,
                                            " x ", scores->height, " and ", head->width, " x ", head->height});
  }
  const auto width = static_cast<std::size_t>(scores->width);
  return Level{scores->values, boxes->values, landmarks->values, width,
               width * static_cast<std::size_t>(scores->height)};
}

void RetinaFaceDecoder::collect(const Level& level, std::uint32_t index) {
  for (std::uint32_t anchor = 0; anchor < kAnchors; ++anchor) {
    const float* scores = level.scores.data() + (kAnchors + anchor) * level.area;
    for (std::uint32_t cell = 0; cell < level.area; ++cell) {
      // False for a score that is not a number.
      if (scores[cell] >= score_threshold_) candidates_.push_back({scores[cell], index, anchor, cell});
    }
  }
}

Result<const std::vector<Detection>*> RetinaFaceDecoder::detect(std::span<const ModelOutput> outputs,
                                                                const Source& source) {
  if (!(source.placement.scale_x > 0) || !(source.placement.scale_y > 0)) {
    return fail(ErrorCode::kInvalidArgument, "a placement's scales must be above 0");
  }
  std::array<Level, kLevels.size()> levels;
  candidates_.clear();
  for (std::uint32_t i = 0; i < kLevels.size(); ++i) {
    auto level = find_level(outputs, kLevels[i].stride);
    if (!level) return fail(level.error());
    levels[i] = *level;
    collect(levels[i], i);
  }

  // Best first; ties in the order of the heads, so that every machine keeps the same ones.
  const auto better = [](const Candidate& a, const Candidate& b) {
    if (a.score != b.score) return a.score > b.score;
    if (a.level != b.level) return a.level < b.level;
    if (a.anchor != b.anchor) return a.anchor < b.anchor;
    return a.cell < b.cell;
  };
  const auto kept = static_cast<std::ptrdiff_t>(std::min(candidates_.size(), kMaxCandidates));
  std::partial_sort(candidates_.begin(), candidates_.begin() + kept, candidates_.end(), better);
  candidates_.resize(static_cast<std::size_t>(kept));

  decoded_.clear();
  for (const Candidate& candidate : candidates_) {
    const Level& level = levels[candidate.level];
    const LevelShape& shape = kLevels[candidate.level];
    const float side = shape.sides[candidate.anchor];
    const std::size_t row = candidate.cell / level.width;
    const std::size_t column = candidate.cell % level.width;
    const float x = kFirstCentre + static_cast<float>(column * shape.stride);
    const float y = kFirstCentre + static_cast<float>(row * shape.stride);

    const float* box = level.boxes.data() + std::size_t{4} * candidate.anchor * level.area + candidate.cell;
    const float centre_x = x + side * box[0];
    const float centre_y = y + side * box[level.area];
    const float half_width = side * std::exp(std::min(box[2 * level.area], kMaxLogScale)) / 2;
    const float half_height = side * std::exp(std::min(box[3 * level.area], kMaxLogScale)) / 2;
    Detection face;
    face.x0 = centre_x - half_width;
    face.x1 = centre_x + half_width;
    face.y0 = centre_y - half_height;
    face.y1 = centre_y + half_height;
    face.score = candidate.score;
    const float* points = level.landmarks.data() + 2 * kPoints * candidate.anchor * level.area + candidate.cell;
    for (std::size_t i = 0; i < kPoints; ++i) {
      face.landmarks[2 * i] = x + side * kLandmarkScale * points[2 * i * level.area];
      face.landmarks[2 * i + 1] = y + side * kLandmarkScale * points[(2 * i + 1) * level.area];
    }
    if (finite(face)) decoded_.push_back(face);
  }
  suppress(source);
  return &faces_;
}

void RetinaFaceDecoder::suppress(const Source& source) {
  // In the model's pixels, where the threshold was chosen; mapped afterwards.
  faces_.clear();
  for (const Detection& candidate : decoded_) {
    if (faces_.size() == kMaxFaces) break;
    const bool covered = std::ranges::any_of(
        faces_, [&](const Detection& face) { return intersection_over_union(face, candidate) > nms_iou_; });
    if (!covered) faces_.push_back(candidate);
  }
  for (Detection& face : faces_) face = to_source(face, source);
}

Result<std::vector<OutputTensor>> RetinaFaceDecoder::decode(std::span<const ModelOutput> outputs,
                                                            const Source& source) {
  const auto faces = detect(outputs, source);
  if (!faces) return fail(faces.error());
  auto tensor = to_tensor(**faces);
  if (!tensor) return fail(tensor.error());
  std::vector<OutputTensor> result;
  result.push_back({std::string(kDetectionsName), std::move(*tensor)});
  return result;
}

}  // namespace sluice::output
