#include "native/eval/variants/variant_measurement.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "core/model/model.hpp"
#include "core/pipeline/full_model.hpp"
#include "native/eval/exits/own_time.hpp"
#include "native/eval/variants/variant_fit.hpp"

namespace sluice::eval {
namespace {

Failure of_form(const std::string& name, const Error& why) {
  if (name.empty()) return fail(why.code, {"the model: ", why.message});
  return fail(why.code, {"variant '", name, "': ", why.message});
}

// After one run on zeros, which makes it take all that it needs.
Result<std::uint64_t> memory_of(Bytes onnx, const Shape& input, DataType type) {
  auto loaded = model::Model::load(onnx, run::full_loading().model);
  if (!loaded) return fail(loaded.error());
  auto zeros = Tensor::create(type, input);
  if (!zeros) return fail(zeros.error());
  if (auto ran = loaded->run(std::array{std::as_const(*zeros).view()}); !ran) return fail(ran.error());
  return loaded->stats().weight_bytes + loaded->stats().activation_bytes;
}

double median_ms(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::ranges::nth_element(values, middle);
  return *middle;
}

void note(std::vector<BlockAgreement>& blocks, std::uint32_t block, bool agreed) {
  if (blocks.size() <= block) blocks.resize(std::size_t{block} + 1);
  ++blocks[block].inputs;
  if (agreed) ++blocks[block].agreed;
}

}  // namespace

Result<VariantTrial> VariantTrial::create(const bundle::Bundle& bundle) {
  const pipeline::Manifest& manifest = bundle.manifest;
  if (const auto modality = input::modality_of(manifest.model.input); modality != input::Modality::kImage) {
    return fail(ErrorCode::kInvalidArgument, {"the bundle '", manifest.name, "' takes inputs of the kind '",
                                              input::modality_name(modality), "'; variants are measured on pictures"});
  }
  const auto agreement = output::Agreement::make(manifest.agree_when);
  if (!agreement) return fail(agreement.error());
  VariantTrial trial(*agreement);
  if (auto added = trial.add(bundle, {}, manifest.model.part); !added) return fail(added.error());
  for (const pipeline::ModelVariant& variant : manifest.variants) {
    if (auto added = trial.add(bundle, variant.name, variant.part); !added) return fail(added.error());
  }
  return trial;
}

Result<void> VariantTrial::add(const bundle::Bundle& bundle, const std::string& name, const std::string& part) {
  pipeline::Manifest own = bundle.manifest;
  own.model.part = part;
  auto program = pipeline::load_full_model(own, bundle.part(part), run::full_loading());
  if (!program) return of_form(name, program.error());
  if (!forms_.empty()) {
    run::Stage& model = *forms_.front().program.stage();
    auto fits = check_tensors("input", model.inputs(), program->stage()->inputs());
    if (fits) fits = check_tensors("output", model.outputs(), program->stage()->outputs());
    if (!fits) return of_form(name, fits.error());
  }
  const auto bytes = memory_of(bundle.part(part), program->tensor_shape(), program->tensor_type());
  if (!bytes) return of_form(name, bytes.error());
  memory_bytes_.push_back(*bytes);
  forms_.push_back({name, *std::move(program), {}, {}});
  return {};
}

Result<void> VariantTrial::run(const input::ImageView& picture, std::size_t number) {
  for (std::size_t turn = 0; turn < forms_.size(); ++turn) {
    Form& form = forms_[(number + turn) % forms_.size()];
    const auto tensor = form.program.prepare(picture);
    if (!tensor) return of_form(form.name, tensor.error());
    const double begin = own_time_ms();
    auto ran = form.program.run_stage(std::array{*tensor});
    form.times.push_back(own_time_ms() - begin);
    if (!ran) return of_form(form.name, ran.error());
    auto outputs = form.program.decode_stage();
    if (!outputs) return of_form(form.name, outputs.error());
    form.outputs = *std::move(outputs);
  }
  return {};
}

Result<std::vector<FormMeasurement>> VariantTrial::measure(const PictureStream& stream,
                                                           const VariantProgress& progress) {
  std::vector<FormMeasurement> measured(forms_.size());
  for (Form& form : forms_) form.times.clear();
  std::size_t done = 0;
  auto visited = stream.visit([&](const input::ImageView& picture, std::uint32_t block) -> Result<void> {
    if (auto ran = run(picture, done); !ran) return ran;
    for (std::size_t i = 1; i < forms_.size(); ++i) {
      const auto agreed = agreement_.agrees(forms_.front().outputs, forms_[i].outputs);
      if (!agreed) return of_form(forms_[i].name, agreed.error());
      note(measured[i].blocks, block, *agreed);
    }
    ++done;
    progress(done, std::max(done, stream.count));
    return {};
  });
  if (!visited) return fail(visited.error());
  if (done == 0) return fail(ErrorCode::kNotFound, {stream.what, " has no picture that could be decoded"});
  for (std::size_t i = 0; i < forms_.size(); ++i) measured[i].ms = median_ms(forms_[i].times);
  return measured;
}

}  // namespace sluice::eval
