// The full model on this device, one input at a time. See route.hpp.
#pragma once

#include <string>

#include "core/pipeline/route.hpp"

namespace sluice::pipeline {

class LocalRoute final : public Route {
 public:
  LocalRoute(RouteHost& host, std::string part) : host_(host), part_(std::move(part)) {}

  std::string_view name() const override { return "local"; }
  bool runs_full_model() const override { return true; }
  bool available(Instant) const override { return true; }
  bool has_room(Instant) const override { return running_ == 0; }
  std::optional<Duration> estimate(const input::InputExtent& extent, Instant now) const override;
  void begin(Attempt& attempt, Instant now) override;
  void resume(Attempt& attempt, Product product, Duration took, Instant now) override;
  void release(Attempt& attempt) override;

 private:
  RouteHost& host_;
  std::string part_;
  std::uint32_t running_ = 0;
  std::optional<Duration> last_took_;
};

}  // namespace sluice::pipeline
