// The client's messages on their way to the socket, in order. A request that was not yet taken can be withdrawn. Keeps the
// buffers of sent messages for the next ones. Owned by the client.
#pragma once

#include <string>
#include <vector>

#include "core/pipeline/ring_queue.hpp"
#include "core/wire/messages.hpp"

namespace sluice::pipeline {

class Outbox {
 public:
  // Returns the size of the encoded message. `request_id` is 0 for what is not a request.
  std::size_t push(const wire::Message& message, std::uint64_t request_id = 0);

  // The next message, valid until the next call on this object; nullptr when there is none.
  const std::string* take();

  // Removes the request unless it was taken; returns whether it did.
  bool withdraw(std::uint64_t request_id);

  void clear();

  // What the messages that wait here take, their entries included.
  std::size_t held_bytes() const;

  // Bytes of messages that wait here, or were taken and have not left for the network yet.
  std::size_t unsent_bytes() const { return unsent_bytes_; }
  void sent(std::size_t bytes);

 private:
  struct Entry {
    std::string bytes;
    std::uint64_t request_id = 0;
  };

  void recycle(std::string bytes);

  RingQueue<Entry> entries_;
  std::size_t unsent_bytes_ = 0;
  std::string taken_;
  std::vector<std::string> spare_;
};

}  // namespace sluice::pipeline
