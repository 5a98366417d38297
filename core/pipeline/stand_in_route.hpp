// A variant of the model on this device beside the server's answer (ClientOptions::duplicate, MDInference's duplicate): a smaller one, which
// may say otherwise than the model. So its answer is kept, and answers only where the server's has not come by the deadline, or comes to
// nothing; Answer::stopgap tells that no accuracy target stands behind it. One input at a time. The driver runs the part. See route.hpp.
#pragma once

#include <string>
#include <string_view>

#include "core/pipeline/client_options.hpp"
#include "core/pipeline/manifest.hpp"
#include "core/pipeline/route.hpp"

namespace sluice::pipeline {

class StandInRoute final : public Route {
 public:
  // `variant`: its name, for reasons and Answer::variant.
  StandInRoute(RouteHost& host, std::string_view variant, std::string part);

  std::string_view name() const override { return "stand-in"; }
  bool runs_beside() const override { return true; }
  bool available(Instant) const override { return true; }
  bool has_room(Instant) const override { return running_ == 0; }
  std::optional<Duration> estimate(const input::InputExtent&, Instant) const override { return last_took_; }
  void begin(Attempt& attempt, Instant now) override;
  void resume(Attempt& attempt, Product product, Duration took, Instant now) override;
  void release(Attempt& attempt) override;

 private:
  RouteHost& host_;
  const std::string variant_;
  const std::string why_;
  const std::string part_;
  AttemptId running_ = 0;
  std::optional<Duration> last_took_;
};

// The variant that stands in with these options; nullptr: none, or the bundle has none of the name.
const ModelVariant* stand_in_of(const Manifest& manifest, const ClientOptions& options);

}  // namespace sluice::pipeline
