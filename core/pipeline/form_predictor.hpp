// Predicts what each form of an input would take (PieSlicer, ICPE'21, and its natural extension to all forms that a bundle offers), and
// learns from what they took. Each form is work here, a transfer and work at the server: adapt::StageModel for both ends' work in pixels and
// bytes, adapt::LinkEstimate for a message on a free link, the client's flow control for the wait until it is (flow.hpp), adapt::ShrunkSize
// for what shrinking will leave. The models begin with rough figures, for the model here with the manifest's profile, and are corrected by
// every answer.
//
// A picture is shrunk to the size that the model takes it in, not below, by the same resampling that its preprocessing would do at the
// server, and encoded with the best quality of the bundle's bounds; quality and size go below that within the bounds (flow.hpp), for a link too
// thin for the form otherwise.
//
// Of those who choose by it (form_placer.hpp, answer_chooser.hpp) a part. Allocates nothing for an input. A prediction is never negative; what
// a server says it took counts at most for the time that the request was away. One thread at a time.
#pragma once

#include <algorithm>
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

// Of what may be no time: within bounds.
inline Duration duration_of_ms(double ms) {
  return Duration(static_cast<Duration::rep>(std::clamp(ms, 0.0, 1e9) * 1e3));
}

// One way that an input may take.
struct FormWay {
  Route* route = nullptr;
  FormSetting setting;
  double bytes = 0;
  double pixels = 0;  // of the payload
  bool is_tried = true;
  Duration wait{0};  // for room
};

struct FormWays {
  std::array<FormWay, kForms> list;
  std::size_t count = 0;
  void add(const FormWay& way) {
    if (count < list.size()) list[count++] = way;
  }
  std::span<const FormWay> all() const& { return std::span(list).first(count); }
  std::span<const FormWay> all() const&& = delete;  // it would outlive what it is of
};

class FormPredictor {
 public:
  // `stand_in`: ClientOptions' variant that runs beside requests; empty: the model itself does. The manifest is read here only.
  explicit FormPredictor(const Manifest& manifest, std::string_view stand_in = {});

  // The forms that these routes offer; the model here only where it is known how long it takes, or `untried_here`.
  FormWays ways(const PlacedInput& input, std::span<Route* const> routes, const RemoteRoute* remote, Instant now,
                bool untried_here = false) const;
  adapt::RouteStages stages_of(const PlacedInput& input, const FormWay& way, const RemoteRoute* remote,
                               Instant now) const;
  // The model on this device, or what stands in for it.
  const adapt::StageModel& beside() const { return has_stand_in_ ? stand_in_ : device_[kHereAt]; }
  adapt::TimeEstimate here() const { return device_[kHereAt].predict({}); }
  // Of what takes so long at the server, queue aside.
  double server_work_ms(Form form) const;
  bool knows_server_work(Form form) const;
  // What the work here for a form takes, in milliseconds.
  double device_ms(Form form, const PlacedInput& input) const;

  // As Placer's.
  void made(const PlacedInput& input, const FormSetting& setting, std::size_t bytes, Duration took);
  void answered(const PlacedInput& input, const FormSetting& setting, const PlacementRecord* record, const Cost& cost,
                Instant now);
  void beside_ran(Duration took);
  void ran_here(Form form, Duration took);

 private:
  static constexpr std::size_t kHereAt = static_cast<std::size_t>(Form::kHere);

  void add_pictures(const PlacedInput& input, Route& route, const RemoteRoute& remote, Instant now,
                    FormWays& ways) const;
  void add_other(Route& route, const RemoteRoute* remote, Instant now, bool untried_here, FormWays& ways) const;
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
  std::array<double, kForms> server_work_ms_{};  // as server_work_ms(), by the first form of its kind; 0: none was seen
  std::array<adapt::ResidualQuantile, 2> over_;  // actual over predicted time: remote forms, here
};

}  // namespace sluice::pipeline
