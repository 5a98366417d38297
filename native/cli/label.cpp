#include "native/cli/label.hpp"

#include <algorithm>

#include "core/output/detection.hpp"
#include "core/wire/messages.hpp"

namespace sluice::cli {
namespace {

// The number that an answer's further output of this name says.
std::optional<std::int32_t> said(const pipeline::Answer& answer, std::string_view name) {
  for (const pipeline::OutputTensor& output : answer.outputs) {
    const bool says = output.name == name && output.tensor.type() == DataType::kInt32;
    if (says && !output.tensor.as<std::int32_t>().empty()) return output.tensor.as<std::int32_t>()[0];
  }
  return std::nullopt;
}

// None of an answer that is no float32 values of classes.
std::span<const float> logits_of(const pipeline::Answer& answer) {
  if (answer.outputs.empty() || answer.outputs.front().name == output::kDetectionsName) return {};
  const auto values = answer.outputs.front().tensor.view();
  return values.type == DataType::kFloat32 ? values.as<float>() : std::span<const float>();
}

}  // namespace

std::optional<std::int64_t> label_of(const pipeline::Answer& answer) {
  const auto logits = logits_of(answer);
  if (logits.empty()) return std::nullopt;
  return std::max_element(logits.begin(), logits.end()) - logits.begin();
}

std::size_t classes_of(const pipeline::Answer& answer) { return logits_of(answer).size(); }

std::optional<std::int32_t> channels_of(const pipeline::Answer& answer) { return said(answer, wire::kChannelsOutput); }

std::optional<std::int32_t> exit_of(const pipeline::Answer& answer) {
  const bool may_say = answer.kind == pipeline::AnswerKind::kExited || answer.kind == pipeline::AnswerKind::kSplit;
  return may_say ? said(answer, wire::kExitOutput) : std::nullopt;
}

std::string class_text(std::int64_t label, std::span<const std::string> names) {
  const auto at = static_cast<std::size_t>(label);
  return at < names.size() ? names[at] : "class " + std::to_string(label);
}

}  // namespace sluice::cli
