#include "core/pipeline/placing_check.hpp"

#include <string>

#include "core/pipeline/stand_in_route.hpp"

namespace sluice::pipeline {

Result<void> check_placing(const Manifest& manifest, const ClientOptions& options) {
  const bool remote = options.place != ModelPlace::kLocal;
  const bool asked = options.place_forms || options.duplicate || !options.stand_in.empty();
  if (asked && !remote) {
    return fail(ErrorCode::kInvalidArgument, "inputs are placed between this device and a server; place is local");
  }
  if (!options.place_forms && (options.duplicate || !options.stand_in.empty())) {
    return fail(ErrorCode::kInvalidArgument, "duplicate and stand_in are of inputs that are placed: set place_forms");
  }
  if (!options.stand_in.empty() && !options.duplicate) {
    return fail(ErrorCode::kInvalidArgument, {"'", options.stand_in, "' stands in as a duplicate only: set duplicate"});
  }
  if (options.duplicate && options.stand_in.empty() && options.place == ModelPlace::kRemote) {
    return fail(ErrorCode::kInvalidArgument,
                "a duplicate needs a model here: place remote-else-local, or a variant that stands in");
  }
  if (options.stand_in.empty() || stand_in_of(manifest, options) != nullptr) return {};
  std::string names;
  for (const ModelVariant& variant : manifest.variants) names += (names.empty() ? "" : ", ") + variant.name;
  return fail(ErrorCode::kInvalidArgument, {"the bundle '", manifest.name, "' has no variant '", options.stand_in,
                                            "'; it has ", names.empty() ? std::string("none") : names});
}

}  // namespace sluice::pipeline
