// One version of a bundle while it is served, whether its models are in memory or not: its name and version, what it takes and gives, its
// metrics, and its forms, which are the model and the variants that may answer in its place, each with a place in the memory. A session's
// lease holds this and pins no weights. Constant once made, but for what is said to be the dispatcher's or the I/O thread's; the last one
// to let go frees it, which is how a version that another has replaced goes away. Safe from any thread.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/adapt/selection/latency_statistics.hpp"
#include "core/base/result.hpp"
#include "core/pipeline/session.hpp"
#include "core/tensor/shape.hpp"
#include "server/engine/engine.hpp"
#include "server/metrics/metrics.hpp"
#include "server/models/bundle_folder.hpp"
#include "server/models/model_memory.hpp"
#include "server/models/model_signature.hpp"
#include "server/models/resident_model.hpp"
#include "server/models/shared_answers.hpp"

namespace sluice::server {

struct ModelForm {
  std::string variant;  // empty: the model itself
  float agreement = 1;  // with it
  std::unique_ptr<ModelPlace> place;
  adapt::LatencyStatistics times;  // of its runs; the dispatcher's, under its lock
};

// What runs payloads of one kind: the whole model, its remote half, or the stages behind its cut.
struct ServedRunner {
  pipeline::BatchSpec batching;
  Shape tensor_shape;  // of an input that the manifest describes
};

class ServedModel final : public pipeline::ServedBundle {
 public:
  // All parts of `bundle` have to be there, or none where its model is elsewhere: then there is nothing to run, its requests are for
  // another server, and what only the model or another part could tell is not offered (tensors, shared answers). Without a memory budget its models are loaded here; with one nothing is, and the engine may find
  // it unusable later. Errors name the bundle.
  static Result<std::shared_ptr<const ServedModel>> make(BundleFolder bundle, Engine& engine, ModelMemory& memory,
                                                         Metrics& metrics, const ModelOptions& options);

  const BundleFolder& bundle() const { return bundle_; }  // with a budget, without its parts
  const pipeline::Manifest& manifest() const { return bundle_.manifest; }
  const ModelSignature& signature() const { return signature_; }
  const ModelMetrics& metrics() const { return *metrics_; }

  const ServedRunner& runner(wire::Encoding encoding) const;
  std::span<ModelForm> forms() const { return forms_; }  // the model, then its variants as far as they may be chosen
  ModelPlace& place() const { return *forms_.front().place; }
  // For the I/O thread alone: nullptr where clients' answers stay theirs.
  SharedAnswers* shared() const { return shared_.get(); }

 private:
  ServedModel() = default;
  Result<void> make_elsewhere(ModelMemory& memory, const ModelOptions& options);
  Result<void> describe_runners(const ModelOptions& options);
  Result<void> add_forms(Engine& engine, ModelMemory& memory, const ModelOptions& options);
  Result<void> add_form(const pipeline::ModelVariant* variant, Engine& engine, ModelMemory& memory,
                        const ModelOptions& options);
  Result<ModelSignature> signature_of(const ModelForm& form, std::string_view part) const;

  BundleFolder bundle_;
  ModelSignature signature_;
  std::shared_ptr<const ModelMetrics> metrics_;
  ServedRunner whole_;
  std::optional<ServedRunner> remote_half_;
  std::optional<ServedRunner> behind_cut_;
  std::unique_ptr<SharedAnswers> shared_;
  mutable std::vector<ModelForm> forms_;
};
using ServedLease = std::shared_ptr<const ServedModel>;

}  // namespace sluice::server
