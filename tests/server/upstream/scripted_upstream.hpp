// An upstream that does what a test says, good or bad: a WebSocket server on loopback that hands each message to the test's script and
// sends what that gives back. One connection at a time, on a thread of its own, which the end of this object ends.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "core/wire/messages.hpp"

namespace sluice::test {

struct Hangup {};                                               // ends the connection without a word
using Said = std::variant<wire::Message, std::string, Hangup>;  // a string goes out as it is
using Script = std::function<std::vector<Said>(const wire::Message& heard)>;

class ScriptedUpstream {
 public:
  explicit ScriptedUpstream(Script script);
  ~ScriptedUpstream();

  std::uint16_t port() const;
  int connections() const { return connections_; }

 private:
  struct Impl;
  void run();
  const Script script_;
  std::atomic<int> connections_{0};
  std::unique_ptr<Impl> impl_;
};

// What a good server says to a hello: welcome to that bundle, in that version.
wire::Message welcome_to(const wire::Message& hello);
// Whether the message is a request; its id.
const wire::Request* request_in(const wire::Message& heard);
// An answer of one tensor that holds `value`. Borrows from a static.
wire::Answer answer_with(std::uint64_t id, float value);

}  // namespace sluice::test
