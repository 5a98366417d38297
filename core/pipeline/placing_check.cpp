#include "core/pipeline/placing_check.hpp"

#include <cmath>
#include <string>

#include "core/pipeline/reason.hpp"
#include "core/pipeline/stand_in_route.hpp"

namespace sluice::pipeline {

namespace {

Result<void> check_choosing(const ClientOptions& options) {
  const auto is_amount = [](double value) { return std::isfinite(value) && value >= 0; };
  if (!is_amount(options.weights.per_device_cost) || !is_amount(options.weights.per_kilobyte) ||
      !is_amount(options.weights.per_server_ms)) {
    return fail(ErrorCode::kInvalidArgument,
                {"weights of ", options.weights.per_device_cost, " a millisecond here, ", options.weights.per_kilobyte,
                 " a kilobyte and ", options.weights.per_server_ms,
                 " a millisecond of the server: all are finite and not negative"});
  }
  if (!(options.kept_in_time >= 0 && options.kept_in_time <= 1)) {
    return fail(ErrorCode::kInvalidArgument, {"kept_in_time is ", decimal(options.kept_in_time),
                                              "; it is the share of inputs that are to be answered in time, 0 to 1"});
  }
  if (options.choose &&
      (options.duplicate || !options.stand_in.empty() || options.exits_mean_cost > 0 || options.stale_answer_ms > 0)) {
    return fail(ErrorCode::kInvalidArgument,
                "where answers are chosen by their cost, duplicate, stand_in, exits_mean_cost and stale_answer_ms are "
                "left out: the choice has its own measure for each");
  }
  return {};
}

}  // namespace

Result<void> check_placing(const Manifest& manifest, const ClientOptions& options) {
  if (auto choosing = check_choosing(options); !choosing) return choosing;
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
