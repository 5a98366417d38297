// Predicts the forms of an input (form_predictor.hpp) and takes the quickest; adapt::place() compares. All forms give the same answer as far as
// the bundle allows. A form that was never tried is tried once, while it is not expected to take kWorthTrying times as long as the best, so
// that none is judged by rough figures for good; the model on this device is tried as a duplicate only, since nobody knows how long it would
// take. Allocates nothing for an input. See placer.hpp.
#pragma once

#include "core/pipeline/form_predictor.hpp"
#include "core/pipeline/placer.hpp"

namespace sluice::pipeline {

class FormPlacer final : public Placer {
 public:
  static constexpr double kWorthTrying = 3;

  // As FormPredictor's.
  explicit FormPlacer(const Manifest& manifest, std::string_view stand_in = {}) : predictor_(manifest, stand_in) {}

  std::optional<PlacementChoice> place(const PlacedInput& input, std::span<Route* const> routes,
                                       const RemoteRoute* remote, Instant now, PlacementRecord& record) override;
  void made(const PlacedInput& input, const FormSetting& setting, std::size_t bytes, Duration took) override {
    predictor_.made(input, setting, bytes, took);
  }
  void answered(const PlacedInput& input, const FormSetting& setting, const PlacementRecord* record, const Cost& cost,
                Instant now) override {
    predictor_.answered(input, setting, record, cost, now);
  }
  void duplicate_ran(Duration took) override { predictor_.beside_ran(took); }
  Instant duplicate_at(const PlacementRecord* record, Instant begun, Instant deadline, Instant now) const override;

 private:
  std::size_t choose(const FormWays& ways, const adapt::Placement& placement) const;

  FormPredictor predictor_;
};

}  // namespace sluice::pipeline
