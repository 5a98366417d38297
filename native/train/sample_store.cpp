#include "native/train/sample_store.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace sluice::train {
namespace {

constexpr std::string_view kLabel = "label";
constexpr std::string_view kPlaces = "places";
constexpr std::string_view kPicture = "picture";
constexpr std::int64_t kPlaceColumns = 5;  // x0, y0, x1, y1, score

}  // namespace

Result<SampleStore> SampleStore::open(const std::filesystem::path& path, std::string_view key, std::uint32_t width,
                                      std::uint32_t height) {
  auto records = RecordStore::open(path, join_text({key, "; samples 2; ", width, "x", height}));
  if (!records) return fail(records.error());
  return SampleStore(std::move(*records), width, height);
}

Result<void> SampleStore::append(const Sample& sample, std::span<const std::uint8_t> planes) {
  std::vector<output::Detection> places = sample.places;
  std::sort(places.begin(), places.end(), [](const auto& a, const auto& b) { return a.score > b.score; });
  const std::array<std::uint32_t, 4> label{sample.clip, sample.block, sample.frame, sample.needed ? 1U : 0U};
  std::vector<float> rows;
  for (const auto& place : places) rows.insert(rows.end(), {place.x0, place.y0, place.x1, place.y1, place.score});
  const auto label_view = view_of(std::span<const std::uint32_t>(label), Shape{4});
  const auto places_view =
      view_of(std::span<const float>(rows), Shape{static_cast<std::int64_t>(places.size()), kPlaceColumns});
  const auto picture_view = view_of(planes, Shape{3, std::int64_t{height_}, std::int64_t{width_}});
  if (!picture_view) {
    return fail(ErrorCode::kShapeMismatch, {"a stored picture has ", picture_bytes(), " bytes, not ", planes.size()});
  }
  const std::array<NamedView, 3> tensors{{{kLabel, *label_view}, {kPlaces, *places_view}, {kPicture, *picture_view}}};
  return records_.append(tensors);
}

Result<Sample> SampleStore::read(std::size_t index, std::span<std::uint8_t> planes) const {
  constexpr std::array names{kLabel, kPlaces, kPicture};
  const auto record = records_.read(index, std::span(names).first(planes.empty() ? 2 : 3));
  if (!record) return fail(record.error());
  const auto label = (*record)[0].tensor.as<std::uint32_t>();
  const auto rows = (*record)[1].tensor.as<float>();
  if (label.size() != 4 || rows.size() % kPlaceColumns != 0)
    return fail(ErrorCode::kIoError, {"sample ", index, " is not a labelled picture"});
  Sample sample{label[0], label[1], label[2], label[3] != 0, {}};
  for (std::size_t at = 0; at < rows.size(); at += kPlaceColumns)
    sample.places.push_back({rows[at], rows[at + 1], rows[at + 2], rows[at + 3], rows[at + 4], {}});
  if (!planes.empty()) {
    const auto picture = (*record)[2].tensor.as<std::uint8_t>();
    if (picture.size() != planes.size()) {
      return fail(ErrorCode::kShapeMismatch, {"a stored picture has ", picture.size(), " bytes, not ", planes.size()});
    }
    std::copy(picture.begin(), picture.end(), planes.begin());
  }
  return sample;
}

}  // namespace sluice::train
