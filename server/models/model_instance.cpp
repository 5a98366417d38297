#include "server/models/model_instance.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace sluice::server {

namespace {

// A tensor as rows of bytes: `outer` times the bytes of all that lies at or below `axis`.
struct Rows {
  std::size_t outer = 1;
  std::size_t step = 1;  // bytes of one index along the axis
};

Rows rows_of(DataType type, const Shape& shape, std::size_t axis) {
  Rows rows;
  for (std::size_t i = 0; i < axis; ++i) rows.outer *= static_cast<std::size_t>(shape[i]);
  for (std::size_t i = axis + 1; i < shape.rank(); ++i) rows.step *= static_cast<std::size_t>(shape[i]);
  rows.step *= element_size(type);
  return rows;
}

Shape with_size(const Shape& shape, std::size_t axis, std::int64_t size) {
  std::array<std::int64_t, Shape::kMaxRank> dims{};
  std::copy(shape.dims().begin(), shape.dims().end(), dims.begin());
  dims[axis] = size;
  return *Shape::make(std::span(dims).first(shape.rank()));
}

}  // namespace

std::int64_t count_along(std::span<const TensorView> tensors, std::size_t axis) {
  if (tensors.empty() || axis >= tensors.front().shape.rank()) return 1;
  return tensors.front().shape[axis];
}

ModelInstance::ModelInstance(std::unique_ptr<run::Stage> stage, std::unique_ptr<output::Decoder> decoder,
                             std::size_t batch_axis)
    : stage_(std::move(stage)),
      decoder_(std::move(decoder)),
      axis_(batch_axis),
      joined_(stage_->inputs().size()),
      inputs_(stage_->inputs().size()),
      parts_(stage_->outputs().size()) {}

Result<std::unique_ptr<ModelInstance>> ModelInstance::create(LoadedModel& model, const pipeline::Manifest& manifest) {
  auto stage = model.make_stage();
  if (!stage) return fail(stage.error());
  auto decoder = output::make_decoder(manifest.model.output);
  if (!decoder) return fail(decoder.error());
  return std::unique_ptr<ModelInstance>(
      new ModelInstance(std::move(*stage), std::move(*decoder), manifest.batching.axis));
}

Result<void> ModelInstance::run(std::span<const PreparedInput* const> batch,
                                const std::function<void(std::size_t index)>& ready) {
  batch_.assign(batch.begin(), batch.end());
  if (batch.size() == 1) return stage_->run(batch.front()->tensors);
  if (auto ok = put_together(batch); !ok) return ok;
  const bool of_one_row = first_.back() == static_cast<std::int64_t>(batch.size());
  if (!ready || !of_one_row) return stage_->run(inputs_);
  stage_->tell_of_rows(ready);
  auto ran = stage_->run(inputs_);
  stage_->tell_of_rows({});
  return ran;
}

Result<void> ModelInstance::put_together(std::span<const PreparedInput* const> batch) {
  first_.assign(1, 0);
  for (const auto* one : batch) first_.push_back(first_.back() + count_along(one->tensors, axis_));
  for (std::size_t input = 0; input < inputs_.size(); ++input) {
    const TensorView& like = batch.front()->tensors[input];
    const Shape shape = with_size(like.shape, axis_, first_.back());
    if (auto ok = joined_[input].resize(like.type, shape); !ok) return ok;
    const Rows rows = rows_of(like.type, shape, axis_);
    std::byte* to = joined_[input].mutable_view().bytes.data();
    for (std::size_t row = 0; row < rows.outer; ++row) {
      for (std::size_t i = 0; i < batch.size(); ++i) {
        const std::size_t size = rows.step * static_cast<std::size_t>(first_[i + 1] - first_[i]);
        std::memcpy(to, batch[i]->tensors[input].bytes.data() + row * size, size);
        to += size;
      }
    }
    inputs_[input] = joined_[input].view();
  }
  return {};
}

// The rows of one input of the batch; a view where they lie in one piece, as along the first axis.
Result<TensorView> ModelInstance::part_of(std::size_t output, std::size_t index) {
  const TensorView whole = stage_->output(output);
  if (batch_.size() == 1) return whole;
  const std::int64_t count = first_[index + 1] - first_[index];
  if (axis_ >= whole.shape.rank() || whole.shape[axis_] != first_.back()) {
    return fail(ErrorCode::kShapeMismatch,
                {"a batch of ", first_.back(), " gave the output '", stage_->outputs()[output].name, "' the shape ",
                 to_string(whole.shape), ", which has not as many along the axis ", axis_});
  }
  const Rows rows = rows_of(whole.type, whole.shape, axis_);
  const Shape shape = with_size(whole.shape, axis_, count);
  const std::size_t offset = rows.step * static_cast<std::size_t>(first_[index]);
  const std::size_t size = rows.step * static_cast<std::size_t>(count);
  if (rows.outer == 1) return TensorView{whole.type, shape, whole.bytes.subspan(offset, size)};
  Tensor& part = parts_[output];
  if (auto ok = part.resize(whole.type, shape); !ok) return fail(ok.error());
  const std::size_t stride = rows.step * static_cast<std::size_t>(first_.back());
  for (std::size_t row = 0; row < rows.outer; ++row) {
    std::memcpy(part.mutable_view().bytes.data() + row * size, whole.bytes.data() + row * stride + offset, size);
  }
  return part.view();
}

Result<Outputs> ModelInstance::outputs(std::size_t index, OutputForm form) {
  views_.clear();
  for (std::size_t i = 0; i < parts_.size(); ++i) {
    const auto part = part_of(i, index);
    if (!part) return fail(part.error());
    views_.push_back({stage_->outputs()[i].name, *part});
  }
  // A split model has no decoder (manifest.hpp), and its clients need to know how much of their features came.
  const bool features = batch_[index]->channels > 0;
  if (form == OutputForm::kDecoded && !features) return decoder_->decode(views_, batch_[index]->source);
  Outputs copies;
  copies.reserve(views_.size());
  for (const auto& view : views_) {
    auto copy = Tensor::copy_of(view.tensor);
    if (!copy) return fail(copy.error());
    copies.push_back({std::string(view.name), std::move(*copy)});
  }
  if (const auto channels = static_cast<std::int32_t>(batch_[index]->channels); channels > 0) {
    auto came = Tensor::copy_of(*view_of(std::span(&channels, 1), Shape{1}));
    if (!came) return fail(came.error());
    copies.push_back({std::string(wire::kChannelsOutput), std::move(*came)});
  }
  return copies;
}

}  // namespace sluice::server
