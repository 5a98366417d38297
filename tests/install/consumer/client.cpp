// Uses what a stranger to this repository sees of sluice::client. The part between the marks stands in README.md.
#include <chrono>
#include <cstdio>
#include <span>
#include <variant>

#include "native/client/gate.hpp"

// [example]
using namespace sluice;

// Asks about one picture; prints which answer it got, and why.
bool ask(client::Gate& gate, std::span<const std::byte> rgb, std::uint32_t width, std::uint32_t height) {
  const auto picture = input::make_image(input::PixelFormat::kRgb8, width, height, rgb);
  if (!picture || !gate.submit(*picture)) return false;
  const auto outcome = gate.next_outcome(std::chrono::seconds(2));
  if (!outcome || std::holds_alternative<pipeline::Failed>(*outcome)) return false;
  const auto& answer = std::get<pipeline::Answer>(*outcome);
  std::printf("%s: %s\n", std::string(pipeline::kind_name(answer.kind)).c_str(), answer.reason.c_str());
  return true;
}
// [/example]

int main() {
  // A bundle that is not there is an error that says so, not a crash.
  auto gate = client::Gate::open("no-such-bundle", {.server = "ws://127.0.0.1:1"});
  if (gate) return ask(**gate, {}, 0, 0) ? 1 : 2;
  std::printf("%s\n", describe(gate.error()).c_str());
  return gate.error().message.empty() ? 1 : 0;
}
