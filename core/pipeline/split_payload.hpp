// The coded features of one picture on their way to the server, whole channels from the most important on: how many the next message
// brings. All that are wanted go in one where they are sure to be in time: then a part costs only headers. Otherwise as many as arrive
// even over half the link, and so on with what is left of the time, down to a few at a time that the link's estimate still carries. While
// nothing is known of the link, what surely arrives is all that goes: its answer will tell.
// Owns the features. Plain state of one attempt; see split_route.hpp.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/base/bytes.hpp"
#include "core/base/time.hpp"
#include "core/tensor/tensor.hpp"

namespace sluice::pipeline {

class RemoteRoute;

class SplitPayload {
 public:
  SplitPayload() = default;
  // `ends`: how many of the features' bytes each channel needs, and all before it.
  SplitPayload(Tensor features, std::vector<std::int32_t> ends);
  // `most` channels are wanted, where there are so many; fewer than `least` of them are no answer that anybody asked for. 0: all that go
  // must go in one message.
  void want(std::uint32_t least, std::uint32_t most);

  // How many channels should be there after the next message; as many as sent() where no more would be in time.
  std::uint32_t next(const RemoteRoute& remote, Instant deadline, Instant now) const;
  // Whether still more would, with these on the way.
  bool more_after(std::uint32_t channels, const RemoteRoute& remote, Instant deadline, Instant now) const;
  // By when the next message has to go, if the link is free.
  Instant latest_next(const RemoteRoute& remote, Instant deadline) const;

  std::uint32_t sent() const { return sent_; }  // channels
  std::span<const std::int32_t> ends() const { return ends_; }
  // How many a decoder may find in the bytes sent: in plain pictures channels behind the last one that was sent need next to none of
  // their own.
  std::uint32_t may_hold() const;
  // The bytes that bring it from sent() to so many; these then count as sent. Valid as long as the payload.
  Bytes send(std::uint32_t channels);

 private:
  std::size_t bytes_to(std::uint32_t channels) const;  // from what was sent
  std::uint32_t least_after(std::uint32_t channels) const;

  Tensor features_;
  std::vector<std::int32_t> ends_;
  std::uint32_t least_ = 0;
  std::uint32_t most_ = 0;
  std::uint32_t sent_ = 0;
};

}  // namespace sluice::pipeline
