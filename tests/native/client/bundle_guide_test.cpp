// bundles/README.md from end to end: its manifests load around networks of the shapes that it names, and its program runs.
#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "core/filter/calibration.hpp"
#include "core/model/onnx_writer.hpp"
#include "core/output/agreement.hpp"
#include "core/reuse/reuse_cache.hpp"
#include "native/bundle/sha256.hpp"
#include "native/client/gate.hpp"
#include "tests/native/temporary_folder.hpp"

namespace {

// [example]
using namespace sluice;

// What the bundle says of one second of sound; `skipped` where nobody speaks.
Result<pipeline::Answer> hear(client::Gate& gate, std::span<const float> second) {
  const auto sound = input::make_audio(input::SampleFormat::kF32, 16000, 1, 16000, std::as_bytes(second));
  if (!sound) return fail(sound.error());
  auto outcome = gate.infer(*sound).get();
  if (const auto* failed = std::get_if<pipeline::Failed>(&outcome)) return fail(failed->error);
  return std::get<pipeline::Answer>(std::move(outcome));
}

// The same of a window of motion, one channel after the other.
Result<pipeline::Answer> feel(client::Gate& gate, std::span<const float> readings) {
  const auto signal = input::make_signal(128, 6, std::as_bytes(readings));
  if (!signal) return fail(signal.error());
  auto outcome = gate.infer(*signal).get();
  if (const auto* failed = std::get_if<pipeline::Failed>(&outcome)) return fail(failed->error);
  return std::get<pipeline::Answer>(std::move(outcome));
}
// [/example]

// [calibration]
struct Recording {                             // its windows, in time order
  std::vector<std::vector<float>> embeddings;  // what the network gives of each
  std::vector<reuse::SharedOutputs> results;   // what the full model does
};

// The largest of the growing `caps` at which, with 95 % confidence, at most the share `error` of a recording's windows gets an
// earlier answer that is wrong; 0 where that can be said of none. `options` are those that the manifest will state.
Result<float> calibrate_reuse(std::span<const Recording> recordings, std::span<const float> caps, double error,
                              const output::Agreement& agreement, const reuse::CacheOptions& options, Duration window) {
  const auto agree = [&](const reuse::Outputs& a, const reuse::Outputs& b) {
    return agreement.agrees(a, b).value_or(false);
  };
  float chosen = 0;
  for (const float cap : caps) {
    double loss = 0;
    for (const Recording& recording : recordings) {
      auto cache = reuse::ReuseCache::create(options, agree);
      if (!cache) return fail(cache.error());
      cache->set_max_distance(cap);
      std::size_t wrong = 0;
      for (std::size_t i = 0; i < recording.results.size(); ++i) {
        const Instant time = Instant{} + static_cast<int>(i + 1) * window;
        const auto found = cache->lookup(recording.embeddings[i], time);
        if (!found) return fail(found.error());
        if (found->kind == reuse::LookupKind::kHit) {
          if (!agree(*found->outputs, *recording.results[i])) ++wrong;
        } else if (auto kept =
                       cache->insert(options.bundle, recording.embeddings[i], recording.results[i], window, time);
                   !kept) {
          return fail(kept.error());
        }
      }
      loss += static_cast<double>(wrong) / static_cast<double>(recording.results.size());
    }
    const auto count = static_cast<std::uint32_t>(recordings.size());
    if (filter::loss_p_value(loss, count, false, error) > 0.05) break;
    chosen = cap;
  }
  return chosen;
}
// [/calibration]

const std::string kPage = std::string(SLUICE_SOURCE) + "/bundles/README.md";

// The page's blocks of one language, in order.
std::vector<std::string> blocks(const std::string& language) {
  const std::string page = test::read_file(kPage);
  const std::string begin = "```" + language + "\n";
  std::vector<std::string> found;
  for (std::size_t at = page.find(begin); at != std::string::npos; at = page.find(begin, at + 1)) {
    const std::size_t first = at + begin.size();
    found.push_back(page.substr(first, page.find("```", first) - first));
  }
  return found;
}

// Whether a window of these channels is louder, in any of them, than a tenth.
std::string loudness(std::int64_t channels, std::int64_t length) {
  const std::vector<float> weights(static_cast<std::size_t>(channels), 200.0F);
  const std::vector<float> bias{-10.0F};
  model::OnnxWriter writer("loudness");
  writer.add_input("window", DataType::kFloat32, {1, channels, length});
  writer.add_output("needed", DataType::kFloat32, {1, 1});
  writer.add_initializer("weights", *view_of(std::span<const float>(weights), Shape{channels, 1}));
  writer.add_initializer("bias", *view_of(std::span<const float>(bias), Shape{1}));
  writer.add_node("Relu", {"window"}, {"upper"});
  writer.add_node("GlobalAveragePool", {"upper"}, {"mean"});
  writer.add_node("Flatten", {"mean"}, {"flat"});
  writer.add_node("Gemm", {"flat", "weights", "bias"}, {"logit"});
  writer.add_node("Sigmoid", {"logit"}, {"needed"});
  return writer.finish();
}

// The same, and the window's mean as an embedding.
std::string loudness_and_mean(std::int64_t length) {
  const std::vector<float> weights{200.0F};
  const std::vector<float> bias{-10.0F};
  model::OnnxWriter writer("loudness");
  writer.add_input("window", DataType::kFloat32, {1, 1, length});
  writer.add_output("needed", DataType::kFloat32, {1, 1});
  writer.add_output("embedding", DataType::kFloat32, {1, 1});
  writer.add_initializer("weights", *view_of(std::span<const float>(weights), Shape{1, 1}));
  writer.add_initializer("bias", *view_of(std::span<const float>(bias), Shape{1}));
  writer.add_node("Relu", {"window"}, {"upper"});
  writer.add_node("GlobalAveragePool", {"upper"}, {"mean"});
  writer.add_node("Flatten", {"mean"}, {"embedding"});
  writer.add_node("Gemm", {"embedding", "weights", "bias"}, {"logit"});
  writer.add_node("Sigmoid", {"logit"}, {"needed"});
  return writer.finish();
}

std::string means(std::int64_t channels, std::int64_t length) {
  model::OnnxWriter writer("means");
  writer.add_input("window", DataType::kFloat32, {1, channels, length});
  writer.add_output("mean", DataType::kFloat32, {1, channels, 1});
  writer.add_node("GlobalAveragePool", {"window"}, {"mean"});
  return writer.finish();
}

// As its reader is told to: the page's manifest with the sizes and hashes of the parts.
void write_bundle(const test::TemporaryFolder& folder, std::string manifest, const std::string& model,
                  const std::string& filter) {
  for (const std::string* part : {&model, &filter}) {
    const std::string open = R"("bytes": 0, "sha256": "")";
    const std::size_t at = manifest.find(open);
    REQUIRE(at != std::string::npos);
    const auto hash = bundle::sha256_hex(as_bytes(*part));
    REQUIRE(hash);
    manifest.replace(at, open.size(),
                     R"("bytes": )" + std::to_string(part->size()) + R"(, "sha256": ")" + *hash + "\"");
  }
  folder.write("manifest.json", manifest);
  folder.write("model.onnx", model);
  folder.write("filter.onnx", filter);
}

