#include "native/train/exits/place.hpp"

#include <algorithm>

#include "native/train/splitnet/model_cost.hpp"

namespace sluice::train::exits {
namespace {

constexpr double kLeastSaved = 0.02;  // of the model, behind an exit

std::string list(const std::vector<Place>& places) {
  std::string names;
  for (const Place& place : places) names += (names.empty() ? "'" : ", '") + place.tensor + "'";
  return names;
}

// Feature maps, the last of several that cost the same: behind a convolution's activation and pooling rather than before.
Result<Places> all_places(const std::string& onnx, splitnet::OnnxNetworkImpl& network, std::int64_t side) {
  torch::NoGradGuard no_gradient;
  const torch::Tensor sample = torch::zeros({1, 3, side, side});
  Places places;
  std::vector<std::string> names;
  for (const splitnet::CutPoint& point : network.cut_points()) {
    const torch::Tensor value = network.value_at(point.name, sample);
    if (value.dim() != 4 || value.size(2) != value.size(3)) continue;
    places.all.push_back({point.name, value.size(1), value.size(2), 0});
    names.push_back(point.name);
  }
  const auto costs = splitnet::multiply_adds_to(onnx, names, side);
  if (!costs) return fail(costs.error());
  const auto whole = splitnet::multiply_adds_of(onnx, side);
  if (!whole) return fail(whole.error());
  places.multiply_adds = *whole;
  for (std::size_t i = 0; i < names.size(); ++i) places.all[i].multiply_adds = (*costs)[i];
  const auto most = static_cast<double>(*whole) * (1 - kLeastSaved);
  std::vector<Place> kept;
  for (const Place& place : places.all) {
    if (place.multiply_adds == 0 || static_cast<double>(place.multiply_adds) > most) continue;
    if (!kept.empty() && kept.back().multiply_adds == place.multiply_adds) kept.back() = place;
    else kept.push_back(place);
  }
  places.all = std::move(kept);
  return places;
}

}  // namespace

Result<Places> find_places(const std::string& onnx, splitnet::OnnxNetworkImpl& network, std::int64_t side,
                           const std::vector<std::string>& wanted) {
  auto places = all_places(onnx, network, side);
  if (!places) return places;
  if (places->all.empty()) {
    return fail(ErrorCode::kInvalidArgument, {"the model has no place for an exit: ", network.first_bypass()});
  }
  if (wanted.empty()) return places;
  std::vector<Place> chosen;
  for (const std::string& name : wanted) {
    const auto found =
        std::find_if(places->all.begin(), places->all.end(), [&](const Place& place) { return place.tensor == name; });
    if (found == places->all.end()) {
      return fail(ErrorCode::kInvalidArgument,
                  {"'", name, "' is no place for an exit; those that there are: ", list(places->all)});
    }
    chosen.push_back(*found);
  }
  std::sort(chosen.begin(), chosen.end(),
            [](const Place& a, const Place& b) { return a.multiply_adds < b.multiply_adds; });
  places->all = std::move(chosen);
  return places;
}

Result<void> check_cut(const std::string& cut, const Places& places) {
  const bool chosen_later = cut.empty() || cut == "auto";
  if (chosen_later || std::ranges::find(places.all, cut, &Place::tensor) != places.all.end()) return {};
  return fail(ErrorCode::kInvalidArgument,
              {"--cut is '", cut, "', where no exit is to stand; a cut is at one of these: ", list(places.all)});
}

}  // namespace sluice::train::exits
