#include "native/train/splitnet/model_cost.hpp"

#include <array>
#include <span>

#include "core/model/model.hpp"

namespace sluice::train::splitnet {
namespace {

model::LoadOptions loading() {
  model::LoadOptions options;
  options.operators = model::all_operators();
  return options;
}

Result<std::uint64_t> count_run(Result<model::Model> model, std::int64_t side) {
  if (!model) return fail(model.error());
  const std::vector<float> picture(static_cast<std::size_t>(3 * side * side), 0.0F);
  const auto view =
      view_of(std::span<const float>(picture), *Shape::make(std::array<std::int64_t, 4>{1, 3, side, side}));
  if (!view) return fail(view.error());
  if (auto ran = model->run(std::array{*view}); !ran) return fail(ran.error());
  return model->stats().multiply_adds;
}

}  // namespace

Result<std::vector<std::uint64_t>> multiply_adds_to(const std::string& onnx, const std::vector<std::string>& names,
                                                    std::int64_t side) {
  const auto bytes = std::as_bytes(std::span(onnx));
  const auto whole = model::Model::load(bytes, loading());
  if (!whole) return fail(whole.error());
  std::vector<std::uint64_t> found;
  for (const std::string& name : names) {
    const auto counted =
        count_run(model::Model::load(bytes, model::Cut{{whole->inputs()[0].name}, {name}}, loading()), side);
    if (!counted) return fail(counted.error());
    found.push_back(*counted);
  }
  return found;
}

Result<std::uint64_t> multiply_adds_of(const std::string& onnx, std::int64_t side) {
  return count_run(model::Model::load(std::as_bytes(std::span(onnx)), loading()), side);
}

}  // namespace sluice::train::splitnet
