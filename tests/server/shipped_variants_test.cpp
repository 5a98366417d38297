// The bundle that ships with a variant, as a server has it: real networks, of which the large one is made late.
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>

#include "core/model/model.hpp"
#include "native/bundle/bundle_folder.hpp"
#include "tests/server/slow_engine.hpp"
#include "tests/server/test_server.hpp"

using namespace sluice;
using namespace sluice::test;

namespace {

using std::chrono::milliseconds;

constexpr const char* kBundle = "cifar10-exits-vgg";
constexpr std::int64_t kSide = 32;
constexpr auto kSlow = milliseconds(1500);

// A picture, as the models take it: a bright disc on a gradient.
std::vector<float> disc() {
  std::vector<float> values;
  for (std::int64_t c = 0; c < 3; ++c) {
    for (std::int64_t y = 0; y < kSide; ++y) {
      for (std::int64_t x = 0; x < kSide; ++x) {
        const bool inside = (x - 16) * (x - 16) + (y - 14) * (y - 14) < 64;
        values.push_back(inside ? 0.8F - 0.3F * static_cast<float>(c) : static_cast<float>(y) / kSide - 0.5F);
      }
    }
  }
  return values;
}

std::vector<float> answer_of(Bytes onnx, const std::vector<float>& picture) {
  model::LoadOptions options;
  options.operators = model::all_operators();
  auto loaded = model::Model::load(onnx, options);
  REQUIRE(loaded);
  const auto view = view_of(std::span<const float>(picture), Shape{1, 3, kSide, kSide});
  REQUIRE(view);
  REQUIRE(loaded->run(std::array{*view}));
  const auto logits = loaded->output(0).as<float>();
  return {logits.begin(), logits.end()};
}

float apart(const std::vector<float>& a, const std::vector<float>& b) {
  REQUIRE(a.size() == b.size());
  float most = 0;
  for (std::size_t i = 0; i < a.size(); ++i) most = std::max(most, std::abs(a[i] - b[i]));
  return most;
}

struct Given {
  std::string variant;
  float agreement = 0;
  std::vector<float> logits;
};

Given ask(WebSocketClient& client, std::uint64_t id, Duration budget, float least_agreement) {
  const std::vector<float> picture = disc();
  wire::Request request;
  request.id = id;
  request.budget = budget;
  request.least_agreement = least_agreement;
  request.tensors.push_back({"picture", *view_of(std::span<const float>(picture), Shape{1, 3, kSide, kSide})});
  client.send(request);
  const auto message = client.receive();
  REQUIRE(message);
  if (const auto* error = std::get_if<wire::ErrorMessage>(&*message)) FAIL(error->message);
  const auto& answer = std::get<wire::Answer>(*message);
  REQUIRE(answer.outputs.size() == 1);
  const auto logits = Tensor::copy_of(answer.outputs[0].tensor);  // as it lies in the message it need not be aligned
  REQUIRE(logits.has_value());
  const auto values = logits->as<float>();
  return {answer.variant, answer.agreement, {values.begin(), values.end()}};
}

}  // namespace

TEST_CASE("the shipped bundle's small network answers where its model would be late, and says so") {
  const std::filesystem::path folder = std::filesystem::path(SLUICE_SOURCE "/bundles") / kBundle;
  const auto bundle = bundle::read_bundle(folder);
  REQUIRE_MESSAGE(bundle.has_value(), (bundle ? std::string() : describe(bundle.error())));
  REQUIRE(bundle->manifest.variants.size() == 1);
  const pipeline::ModelVariant& variant = bundle->manifest.variants.front();
  const Bytes model = bundle->part(bundle->manifest.model.part);
  const Bytes small = bundle->part(variant.part);
  CHECK(small.size() * 10 < model.size());
  server::ServerOptions options;
  options.workers = 1;
  TestServer server(folder, options, std::make_unique<SlowEngine>(Slowness{.from_bytes = model.size(), .run = kSlow}));
  WebSocketClient client;
  say_hello(client, server.port(), kBundle);
  const Given whole = ask(client, 1, std::chrono::seconds(30), variant.agreement);
  CHECK(whole.variant.empty());
  CHECK(apart(whole.logits, answer_of(model, disc())) < 1e-3F);
  const Given quick = ask(client, 2, kSlow - milliseconds(100), variant.agreement);
  CHECK(quick.variant == variant.name);
  CHECK(quick.agreement == variant.agreement);
  CHECK(apart(quick.logits, answer_of(small, disc())) < 1e-3F);
  CHECK(apart(quick.logits, whole.logits) > 1e-2F);
}
