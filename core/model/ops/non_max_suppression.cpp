// NonMaxSuppression: for each image and class the best boxes that do not overlap a better one too much.
#include <algorithm>
#include <limits>
#include <numeric>

#include "core/model/ops/factories.hpp"
#include "core/model/ops/plain_kernel.hpp"

namespace sluice::model::ops {
namespace {

struct Box {
  float top = 0;
  float left = 0;
  float bottom = 0;
  float right = 0;

  float area() const { return (bottom - top) * (right - left); }
};

// Corners [y1, x1, y2, x2] of either diagonal, or [x_center, y_center, width, height].
Box read_box(const float* values, bool centre) {
  if (centre) {
    const float half_width = values[2] / 2;
    const float half_height = values[3] / 2;
    return {values[1] - half_height, values[0] - half_width, values[1] + half_height, values[0] + half_width};
  }
  return {std::min(values[0], values[2]), std::min(values[1], values[3]), std::max(values[0], values[2]),
          std::max(values[1], values[3])};
}

// Intersection over union; 0 for boxes without area.
float overlap(const Box& a, const Box& b) {
  const float height = std::min(a.bottom, b.bottom) - std::max(a.top, b.top);
  const float width = std::min(a.right, b.right) - std::max(a.left, b.left);
  if (!(height > 0) || !(width > 0)) return 0;
  const float shared = height * width;
  const float whole = a.area() + b.area() - shared;
  return whole > 0 ? shared / whole : 0;
}

class NonMaxSuppressionKernel final : public PlainKernel {
 public:
  NonMaxSuppressionKernel(const Node& node, const KernelContext& context)
      : PlainKernel(context), centre_(node.int_or("center_point_box", 0) != 0) {}

  bool shape_depends_on_value_of(std::size_t) const override { return true; }

  Result<void> reshape(Inputs inputs, Specs outputs) override {
    const Shape& boxes = inputs[0].shape;
    const Shape& scores = inputs[1].shape;
    if (inputs[0].type != DataType::kFloat32) return refuse_type("boxes", inputs[0].type, "float32");
    if (inputs[1].type != DataType::kFloat32) return refuse_type("scores", inputs[1].type, "float32");
    if (boxes.rank() != 3 || boxes[2] != 4) return refuse_shape("boxes", boxes, "[images, boxes, 4]");
    if (scores.rank() != 3 || scores[0] != boxes[0] || scores[2] != boxes[1]) {
      return refuse_shape("scores", scores, "[images, classes, boxes] for boxes of shape " + to_string(boxes));
    }
    std::int64_t most = 0;
    if (is_present(inputs, 2)) {
      const auto given = read_integer(inputs[2], "max_output_boxes_per_class");
      if (!given) return fail(given.error());
      most = std::max<std::int64_t>(*given, 0);
    }
    const auto overlap_limit = threshold(inputs, 3, 0);
    if (!overlap_limit) return fail(overlap_limit.error());
    const auto score_limit = threshold(inputs, 4, -std::numeric_limits<float>::infinity());
    if (!score_limit) return fail(score_limit.error());

    selected_.clear();
    for (std::int64_t image = 0; image < boxes[0]; ++image) {
      for (std::int64_t category = 0; category < scores[1]; ++category) {
        select(inputs, image, category, most, *overlap_limit, *score_limit);
      }
    }
    const std::array<std::int64_t, 2> dims{static_cast<std::int64_t>(selected_.size()), 3};
    const auto shape = bounded_shape(std::span<const std::int64_t>(dims), DataType::kInt64);
    if (!shape) return fail(shape.error());
    outputs[0] = {DataType::kInt64, *shape};
    return {};
  }

  Result<void> run(Inputs, Outputs outputs) override {
    std::int64_t* y = outputs[0].as<std::int64_t>().data();
    for (const Selection& one : selected_) {
      *y++ = one.image;
      *y++ = one.category;
      *y++ = one.box;
    }
    return {};
  }

 private:
  struct Selection {
    std::int64_t image;
    std::int64_t category;
    std::int64_t box;
  };

  static Result<float> threshold(Inputs inputs, std::size_t index, float fallback) {
    if (!is_present(inputs, index)) return fallback;
    if (inputs[index].type != DataType::kFloat32) return refuse_type("threshold", inputs[index].type, "float32");
    if (inputs[index].shape.element_count() != 1) return refuse_shape("a threshold", inputs[index].shape, "one number");
    return inputs[index].as<float>()[0];
  }

  void select(Inputs inputs, std::int64_t image, std::int64_t category, std::int64_t most, float overlap_limit,
              float score_limit) {
    const std::int64_t count = inputs[0].shape[1];
    const float* boxes = inputs[0].as<float>().data() + image * count * 4;
    const float* scores = inputs[1].as<float>().data() + (image * inputs[1].shape[1] + category) * count;
    candidates_.clear();
    for (std::int64_t i = 0; i < count; ++i) {
      if (scores[i] > score_limit) candidates_.push_back(i);
    }
    std::ranges::stable_sort(candidates_, [&](std::int64_t a, std::int64_t b) { return scores[a] > scores[b]; });
    const std::size_t first = selected_.size();
    for (std::int64_t candidate : candidates_) {
      if (static_cast<std::int64_t>(selected_.size() - first) >= most) return;
      const Box box = read_box(boxes + candidate * 4, centre_);
      const bool covered = std::any_of(selected_.begin() + static_cast<std::ptrdiff_t>(first), selected_.end(),
                                       [&](const Selection& better) {
                                         return overlap(read_box(boxes + better.box * 4, centre_), box) > overlap_limit;
                                       });
      if (!covered) selected_.push_back({image, category, candidate});
    }
  }

  bool centre_;
  std::vector<std::int64_t> candidates_;
  std::vector<Selection> selected_;
};

}  // namespace

MadeKernel make_non_max_suppression(const Node& node, const KernelContext& context) {
  return make_plain<NonMaxSuppressionKernel>(node, context, 2, 5);
}

}  // namespace sluice::model::ops