std::unique_ptr<client::Gate> open_local(const std::filesystem::path& folder) {
  client::GateOptions options;
  options.pipeline.place = pipeline::ModelPlace::kLocal;
  options.pipeline.budget_ms = 60'000;
  auto gate = client::Gate::open(folder, std::move(options));
  if (!gate) FAIL(describe(gate.error()));
  return std::move(*gate);
}

}  // namespace

TEST_CASE("the guide's bundle of sound skips silence and answers sound, and refuses other windows") {
  const test::TemporaryFolder folder;
  const auto manifests = blocks("json");
  REQUIRE(manifests.size() == 3);
  write_bundle(folder, manifests[0], means(1, 16000), loudness(1, 16000));
  const auto gate = open_local(folder.path());
  CHECK(gate->manifest().name == "voice");
  const auto silent = hear(*gate, std::vector<float>(16000));
  REQUIRE_MESSAGE(silent, describe(silent.error()));
  CHECK(silent->kind == pipeline::AnswerKind::kSkipped);
  const auto loud = hear(*gate, std::vector<float>(16000, 0.5F));
  REQUIRE_MESSAGE(loud, describe(loud.error()));
  CHECK(loud->kind == pipeline::AnswerKind::kLocal);
  REQUIRE(loud->outputs.size() == 1);
  CHECK(loud->outputs[0].tensor.as<float>()[0] == doctest::Approx(0.5));
  CHECK_FALSE(hear(*gate, std::vector<float>(15999)));
  const std::vector<float> motion(6 * 128);
  CHECK_FALSE(feel(*gate, motion));
}

