#include "core/pipeline/form_predictor.hpp"

#include <algorithm>
#include <cmath>

#include "core/pipeline/remote_route.hpp"

namespace sluice::pipeline {
namespace {

using adapt::StageModel;

// To begin with, of a machine of these years; the first answers take over.
constexpr double kEncodeMsPerMegapixel = 12;
constexpr double kShrinkMsPerMegapixel = 15;
constexpr double kDecodeMsPerMb = 10;
constexpr double kDecodeMsPerMegapixel = 8;
constexpr double kDecodeMs = 0.5;
constexpr double kAtServerMs = 20;
constexpr double kOtherFormMs = 10;
constexpr double kOtherFormBytes = 2'000;
constexpr double kFirstBytesPerMs = 1'000;
constexpr double kBytesPerPixel = 0.3;  // of a photo at the best quality
constexpr double kUsualQuantiser = 0.25;
constexpr double kMostFileBytes = 1e9;
// An encoded picture has no more than its pixels, and a head: where whole ones go uncoded, what they come to says nothing of small ones.
constexpr double kMostBytesPerPixel = 3;
constexpr double kHeadBytes = 1'000;
// Queues and models at the server change faster than what decoding costs.
constexpr double kRestForgetting = 0.9;

constexpr double kLeastWorkMs = 0.001;
constexpr double kSmallerBy = 0.95;  // a side that shrinks by less is not worth doing

StageModel model_of(double constant_ms, std::optional<double> per_megapixel_ms = std::nullopt,
                    std::optional<double> per_mb_ms = std::nullopt, double forgetting = 0.98, bool warm = false) {
  adapt::StageOptions options;
  options.by_bytes = per_mb_ms.has_value();
  options.by_pixels = per_megapixel_ms.has_value();
  options.initial = {constant_ms, per_mb_ms.value_or(0), per_megapixel_ms.value_or(0)};
  options.forgetting = forgetting;
  options.warm = warm;
  return *StageModel::create(options);  // options of ours are within its bounds
}

// Of a model on this device, where the manifest says how long a variant of that part took.
StageModel here_model(const Manifest& manifest, std::string_view part) {
  for (const ModelVariant& variant : manifest.variants) {
    if (variant.part != part || variant.profile.empty()) continue;
    return model_of(static_cast<double>(variant.profile[0].ms), std::nullopt, std::nullopt, kRestForgetting, true);
  }
  return model_of(kAtServerMs, std::nullopt, std::nullopt, kRestForgetting);
}

std::string_view part_of(const Manifest& manifest, std::string_view variant) {
  for (const ModelVariant& one : manifest.variants) {
    if (one.name == variant) return one.part;
  }
  return manifest.model.part;
}

double quantiser_of(std::uint32_t quality) {
  const double size = FlowControl::relative_size({quality, 1});
  return 0.01 / (size * size);
}

// What an application or a log says of a file is taken into bounds in which there is something to compute.
double own_bytes(const OwnForm& own) { return std::min(static_cast<double>(own.bytes), kMostFileBytes); }
double own_quantiser(const OwnForm& own) {
  const bool known = own.quantiser > 0 && std::isfinite(own.quantiser);
  return known ? std::clamp(static_cast<double>(own.quantiser), 0.01, 100.0) : kUsualQuantiser;
}

bool is_picture(Form form) { return form == Form::kWhole || form == Form::kFile || form == Form::kShrunk; }
std::size_t at(Form form) { return static_cast<std::size_t>(form); }

double pixels_of(const input::InputExtent& extent) {
  return extent.modality == input::Modality::kImage ? static_cast<double>(extent.sizes[0]) * extent.sizes[1] : 0;
}

// What only some observations are: a model refuses times that are none, and is as good without them.
void learn(StageModel& model, const adapt::Workload& work, Duration took) {
  if (took > Duration::zero()) static_cast<void>(model.observe(work, milliseconds_in(took)));
}

void smooth(double& value, double sample) {
  value = value == 0 ? sample : value + (sample - value) / (sample > value ? 2 : 4);
}

}  // namespace

FormPredictor::FormPredictor(const Manifest& manifest, std::string_view stand_in)
    : best_quality_(manifest.model.payload.max_jpeg_quality),
      device_{model_of(1, kEncodeMsPerMegapixel),
              model_of(0),
              model_of(1, kShrinkMsPerMegapixel),
              model_of(kOtherFormMs),
              model_of(kOtherFormMs),
              here_model(manifest, manifest.model.part)},
      rest_{model_of(kAtServerMs, {}, {}, kRestForgetting), model_of(kAtServerMs, {}, {}, kRestForgetting),
            model_of(kAtServerMs, {}, {}, kRestForgetting), model_of(kAtServerMs, {}, {}, kRestForgetting),
            model_of(kAtServerMs, {}, {}, kRestForgetting), model_of(0)},
      decode_(model_of(kDecodeMs, kDecodeMsPerMegapixel, kDecodeMsPerMb)),
      stand_in_(here_model(manifest, part_of(manifest, stand_in))),
      has_stand_in_(!stand_in.empty()),
      shrunk_size_(quantiser_of(best_quality_)),
      unit_bytes_per_pixel_(kBytesPerPixel / FlowControl::relative_size({best_quality_, 1})) {
  if (const auto* picture = std::get_if<input::ImageSpec>(&manifest.model.input)) picture_ = *picture;
}

// By how much both sides may shrink until one of them has only as many pixels as the model's input takes of it.
float FormPredictor::scale_of(const PlacedInput& input) const {
  const auto& [width, height, unused] = input.extent.sizes;
  if (!picture_ || width == 0 || height == 0) return 1;
  const double x = static_cast<double>(picture_->width) / width;
  const double y = static_cast<double>(picture_->height) / height;
  const double taken = picture_->fit == input::Fit::kLetterbox ? std::min(x, y) : std::max(x, y);
  return taken < kSmallerBy ? static_cast<float>(taken) : 1;
}

double FormPredictor::unit_bytes_of(const PlacedInput& input) const {
  if (input.own.bytes == 0) return pixels_of(input.extent) * unit_bytes_per_pixel_;
  return own_bytes(input.own) * std::sqrt(100 * own_quantiser(input.own)) * file_ratio_;
}

double FormPredictor::shrunk_bytes_of(const PlacedInput& input, float scale, const PayloadSetting& setting) const {
  const double best = FlowControl::relative_size({best_quality_, 1});
  const double side = static_cast<double>(scale);
  adapt::ShrinkingFacts facts;
  facts.pixels = pixels_of(input.extent);
  facts.shrunk_pixels = facts.pixels * side * side;
  facts.bytes = unit_bytes_of(input) * best;
  facts.quantiser = quantiser_of(best_quality_);
  if (input.own.bytes != 0) {
    facts.bytes = own_bytes(input.own);
    facts.quantiser = own_quantiser(input.own);
  }
  const double bytes = std::min(shrunk_size_.predict(facts), facts.shrunk_pixels * kMostBytesPerPixel + kHeadBytes);
  return bytes * FlowControl::relative_size(setting) / best;
}

void FormPredictor::add_pictures(const PlacedInput& input, Route& route, const RemoteRoute& remote, Instant now,
                                 FormWays& ways) const {
  FormWay way;
  way.route = &route;
  way.wait = std::max(remote.room_at(now) == kNever ? Duration::zero() : remote.room_at(now) - now, Duration::zero());
  if (way.wait == Duration::zero() && !remote.has_room(now)) {
    way.wait = duration_of_ms(rest_[at(Form::kWhole)].predict({}).mean_ms / std::max(remote.under_way(), 1U));
  }
  if (!picture_ || input.extent.modality != input::Modality::kImage) {
    way.bytes = form_bytes_[at(Form::kWhole)];
    return ways.add(way);
  }
  const auto tried = [&](Form form) { return device_[at(form)].observations() > 0; };
  const double pixels = pixels_of(input.extent);
  const double unit = unit_bytes_of(input);
  const PayloadSetting whole = remote.setting_for(unit);
  way.setting = {Form::kWhole, whole.jpeg_quality, whole.scale};
  way.bytes = unit * FlowControl::relative_size(whole);
  way.pixels = pixels * static_cast<double>(whole.scale) * static_cast<double>(whole.scale);
  way.is_tried = tried(Form::kWhole);
  if (way.bytes <= static_cast<double>(remote.most_payload_bytes())) ways.add(way);
  if (input.own.bytes != 0 && remote.takes(input.own.encoding) && input.own.bytes <= remote.most_payload_bytes()) {
    way.setting = {Form::kFile, best_quality_, 1};
    way.bytes = own_bytes(input.own);
    way.pixels = pixels;
    way.is_tried = true;
    ways.add(way);
  }
  const float scale = scale_of(input);
  if (scale == 1 || !remote.takes(wire::Encoding::kJpeg) || remote.wants_lossless()) return;
  const double unit_shrunk =
      shrunk_bytes_of(input, scale, {best_quality_, 1}) / FlowControl::relative_size({best_quality_, 1});
  const PayloadSetting shrunk = remote.setting_for(unit_shrunk);
  way.setting = {Form::kShrunk, shrunk.jpeg_quality, scale * shrunk.scale};
  way.bytes = unit_shrunk * FlowControl::relative_size(shrunk);
  way.pixels = pixels * static_cast<double>(way.setting.scale) * static_cast<double>(way.setting.scale);
  way.is_tried = tried(Form::kShrunk);
  ways.add(way);
}

void FormPredictor::add_other(Route& route, const RemoteRoute* remote, Instant now, bool untried_here,
                              FormWays& ways) const {
  FormWay way;
  way.route = &route;
  way.setting.form = route.form();
  const StageModel& device = device_[at(route.form())];
  if (!route.has_room(now)) way.wait = duration_of_ms(device.predict({}).mean_ms);
  if (route.form() == Form::kHere) {
    way.is_tried = device.known();
    if (way.is_tried || untried_here) ways.add(way);
    return;
  }
  if (remote == nullptr) return;
  way.is_tried = device.observations() > 0;
  way.bytes = way.is_tried ? form_bytes_[at(route.form())] : kOtherFormBytes;
  ways.add(way);
}

adapt::RouteStages FormPredictor::stages_of(const PlacedInput& input, const FormWay& way, const RemoteRoute* remote,
                                            Instant now) const {
  const Form form = way.setting.form;
  adapt::RouteStages stages;
  stages.bytes = static_cast<std::uint64_t>(std::clamp(way.bytes, 0.0, 1e12));
  const double here_ms = milliseconds_in(way.wait) + device_[at(form)].predict({0, pixels_of(input.extent)}).mean_ms;
  stages.device = {here_ms, here_ms};
  double whole_ms = here_ms;
  if (form != Form::kHere) {
    const double rest_ms = rest_[at(is_picture(form) ? Form::kWhole : form)].predict({}).mean_ms;
    const double decode_ms = is_picture(form) ? decode_.predict({way.bytes, way.pixels}).mean_ms : 0;
    const Instant handed = now + duration_of_ms(here_ms);
    const double carried_ms = link_ ? link_->predict(static_cast<std::size_t>(stages.bytes)).mean_ms
                                    : milliseconds_in(remote->known_round_trip()) + way.bytes / kFirstBytesPerMs;
    const double transfer_ms = milliseconds_in(remote->waits_for_link(handed, now)) + carried_ms;
    stages.server = {rest_ms + decode_ms, rest_ms + decode_ms};
    stages.transfer = {transfer_ms, transfer_ms};
    whole_ms += rest_ms + decode_ms + transfer_ms;
  }
  // What the whole took beyond what was expected is put to one stage, so that it counts once.
  const auto& over = over_[form == Form::kHere ? 1 : 0];
  stages.transfer.p95_ms += whole_ms * std::max(over.at(adapt::kHighQuantile, 1) - 1, 0.0);
  // What flow control would not send, since requests that were given up have shown the link to be thinner, is not in time either.
  if (form != Form::kHere && !remote->carries(static_cast<std::size_t>(stages.bytes), input.deadline, now)) {
    stages.transfer.p95_ms = std::max(stages.transfer.p95_ms, milliseconds_in(input.deadline - now) + 1);
  }
  return stages;
}

FormWays FormPredictor::ways(const PlacedInput& input, std::span<Route* const> routes, const RemoteRoute* remote,
                             Instant now, bool untried_here) const {
  FormWays ways;
  for (Route* route : routes) {
    if (route == remote) {
      add_pictures(input, *route, *remote, now, ways);
    } else {
      add_other(*route, remote, now, untried_here, ways);
    }
  }
  return ways;
}

bool FormPredictor::knows_server_work(Form form) const {
  return server_work_ms_[at(is_picture(form) ? Form::kWhole : form)] > 0;
}

double FormPredictor::server_work_ms(Form form) const {
  const double known = server_work_ms_[at(is_picture(form) ? Form::kWhole : form)];
  return known > 0 ? known : kAtServerMs;
}

double FormPredictor::device_ms(Form form, const PlacedInput& input) const {
  return device_[at(form)].predict({0, pixels_of(input.extent)}).mean_ms;
}

void FormPredictor::made(const PlacedInput& input, const FormSetting& setting, std::size_t bytes, Duration took) {
  const auto size = static_cast<double>(bytes);
  const double pixels = pixels_of(input.extent);
  if (pixels == 0 || !picture_) return smooth(form_bytes_[at(Form::kWhole)], size);
  if (setting.form != Form::kFile) learn(device_[at(setting.form)], {size, pixels}, std::max(took, Duration{1}));
  if (setting.form == Form::kWhole) {
    const double unit = size / FlowControl::relative_size({setting.jpeg_quality, setting.scale});
    if (input.own.bytes != 0) smooth(file_ratio_, unit / (unit_bytes_of(input) / file_ratio_));
    smooth(unit_bytes_per_pixel_, unit / pixels);
  } else if (setting.form == Form::kShrunk) {
    const double side = static_cast<double>(setting.scale);
    adapt::ShrinkingFacts facts;
    facts.pixels = pixels;
    facts.shrunk_pixels = pixels * side * side;
    const double best = FlowControl::relative_size({best_quality_, 1});
    const bool own = input.own.bytes != 0;
    facts.bytes = own ? own_bytes(input.own) : unit_bytes_of(input) * best;
    facts.quantiser = own ? own_quantiser(input.own) : quantiser_of(best_quality_);
    // Facts that are none teach nothing.
    static_cast<void>(shrunk_size_.observe(facts, size * best / FlowControl::relative_size({setting.jpeg_quality, 1})));
  }
}

void FormPredictor::answered(const PlacedInput& input, const FormSetting& setting, const PlacementRecord* record,
                             const Cost& cost, Instant now) {
  const bool only_beside = record != nullptr && record->count == 0;
  if (only_beside) record = nullptr;
  const bool remote = only_beside || cost.bytes_up != 0;
  const Form form = record != nullptr ? record->chosen().form : remote ? Form::kWhole : Form::kHere;
  const bool beside = is_picture(form);
  if (form == Form::kHere || (beside && !has_stand_in_)) learn(device_[at(Form::kHere)], {}, cost.local_compute);
  if (beside && has_stand_in_) learn(stand_in_, {}, cost.local_compute);
  if (record == nullptr) return;
  const double predicted_ms = record->chosen().predicted.mean_ms;
  // Not above 0 after a clock that jumped back.
  if (predicted_ms > 0 && record->actual_ms > 0)
    over_[form == Form::kHere ? 1 : 0].add(static_cast<double>(record->actual_ms) / predicted_ms);
  if (form == Form::kHere || cost.round_trip == Duration::zero()) return;
  const auto bytes = static_cast<double>(record->actual_bytes);
  const Duration at_server = cost.server_queue + cost.server_decode + cost.server_compute;
  if (!link_) {
    const double round_trip_ms = milliseconds_in(cost.round_trip - std::min(at_server, cost.round_trip));
    link_.emplace(std::max(round_trip_ms - bytes / kFirstBytesPerMs, 0.0), kFirstBytesPerMs * 1e3);
  }
  link_->observe({std::max<std::size_t>(record->actual_bytes, cost.bytes_down), now - cost.round_trip, now,
                  std::min(at_server, cost.round_trip)});
  smooth(server_work_ms_[at(beside ? Form::kWhole : form)],
         std::max(milliseconds_in(std::min(cost.server_decode + cost.server_compute, cost.round_trip)), kLeastWorkMs));
  if (beside) {
    const double side = form == Form::kFile ? 1 : static_cast<double>(setting.scale);
    learn(decode_, {bytes, pixels_of(input.extent) * side * side}, cost.server_decode);
    learn(rest_[at(Form::kWhole)], {}, cost.server_queue + cost.server_compute);
    return;
  }
  learn(device_[at(form)], {}, cost.local_compute);
  learn(rest_[at(form)], {}, cost.server_queue + cost.server_decode + cost.server_compute);
  smooth(form_bytes_[at(form)], bytes);
}

void FormPredictor::beside_ran(Duration took) { learn(has_stand_in_ ? stand_in_ : device_[at(Form::kHere)], {}, took); }

void FormPredictor::ran_here(Form form, Duration took) { learn(device_[at(form)], {}, took); }

}  // namespace sluice::pipeline
