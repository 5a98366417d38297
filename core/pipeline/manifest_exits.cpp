// The section `exits`, which builds without full models do not read; see manifest.hpp.
#include <algorithm>
#include <functional>
#include <utility>

#include "core/pipeline/manifest_fields.hpp"

namespace sluice::pipeline {
namespace {

constexpr std::size_t kMaxPlaces = 64;
constexpr std::size_t kMaxExitPoints = 64;
constexpr std::size_t kMaxTensorName = 256;
constexpr std::size_t kMaxSymbols = 256;
constexpr double kMaxValue = 1e6;
constexpr double kMaxEntropy = 64;  // nats; of more classes than any model has

exits::ExitRule read_rule(const JsonObject& from) {
  const auto rule = exits::find_rule(from.text("rule", 32));
  if (!rule) from.complain("rule", "expected 'max_probability', 'normalised_entropy' or 'entropy'");
  return rule.value_or(exits::ExitRule::kMaxProbability);
}

void read_places(const JsonObject& from, ExitsSpec& spec) {
  from.each("places", 1, kMaxPlaces, {"tensor", "exit"}, [&](const JsonObject& entry) {
    exits::ExitPlace place{entry.text("tensor", kMaxTensorName), entry.text("exit", kMaxTensorName)};
    if (place.tensor.empty()) entry.complain("tensor", "expected the name of a tensor of the model");
    if (place.exit.empty()) entry.complain("exit", "expected the name of an output of the exits' part");
    for (const exits::ExitPlace& other : spec.places) {
      if (other.tensor == place.tensor) entry.complain("tensor", "another exit is at this place");
      if (other.exit == place.exit) entry.complain("exit", "it is at another place, too");
    }
    spec.places.push_back(std::move(place));
  });
}

void read_points(const JsonObject& from, const ExitsSpec& spec, std::vector<ExitPoint>& points) {
  const Range range{0, spec.rule == exits::ExitRule::kEntropy ? kMaxEntropy : 1};
  from.each("points", 1, kMaxExitPoints, {"target", "thresholds"}, [&](const JsonObject& entry) {
    ExitPoint point;
    point.target = entry.number("target", {0, 1});
    if (!points.empty() && point.target <= points.back().target) {
      entry.complain("target", "expected more than the one before");
    }
    point.thresholds = entry.numbers("thresholds", range, kMaxPlaces);
    if (point.thresholds.size() != spec.places.size()) {
      entry.refuse("thresholds", join_text({"has ", point.thresholds.size(), " numbers; expected one for each of the ",
                                            spec.places.size(), " places"}));
    }
    points.push_back(std::move(point));
  });
}

void read_cut(const JsonObject& exits, const Manifest& manifest, ExitsSpec& spec) {
  const JsonObject from = exits.object("cut", {"place", "coding", "values", "points"});
  ExitCutSpec cut;
  const std::size_t last = spec.places.empty() ? 0 : spec.places.size() - 1;
  cut.place = static_cast<std::uint32_t>(from.integer("place", 0, last));
  cut.coding = read_part_reference(from, manifest, "coding");
  if (cut.coding == manifest.model.part || cut.coding == spec.part) {
    from.complain("coding", "it is the model, or its exits, too");
  }
  cut.values = from.numbers("values", {-kMaxValue, kMaxValue}, kMaxSymbols);
  if (cut.values.size() < 2) from.refuse("values", "expected what each symbol stands for, two numbers or more");
  if (std::ranges::adjacent_find(cut.values, std::greater_equal<>()) != cut.values.end()) {
    from.refuse("values", "expected each number to be above the one before");
  }
  read_points(from, spec, cut.points);
  spec.cut = std::move(cut);
}

void read_exits(const JsonObject& root, Manifest& manifest) {
  const JsonObject from = root.object("exits", {"part", "rule", "places", "points", "cut"});
  ExitsSpec spec;
  spec.part = read_part_reference(from, manifest);
  if (spec.part == manifest.model.part) from.complain("part", "it is the model, too");
  spec.rule = read_rule(from);
  read_places(from, spec);
  read_points(from, spec, spec.points);
  if (from.has("cut")) read_cut(from, manifest, spec);
  if (output::gives_detections(manifest.model.output)) {
    root.refuse("exits", "an exit answers with the model's own tensors; this model has an output decoder");
  }
  manifest.exits = std::move(spec);
}

}  // namespace

const ManifestSection& exits_section() {
  static constexpr ManifestSection section{"exits", read_exits};
  return section;
}

}  // namespace sluice::pipeline
