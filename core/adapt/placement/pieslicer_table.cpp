#include "core/adapt/placement/pieslicer_table.hpp"

#include <cstddef>

namespace sluice::adapt {
namespace {

struct PhoneRow {
  std::string_view name;
  SizeLine device;
  SizeLine campus;
  SizeLine home;
};

constexpr std::array<PhoneRow, 3> kPhones = {{
    {"Nexus 5", {103.982, 36.018}, {389.698, 104.983}, {1124.668, 86.308}},
    {"Moto X4", {68.355, 73.460}, {153.665, 93.489}, {1086.079, 108.006}},
    {"Pixel 2", {39.143, 63.091}, {94.797, 98.585}, {1529.267, 112.212}},
}};
constexpr SizeLine kServer{58.049, 3.824};

const PhoneRow& row_of(PublishedPhone phone) { return kPhones[static_cast<std::size_t>(phone)]; }

}  // namespace

std::string_view name_of(PublishedPhone phone) { return row_of(phone).name; }

std::string_view name_of(PublishedNetwork network) { return network == PublishedNetwork::kCampus ? "campus" : "home"; }

PieSlicerLines published_lines(PublishedPhone phone, PublishedNetwork network) {
  const PhoneRow& row = row_of(phone);
  return {row.device, network == PublishedNetwork::kCampus ? row.campus : row.home, kServer};
}

}  // namespace sluice::adapt
