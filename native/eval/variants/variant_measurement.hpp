// Variants beside their model on the same pictures: how often their results agree, by the bundle's rule, what a run takes, and what memory.
// All take turns at every picture, in another order each time, so that what else the machine does is shared; times are the thread's own, of
// the network's run alone, by our engine on one thread. Owns the programs; one thread at a time.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "core/output/agreement.hpp"
#include "core/run/program.hpp"
#include "native/bundle/bundle_folder.hpp"
#include "native/eval/variants/agreement_bound.hpp"
#include "native/eval/variants/variant_data.hpp"

namespace sluice::eval {

// As a server calls our engine where it runs on one thread, and profiles in manifests with it.
inline constexpr const char* kMeasuredDevice = "xnnpack-1-thread";

struct FormMeasurement {
  std::vector<BlockAgreement> blocks;  // with the model; of the model itself empty
  double ms = 0;                       // of a run, median of the pictures
};

using VariantProgress = std::function<void(std::size_t done, std::size_t of)>;

class VariantTrial {
 public:
  // The model, and then the variants that are named, by their parts. The errors of pipeline::load_full_model() and check_tensors(), naming
  // the variant; kInvalidArgument where the bundle is not about pictures.
  static Result<VariantTrial> create(const bundle::Bundle& bundle);

  // The model first, then the manifest's variants. kNotFound where the stream has no picture.
  Result<std::vector<FormMeasurement>> measure(const PictureStream& stream, const VariantProgress& progress);

  // Weights and activations, after a run; in the order of measure().
  const std::vector<std::uint64_t>& memory_bytes() const { return memory_bytes_; }

 private:
  struct Form {
    std::string name;  // for errors
    run::Program program;
    std::vector<double> times;  // of the stream at hand
    std::vector<output::OutputTensor> outputs;
  };

  explicit VariantTrial(output::Agreement agreement) : agreement_(agreement) {}
  Result<void> add(const bundle::Bundle& bundle, const std::string& name, const std::string& part);
  Result<void> run(const input::ImageView& picture, std::size_t number);

  output::Agreement agreement_;
  std::vector<Form> forms_;
  std::vector<std::uint64_t> memory_bytes_;
};

}  // namespace sluice::eval
