// Uses what a stranger to this repository sees of sluice::client. The part between the marks stands in README.md.
#include <chrono>
#include <cstdio>
#include <span>
#include <utility>
#include <variant>
#include <vector>

#include "native/client/gate.hpp"

// [example]
using namespace sluice;

// The full model's answer for one picture, or an earlier one, or that nothing is in it; else the error that says why there is none.
Result<pipeline::Answer> ask(client::Gate& gate, std::span<const std::byte> rgb, std::uint32_t width,
                             std::uint32_t height) {
  const auto picture = input::make_image(input::PixelFormat::kRgb8, width, height, rgb);
  if (!picture) return fail(picture.error());
  auto outcome = gate.infer(*picture).get();  // ends within the picture's time budget, with or without a server
  if (const auto* failed = std::get_if<pipeline::Failed>(&outcome)) return fail(failed->error);
  return std::get<pipeline::Answer>(std::move(outcome));
}

bool report(const Result<pipeline::Answer>& answer) {
  if (!answer) return std::fprintf(stderr, "%s\n", describe(answer.error()).c_str()), false;  // "not_connected: ..."
  std::printf("%s: %s\n", std::string(pipeline::kind_name(answer->kind)).c_str(), answer->reason.c_str());
  return true;
}
// [/example]

// client [BUNDLE]: a grey picture has no face in it.
int main(int argc, char** argv) {
  const auto missing = client::Gate::open("no-such-bundle", {.server = "ws://127.0.0.1:1"});
  if (missing || missing.error().message.empty()) return 1;
  std::printf("%s\n", describe(missing.error()).c_str());
  if (argc < 2) return 0;
  const auto gate = client::Gate::open(argv[1], {.pipeline = {.place = pipeline::ModelPlace::kLocal}});
  if (!gate) return report(fail(gate.error())), 1;
  const std::vector<std::byte> rgb(64 * 48 * 3, std::byte{128});
  if (ask(**gate, rgb, 64, 49)) return 1;  // a row is missing
  return report(ask(**gate, rgb, 64, 48)) ? 0 : 1;
}
