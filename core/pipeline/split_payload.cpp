#include "core/pipeline/split_payload.hpp"

#include <algorithm>
#include <utility>

#include "core/pipeline/remote_route.hpp"

namespace sluice::pipeline {
namespace {

// Headers of the layers below take about a hundred bytes, so that fewer than this are not worth a message of their own.
constexpr std::size_t kLeastPartBytes = 512;

// An end is where a channel is there for certain. A device that does not look closer names one by up to so many bytes too far: the four
// that a decoder looks at at once, and one that closes a payload (wasm/lite/sluice_lite.cpp).
constexpr std::int32_t kMostSpareBytes = 5;

}  // namespace

SplitPayload::SplitPayload(Tensor features, std::vector<std::int32_t> ends)
    : features_(std::move(features)), ends_(std::move(ends)) {}

void SplitPayload::want(std::uint32_t least, std::uint32_t most) {
  most_ = std::min(most, static_cast<std::uint32_t>(ends_.size()));
  least_ = std::min(least, most_);
}

std::size_t SplitPayload::bytes_to(std::uint32_t channels) const {
  const std::int32_t before = sent_ == 0 ? 0 : ends_[sent_ - 1];
  return channels == 0 ? 0 : static_cast<std::size_t>(ends_[channels - 1] - before);
}

// With how many channels a message behind so many is large enough.
std::uint32_t SplitPayload::least_after(std::uint32_t channels) const {
  const std::size_t enough = bytes_to(channels) + kLeastPartBytes;
  std::uint32_t with = std::max(channels + 1, least_);
  while (with < most_ && bytes_to(with) < enough) ++with;
  return std::min(with, most_);
}

std::uint32_t SplitPayload::next(const RemoteRoute& remote, Instant deadline, Instant now) const {
  std::uint32_t channels = most_;
  if (least_ != 0) {
    while (channels > sent_ && !remote.surely_carries(bytes_to(channels), deadline, now)) --channels;
    if (channels < most_) channels = std::max(channels, least_after(sent_));
    const bool little_left = bytes_to(most_) - bytes_to(channels) < kLeastPartBytes;
    // Where no further part would help it is now or never.
    if (little_left || (remote.knows_link() && !more_after(channels, remote, deadline, now))) channels = most_;
  }
  while (channels > sent_ && !remote.carries(bytes_to(channels), deadline, now)) --channels;
  return channels;
}

bool SplitPayload::more_after(std::uint32_t channels, const RemoteRoute& remote, Instant deadline, Instant now) const {
  return least_ != 0 && channels < most_ && remote.knows_link() &&
         remote.carries(bytes_to(least_after(channels)), deadline, now);
}

Instant SplitPayload::latest_next(const RemoteRoute& remote, Instant deadline) const {
  return remote.latest_part(bytes_to(std::min(sent_ + 1, most_)), deadline);
}

std::uint32_t SplitPayload::may_hold() const {
  std::uint32_t channels = sent_;
  while (channels != 0 && channels < ends_.size() && ends_[channels] <= ends_[sent_ - 1] + kMostSpareBytes) ++channels;
  return channels;
}

Bytes SplitPayload::send(std::uint32_t channels) {
  const std::size_t size = bytes_to(channels);
  const auto from = static_cast<std::size_t>(sent_ == 0 ? 0 : ends_[sent_ - 1]);
  sent_ = channels;
  return features_.view().bytes.subspan(from, size);
}

}  // namespace sluice::pipeline
