// bundles/README.md from end to end: its manifests load around networks of the shapes that it names, and its program runs.
#include <doctest/doctest.h>

#include <algorithm>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "core/model/onnx_writer.hpp"
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
  REQUIRE(manifests.size() == 2);
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

TEST_CASE("the guide's program is the one that ran here") {
  const std::string source = test::read_file(std::string(SLUICE_SOURCE) + "/tests/native/client/bundle_guide_test.cpp");
  const std::string begin = "// [example]\n";
  const std::size_t first = source.find(begin) + begin.size();
  const std::string program = source.substr(first, source.find("// [/example]") - first);
  REQUIRE(blocks("cpp").size() == 1);
  CHECK(blocks("cpp")[0] == program);
}
