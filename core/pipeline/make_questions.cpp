// From a manifest's sections to questions. See question_row.hpp and manifest.hpp.
#include <algorithm>

#include "core/pipeline/manifest.hpp"

namespace sluice::pipeline {

namespace {

// A spec's fields one after the other: equal for equal specs and for no others.
struct SpecKey {
  std::string& key;

  template <typename Number>
  void add(Number number) const {
    key.append(reinterpret_cast<const char*>(&number), sizeof number);
  }
  void operator()(const input::ImageSpec& spec) const {
    for (const std::uint32_t side : {spec.width, spec.height}) add(side);
    add(static_cast<int>(spec.fit));
    add(static_cast<int>(spec.channels));
    for (const float mean : spec.mean) add(mean);
    for (const float scale : spec.scale) add(scale);
    add(spec.fill);
  }
  void operator()(const input::ClipSpec& spec) const {
    (*this)(spec.frame);
    add(spec.frames);
  }
  void operator()(const input::AudioSpec& spec) const {
    for (const std::uint32_t number : {spec.samples, spec.channels, spec.rate_hz}) add(number);
    add(spec.mean);
    add(spec.scale);
  }
  void operator()(const input::SignalSpec& spec) const {
    add(spec.steps);
    add(spec.channels);
    for (const auto* numbers : {&spec.mean, &spec.scale}) {
      add(static_cast<std::uint64_t>(numbers->size()));
      for (const float number : *numbers) add(number);
    }
  }
  void operator()(const input::TextSpec& spec) const { add(spec.max_bytes); }
  void operator()(const input::TensorSpec& spec) const {
    add(static_cast<int>(spec.type));
    for (const std::int64_t dim : spec.shape.dims()) add(dim);
  }
};

std::string key_of(const std::string& part, const input::InputSpec& input) {
  std::string key = join_text({part, " ", input.index()});
  std::visit(SpecKey{key}, input);
  return key;
}

}  // namespace

Result<std::shared_ptr<SharedNetwork>> QuestionMaker::network(const std::string& part, const input::InputSpec& input) {
  const std::string key = key_of(part, input);
  for (const auto& [made, network] : networks_) {
    if (made == key) return network;
  }
  const auto bytes = std::find_if(parts_.begin(), parts_.end(), [&](const PartBytes& one) { return one.name == part; });
  if (bytes == parts_.end()) {
    return fail(ErrorCode::kBundlePartMissing, {"the part '", part, "' of '", manifest_.name, "' was not given"});
  }
  auto loaded = run::Network::load(bytes->bytes, input, loading_);
  if (!loaded) return fail(loaded.error().code, {"part '", part, "': ", loaded.error().message});
  networks_.emplace_back(key, std::make_shared<SharedNetwork>(std::move(*loaded)));
  return networks_.back().second;
}

Result<std::vector<std::unique_ptr<Question>>> make_questions(const Manifest& manifest,
                                                              std::span<const PartBytes> parts,
                                                              const run::Loading& loading) {
  QuestionMaker maker(manifest, parts, loading);
  std::vector<std::unique_ptr<Question>> questions;
  for (const AskedQuestion& asked : manifest.questions) {
    auto question = asked.row->make(*asked.spec, maker);
    if (!question) return fail(question.error());
    questions.push_back(std::move(*question));
  }
  return questions;
}

std::vector<std::string> question_parts(const Manifest& manifest) {
  std::vector<std::string> parts;
  for (const AskedQuestion& asked : manifest.questions) {
    std::string part(asked.row->part(*asked.spec));
    if (std::find(parts.begin(), parts.end(), part) == parts.end()) parts.push_back(std::move(part));
  }
  return parts;
}

}  // namespace sluice::pipeline
