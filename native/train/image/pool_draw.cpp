#include "native/train/image/pool_draw.hpp"

#include <algorithm>
#include <cmath>

namespace sluice::train {
namespace {

bool sure(const output::Detection& box) { return box.score >= kSureScore; }

std::vector<std::vector<std::size_t>> group(const std::vector<PoolEntry>& entries, bool only_found) {
  std::vector<std::vector<std::size_t>> clips;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (only_found && std::none_of(entries[i].found.begin(), entries[i].found.end(), sure)) continue;
    if (entries[i].clip >= clips.size()) clips.resize(entries[i].clip + 1);
    clips[entries[i].clip].push_back(i);
  }
  std::erase_if(clips, [](const auto& clip) { return clip.empty(); });
  return clips;
}

}  // namespace

PoolDraw::PoolDraw(const PicturePool& pool)
    : pool_(pool), any_(group(pool.entries(), false)), found_(group(pool.entries(), true)) {}

const output::Detection& PoolDraw::find(std::size_t index, Random& random) const {
  const auto& found = pool_.entries()[index].found;
  auto left = random.index(static_cast<std::size_t>(std::count_if(found.begin(), found.end(), sure)));
  return *std::find_if(found.begin(), found.end(), [&](const auto& box) { return sure(box) && left-- == 0; });
}

// A clip weighs as the square root of its pictures: long ones count for more, but not in proportion.
std::size_t PoolDraw::draw(const Clips& clips, Random& random) {
  float total = 0;
  for (const auto& clip : clips) total += std::sqrt(static_cast<float>(clip.size()));
  float left = random.uniform() * total;
  for (const auto& clip : clips) {
    left -= std::sqrt(static_cast<float>(clip.size()));
    if (left < 0) return clip[random.index(clip.size())];
  }
  return clips.back().back();
}

}  // namespace sluice::train
