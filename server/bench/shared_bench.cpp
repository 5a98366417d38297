#include "server/bench/shared_bench.hpp"

#include <array>
#include <cstdio>
#include <random>

#include "core/model/onnx_writer.hpp"
#include "core/output/detection.hpp"
#include "core/questions/reuse/reuse_question.hpp"
#include "server/models/shared_answers.hpp"

namespace sluice::server {
namespace {

constexpr std::int64_t kNumbers = 64;
constexpr std::size_t kAnswers = 1000;

using Embedding = std::array<float, kNumbers>;

// A bundle in memory that shares answers by 64 numbers, which its network passes through.
BundleFolder sharing_bundle() {
  model::OnnxWriter onnx("embedding");
  onnx.add_input("input", DataType::kFloat32, {1, kNumbers});
  onnx.add_output("embedding", DataType::kFloat32, {1, kNumbers});
  onnx.add_node("Relu", {"input"}, {"embedding"});
  BundleFolder bundle;
  bundle.manifest.name = "bench";
  bundle.manifest.version = "1";
  bundle.manifest.parts = {{"filter", "filter.onnx", 0, ""}};
  bundle.manifest.model.input = input::ImageSpec{};
  bundle.manifest.agree_when = {.rule = "boxes"};
  auto spec = std::make_shared<questions::ReuseSpec>();
  spec->part = "filter";
  spec->input = input::TensorSpec{.type = DataType::kFloat32, .shape = {1, kNumbers}};
  spec->output = "embedding";
  spec->shared = true;
  bundle.manifest.questions = {{&questions::kReuseRow, std::move(spec)}};
  bundle.parts.push_back(std::make_shared<const std::string>(onnx.finish()));
  return bundle;
}

}  // namespace

Result<BenchKeys> bench_shared(const BenchTime& time) {
  auto shared = SharedAnswers::make(sharing_bundle());
  if (!shared) return fail(shared.error());
  std::mt19937 random(1);
  std::uniform_real_distribution<float> number(0, 10);
  std::vector<Embedding> embeddings(kAnswers);
  reuse::Outputs outputs;
  auto boxes = output::to_tensor({{10, 10, 50, 50, 0.9F, {}}});
  if (!boxes) return fail(boxes.error());
  outputs.push_back({std::string(output::kDetectionsName), *std::move(boxes)});
  wire::Request request;
  request.extent = {640, 480, 0};
  request.reuse_distance = 1;
  for (auto& embedding : embeddings) {
    for (float& value : embedding) value = number(random);
    request.embedding = std::as_bytes(std::span(embedding));
    (*shared)->keep(request, outputs, std::chrono::milliseconds(30), Instant{});
  }
  std::vector<double> each_us;
  for (int round = -1; round < time.rounds; ++round) {
    const auto begin = std::chrono::steady_clock::now();
    std::size_t lookups = 0;
    while (std::chrono::steady_clock::now() - begin < time.round) {
      for (std::size_t i = 0; i < 100; ++i, ++lookups) {
        request.embedding = std::as_bytes(std::span(embeddings[lookups % kAnswers]));
        if (!(*shared)->find(request, Instant{})) return fail(ErrorCode::kInternal, "a kept answer was not found");
      }
    }
    const std::chrono::duration<double, std::micro> took = std::chrono::steady_clock::now() - begin;
    if (round >= 0) each_us.push_back(took.count() / static_cast<double>(lookups));
  }
  std::printf("\nAnother client's answer, found among %zu by %lld numbers and copied: %.1f us\n", kAnswers,
              static_cast<long long>(kNumbers), median(each_us));
  return BenchKeys{{"shared_hit_us", median(each_us)}};
}

}  // namespace sluice::server
