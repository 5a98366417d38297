// From a manifest's sections to questions. See question_row.hpp and manifest.hpp.
#include <algorithm>

#include "core/pipeline/manifest.hpp"

namespace sluice::pipeline {

Result<std::shared_ptr<SharedNetwork>> QuestionMaker::network(const std::string& part, const input::InputSpec& input) {
  for (const auto& [name, network] : networks_) {
    if (name == part) return network;
  }
  const auto bytes = std::find_if(parts_.begin(), parts_.end(), [&](const PartBytes& one) { return one.name == part; });
  if (bytes == parts_.end()) {
    return fail(ErrorCode::kBundlePartMissing, {"the part '", part, "' of '", manifest_.name, "' was not given"});
  }
  auto loaded = run::Network::load(bytes->bytes, input, loading_);
  if (!loaded) return fail(loaded.error().code, {"part '", part, "': ", loaded.error().message});
  networks_.emplace_back(part, std::make_shared<SharedNetwork>(std::move(*loaded)));
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
