#include "core/output/decoder.hpp"

#include <array>
#include <string>

#include "core/model/model.hpp"
#include "core/output/retinaface.hpp"

namespace sluice::output {
namespace {

// "none": the model's own tensors are the result.
class PassThrough final : public Decoder {
 public:
  Result<void> check(std::span<const model::TensorInfo>) const override { return {}; }
  Result<std::vector<OutputTensor>> decode(std::span<const ModelOutput> outputs, const Source&) override {
    std::vector<OutputTensor> result;
    result.reserve(outputs.size());
    for (const ModelOutput& output : outputs) {
      auto copy = Tensor::copy_of(output.tensor);
      if (!copy) return fail(copy.error());
      result.push_back({std::string(output.name), std::move(*copy)});
    }
    return result;
  }
};

struct Row {
  std::string_view name;
  std::unique_ptr<Decoder> (*make)(const OutputSpec& spec);
};

constexpr std::array kRows = {
    Row{"none", [](const OutputSpec&) -> std::unique_ptr<Decoder> { return std::make_unique<PassThrough>(); }},
    Row{"retinaface",
        [](const OutputSpec& spec) -> std::unique_ptr<Decoder> { return std::make_unique<RetinaFaceDecoder>(spec); }},
};

constexpr auto kDecoderNames = [] {
  std::array<std::string_view, kRows.size()> names;
  for (std::size_t i = 0; i < kRows.size(); ++i) names[i] = kRows[i].name;
  return names;
}();

Result<void> check_unit(std::string_view field, float value) {
  if (value >= 0.0F && value <= 1.0F) return {};
  return fail(ErrorCode::kInvalidArgument, {field, " is ", value, "; it must be 0 to 1"});
}

}  // namespace

Result<std::unique_ptr<Decoder>> make_decoder(const OutputSpec& spec) {
  if (auto checked = check_unit("score_threshold", spec.score_threshold); !checked) return fail(checked.error());
  if (auto checked = check_unit("nms_iou", spec.nms_iou); !checked) return fail(checked.error());
  for (const Row& row : kRows) {
    if (row.name == spec.decoder) return row.make(spec);
  }
  std::string known;
  for (const Row& row : kRows) known += join_text({(known.empty() ? "'" : ", '"), row.name, "'"});
  return fail(ErrorCode::kNotFound, {"there is no decoder '", spec.decoder, "'; there are ", known});
}

std::span<const std::string_view> decoder_names() { return kDecoderNames; }

}  // namespace sluice::output
