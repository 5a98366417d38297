// Predicts the forms of an input and takes the quickest (PieSlicer, ICPE'21, and its natural extension to all forms that a bundle offers).
// Each form is work here, a transfer and work at the server: adapt::StageModel for both ends' work in pixels and bytes, adapt::LinkEstimate
// for a message on a free link, the client's flow control for the wait until it is (flow.hpp), adapt::ShrunkSize for what shrinking will leave; adapt::place() compares. The models begin with rough
// figures, for the model here with the manifest's profile, and are corrected by every answer.
//
// All forms give the same answer as far as the bundle allows. A picture is shrunk to the size that the model takes it in, not below, by the
// same resampling that its preprocessing would do at the server, and encoded with the best quality of the bundle's bounds; quality and size go
// below that within the bounds (flow.hpp), for a link too thin for the form otherwise. A form that was never tried is tried once, while it is
// not expected to take kWorthTrying times as long as the best, so that none is judged by rough figures for good; the model on this device is
// tried as a duplicate only, since nobody knows how long it would take.
//
// Allocates nothing for an input. A prediction is never negative; what a server says it took counts at most for the time that the request was
// away. See placer.hpp.
#pragma once

#include <array>

#include "core/adapt/estimate/link_estimate.hpp"
#include "core/adapt/estimate/residual_quantile.hpp"
#include "core/adapt/estimate/stage_model.hpp"
#include "core/adapt/placement/placement.hpp"
#include "core/adapt/placement/shrunk_size.hpp"
#include "core/pipeline/flow.hpp"
#include "core/pipeline/manifest.hpp"
#include "core/pipeline/placer.hpp"

namespace sluice::pipeline {

class FormPlacer final : public Placer {
 public:
  static constexpr double kWorthTrying = 3;

  // `stand_in`: ClientOptions' variant that runs beside requests; empty: the model itself does. The manifest is read here only.
  explicit FormPlacer(const Manifest& manifest, std::string_view stand_in = {});

  std::optional<PlacementChoice> place(const PlacedInput& input, std::span<Route* const> routes,
                                       const RemoteRoute* remote, Instant now, PlacementRecord& record) override;
  void made(const PlacedInput& input, const FormSetting& setting, std::size_t bytes, Duration took) override;
  void answered(const PlacedInput& input, const FormSetting& setting, const PlacementRecord* record, const Cost& cost,
                Instant now) override;
  void duplicate_ran(Duration took) override;
  Instant duplicate_at(const PlacementRecord* record, Instant begun, Instant deadline, Instant now) const override;

 private:
  // One way that an input may take.
  struct Way {
    Route* route = nullptr;
    FormSetting setting;
    double bytes = 0;
    double pixels = 0;  // of the payload
    bool is_tried = true;
    Duration wait{0};  // for room
  };
  struct Ways {
    std::array<Way, kForms> list;
    std::size_t count = 0;
    void add(const Way& way) {
      if (count < list.size()) list[count++] = way;
    }
  };

  void add_pictures(const PlacedInput& input, Route& route, const RemoteRoute& remote, Instant now, Ways& ways) const;
  void add_other(Route& route, const RemoteRoute* remote, Instant now, Ways& ways) const;
  adapt::RouteStages stages_of(const PlacedInput& input, const Way& way, const RemoteRoute* remote, Instant now) const;
  std::size_t choose(const Ways& ways, const adapt::Placement& placement) const;
  double unit_bytes_of(const PlacedInput& input) const;
  double shrunk_bytes_of(const PlacedInput& input, float scale, const PayloadSetting& setting) const;
  float scale_of(const PlacedInput& input) const;

  std::optional<input::ImageSpec> picture_;  // what the model takes, where it takes pictures
  std::uint32_t best_quality_;
  std::array<adapt::StageModel, kForms> device_;
  std::array<adapt::StageModel, kForms> rest_;  // at the server, behind decoding; of all pictures the first
  adapt::StageModel decode_;
  std::optional<adapt::LinkEstimate> link_;  // once an answer has told of it
  adapt::StageModel stand_in_;
  bool has_stand_in_;
  adapt::ShrunkSize shrunk_size_;
  double unit_bytes_per_pixel_;                  // of a picture at a relative size of 1
  double file_ratio_ = 1;                        // of what an own form's bytes say of that, to what came out
  std::array<double, kForms> form_bytes_{};      // of forms other than pictures; 0: none was seen
  std::array<adapt::ResidualQuantile, 2> over_;  // actual over predicted time: remote forms, here
};

}  // namespace sluice::pipeline