TEST_CASE("the guide's bundle of a signal skips what lies still and answers what moves") {
  const test::TemporaryFolder folder;
  write_bundle(folder, blocks("json").at(1), means(6, 128), loudness(6, 128));
  const auto gate = open_local(folder.path());
  CHECK(gate->manifest().name == "motion");
  std::vector<float> window(6 * 128);
  std::fill_n(window.begin() + 2 * 128, 128, 9.81F);  // at rest, gravity alone
  const auto still = feel(*gate, window);
  REQUIRE_MESSAGE(still, describe(still.error()));
  CHECK(still->kind == pipeline::AnswerKind::kSkipped);
  std::fill_n(window.begin(), 128, 5.0F);
  const auto moving = feel(*gate, window);
  REQUIRE_MESSAGE(moving, describe(moving.error()));
  CHECK(moving->kind == pipeline::AnswerKind::kLocal);
}

TEST_CASE("the guide's bundle reuses an answer where its second question says so") {
  const test::TemporaryFolder folder;
  const auto manifests = blocks("json");
  REQUIRE(manifests.size() == 3);
  std::string manifest = manifests[0];
  const std::string skip = "\"operating_points\": [{ \"target\": 0.9,";
  const std::size_t point = manifest.find(skip);
  REQUIRE(point != std::string::npos);
  manifest.replace(point, skip.size(), "\"error_share\": 0.5, \"operating_points\": [{ \"target\": 0.95,");
  const std::size_t end = manifest.rfind("}]");
  REQUIRE(end != std::string::npos);
  manifest.replace(end, 2, "}, " + manifests[2] + "]");
  write_bundle(folder, manifest, means(1, 16000), loudness_and_mean(16000));
  const auto gate = open_local(folder.path());
  const auto kind_of = [&](float level) {
    const auto answer = hear(*gate, std::vector<float>(16000, level));
    REQUIRE_MESSAGE(answer, describe(answer.error()));
    return answer->kind;
  };
  CHECK(kind_of(0) == pipeline::AnswerKind::kSkipped);
  CHECK(kind_of(0.5F) == pipeline::AnswerKind::kLocal);
  CHECK(kind_of(0.5F) == pipeline::AnswerKind::kReused);
  CHECK(kind_of(-0.9F) == pipeline::AnswerKind::kSkipped);
  CHECK(kind_of(0.95F) == pipeline::AnswerKind::kLocal);  // further than 0.4 away
}

TEST_CASE("the guide's calibration of reuse takes the widest distance that keeps the promise") {
  // Windows walk along a line, and the model's answer changes every 1.0 of it.
  std::vector<Recording> recordings(100);
  for (std::size_t i = 0; i < recordings.size(); ++i) {
    float place = 0.01F * static_cast<float>(i);
    for (int window = 0; window < 60; ++window, place += 0.1F) {
      recordings[i].embeddings.push_back({place});
      auto label = Tensor::create(DataType::kFloat32, {1, 1});
      REQUIRE(label);
      const float value = std::floor(place);
      const auto bytes = std::as_bytes(std::span(&value, 1));
      std::copy(bytes.begin(), bytes.end(), label->mutable_view().bytes.begin());
      auto result = std::make_shared<reuse::Outputs>();
      result->push_back({"label", std::move(*label)});
      recordings[i].results.push_back(std::move(result));
    }
  }
  const auto agreement = output::Agreement::make({.rule = "numbers", .tolerance = 0.1F});
  REQUIRE(agreement);
  reuse::CacheOptions options;
  options.dimension = 1;
  const std::vector<float> caps{0.05F, 0.15F, 0.25F, 0.45F, 0.85F, 1.5F};
  const auto calibrated = [&](double error, std::size_t count) {
    const auto cap =
        calibrate_reuse(std::span(recordings).first(count), caps, error, *agreement, options, std::chrono::seconds(1));
    REQUIRE_MESSAGE(cap, describe(cap.error()));
    return *cap;
  };
  const float strict = calibrated(0.05, 100);
  const float loose = calibrated(0.4, 100);
  CHECK(strict >= 0.05F);
  CHECK(strict < loose);
  CHECK(loose < 1.5F);
  CHECK(calibrated(0.05, 5) == 0);  // too few to promise anything
}

TEST_CASE("the guide's programs are those that ran here") {
  const std::string source = test::read_file(std::string(SLUICE_SOURCE) + "/tests/native/client/bundle_guide_test.cpp");
  const auto between = [&](const std::string& name) {
    const std::string begin = "// [" + name + "]\n";
    const std::size_t first = source.find(begin) + begin.size();
    return source.substr(first, source.find("// [/" + name + "]") - first);
  };
  const auto programs = blocks("cpp");
  REQUIRE(programs.size() == 2);
  CHECK(programs[0] == between("calibration"));
  CHECK(programs[1] == between("example"));
}
