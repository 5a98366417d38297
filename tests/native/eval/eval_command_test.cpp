#include "native/eval/eval_command.hpp"

#include <doctest/doctest.h>
#include <rapidjson/document.h>

#include <cstdio>
#include <fstream>
#include <iterator>
#include <span>

#include "core/questions/skip/skip_question.hpp"
#include "native/bundle/bundle_folder.hpp"
#include "native/bundle/question_rows.hpp"
#include "native/eval/baseline_file.hpp"
#include "native/eval/report.hpp"
#include "tests/native/temporary_folder.hpp"
#include "tests/native/toy_detector.hpp"

namespace {

using sluice::eval::EvalOptions;
using sluice::test::TemporaryFolder;

void write_toy_bundle(const std::filesystem::path& folder) {
  sluice::bundle::Bundle bundle;
  bundle.manifest.name = "toy";
  bundle.manifest.version = "1.2.3";
  bundle.manifest.parts = {{"filter", "filter.onnx", 0, ""}, {"model", "model.onnx", 0, ""}};
  bundle.manifest.model = sluice::test::toy_spec();
  auto skip = std::make_shared<sluice::questions::SkipSpec>();
  skip->part = "filter";
  skip->input = sluice::test::toy_spec().input;
  skip->redundant_when = "count == 0";
  skip->operating_points = {{0.8F, 0.95F, 0.6F, 0.5F}, {0.9F, 0.95F, 0.4F, 0.5F}};
  bundle.manifest.questions = {{sluice::bundle::question_row("skip"), skip}};
  bundle.parts.emplace("filter", sluice::test::toy_filter());
  bundle.parts.emplace("model", sluice::test::toy_detector());
  const auto written = sluice::bundle::replace_bundle(folder, std::move(bundle));
  REQUIRE_MESSAGE(written.has_value(), written.error().message);
}

// What run_eval prints.
std::string output_of(const EvalOptions& options) {
  std::FILE* file = std::tmpfile();
  REQUIRE(file != nullptr);
  const auto done = sluice::eval::run_eval(options, file, nullptr);
  REQUIRE_MESSAGE(done.has_value(), done.error().message);
  std::rewind(file);
  std::string text;
  for (int c = std::fgetc(file); c != EOF; c = std::fgetc(file)) text += static_cast<char>(c);
  std::fclose(file);
  return text;
}

}  // namespace

TEST_CASE("eval ends with one line of flat JSON that holds the promised keys") {
  TemporaryFolder folder;
  write_toy_bundle(folder.path() / "bundle");
  sluice::test::write_toy_pictures(folder.path() / "pictures", 20, 9);
  EvalOptions options;
  options.name = "toy";
  options.bundle = folder.path() / "bundle";
  options.data = folder.path() / "pictures";
  options.json = true;
  const std::string text = output_of(options);
  REQUIRE(text.back() == '\n');
  const auto start = text.rfind('\n', text.size() - 2) + 1;
  rapidjson::Document json;
  json.Parse(text.c_str() + start);
  REQUIRE_FALSE(json.HasParseError());
  REQUIRE(json.IsObject());
  for (const char* key :
       {"agreement", "filter_rate", "skip_rate", "reuse_rate", "false_hit_rate", "optimal_rate",
        "optimal_rate_together", "gate_ms", "model_ms", "every_nth_best_rate", "frame_difference_same_rate"}) {
    CAPTURE(key);
    REQUIRE(json.HasMember(key));
    CHECK(json[key].IsNumber());
  }
  for (const auto& member : json.GetObject()) CHECK_FALSE((member.value.IsObject() || member.value.IsArray()));
  CHECK(json["samples"].GetUint64() == 20);
  CHECK(json["agreement"].GetDouble() == 1.0);
  CHECK(json["filter_rate"].GetDouble() == doctest::Approx(0.5));
  CHECK(json["optimal_rate"].GetDouble() == doctest::Approx(0.6));
  CHECK(json["optimal_rate_together"].GetDouble() == doctest::Approx(0.6));
  CHECK(json["gate_ms"].GetDouble() > 0);
  CHECK(json["model_ms"].GetDouble() > 0);
  CHECK(json["threshold"].GetDouble() == doctest::Approx(0.4));
}

TEST_CASE("without --json there is only the table, with a row for each clip") {
  TemporaryFolder folder;
  write_toy_bundle(folder.path() / "bundle");
  sluice::test::write_toy_pictures(folder.path() / "data" / "kitchen", 4, 1);
  sluice::test::write_toy_pictures(folder.path() / "data" / "garden", 4, 2);
  EvalOptions options;
  options.name = "toy";
  options.bundle = folder.path() / "bundle";
  options.data = folder.path() / "data";
  const std::string text = output_of(options);
  CHECK(text.find("toy 1.2.3") != std::string::npos);
  CHECK(text.find("kitchen") != std::string::npos);
  CHECK(text.find("garden") != std::string::npos);
  CHECK(text.find("every n-th frame") != std::string::npos);
  CHECK(text.find('{') == std::string::npos);
}

TEST_CASE("a target between two operating points takes the stricter one, one above all is refused") {
  TemporaryFolder folder;
  write_toy_bundle(folder.path() / "bundle");
  sluice::test::write_toy_pictures(folder.path() / "pictures", 2, 9);
  EvalOptions options;
  options.name = "toy";
  options.bundle = folder.path() / "bundle";
  options.data = folder.path() / "pictures";
  options.target = 0.85;
  CHECK(output_of(options).find("skip below 0.40000") != std::string::npos);
  options.target = 0.99;
  CHECK(sluice::eval::run_eval(options, stdout, nullptr).error().code == sluice::ErrorCode::kNotFound);
}

TEST_CASE(
    "the plot is written where it is asked for; a place that cannot be written is named before anything is measured") {
  TemporaryFolder folder;
  write_toy_bundle(folder.path() / "bundle");
  sluice::test::write_toy_pictures(folder.path() / "pictures", 4, 9);
  EvalOptions options;
  options.name = "toy";
  options.bundle = folder.path() / "bundle";
  options.data = folder.path() / "pictures";
  options.plot = folder.path() / "plot.svg";
  output_of(options);
  std::ifstream file(options.plot);
  const std::string svg{std::istreambuf_iterator<char>(file), {}};
  CHECK(svg.starts_with("<svg"));
  CHECK(svg.ends_with("</svg>\n"));
  options.plot = folder.path() / "nowhere" / "plot.svg";
  const auto refused = sluice::eval::run_eval(options, nullptr, nullptr);
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().code == sluice::ErrorCode::kInvalidArgument);
  CHECK(refused.error().message.find("nowhere") != std::string::npos);
}

TEST_CASE("baselines stand there at the settings of the calibration split too, when they are known") {
  TemporaryFolder folder;
  write_toy_bundle(folder.path() / "bundle");
  sluice::test::write_toy_pictures(folder.path() / "pictures", 4, 9);
  EvalOptions options;
  options.name = "toy";
  options.bundle = folder.path() / "bundle";
  options.data = folder.path() / "pictures";
  options.json = true;
  const std::string unknown = output_of(options);
  CHECK(unknown.find("\"every_nth_rate\"") == std::string::npos);
  CHECK(unknown.find("is not known: there is no baselines.json in " + options.bundle.string() +
                     " or bundles/toy; name one with --baselines") != std::string::npos);
  const std::vector<sluice::eval::BaselineSettings> settings{{0.8, 9, 4.5}, {0.9, 3, 1.25}};
  std::ofstream(options.bundle / sluice::eval::kBaselineFile) << sluice::eval::baseline_text(settings);
  const std::string text = output_of(options);
  CHECK(text.find("\"every_nth_rate\"") != std::string::npos);
  CHECK(text.find("every n-th frame, n = 3") != std::string::npos);
  CHECK(text.find("chosen on the calibration split") != std::string::npos);
  CHECK(text.find("is not known") == std::string::npos);
  std::ofstream(options.bundle / sluice::eval::kBaselineFile)
      << sluice::eval::baseline_text(std::span(settings).first(1));
  CHECK(output_of(options).find("baselines.json has none for a target of 0.9") != std::string::npos);
  std::ofstream(options.bundle / sluice::eval::kBaselineFile) << "[{\"target\": 0.9}]";
  CHECK(sluice::eval::run_eval(options, stdout, nullptr).error().message.find("every_nth") != std::string::npos);
}

TEST_CASE("what is missing is named") {
  TemporaryFolder folder;
  EvalOptions options;
  options.name = "toy";
  options.bundle = folder.path() / "nobundle";
  CHECK(sluice::eval::run_eval(options, stdout, nullptr).error().message.find("nobundle") != std::string::npos);
  write_toy_bundle(folder.path() / "bundle");
  options.bundle = folder.path() / "bundle";
  options.data = folder.path() / "nodata";
  CHECK(sluice::eval::run_eval(options, stdout, nullptr).error().message.find("nodata") != std::string::npos);
}

TEST_CASE("a bundle part that was changed is refused") {
  TemporaryFolder folder;
  write_toy_bundle(folder.path() / "bundle");
  std::ofstream(folder.path() / "bundle" / "filter.onnx", std::ios::app) << 'x';
  CHECK(sluice::bundle::read_bundle(folder.path() / "bundle").error().code == sluice::ErrorCode::kBundlePartCorrupt);
  std::filesystem::remove(folder.path() / "bundle" / "filter.onnx");
  CHECK(sluice::bundle::read_bundle(folder.path() / "bundle").error().code == sluice::ErrorCode::kBundlePartMissing);
}

TEST_CASE("a bundle of another kind than eval measures is refused with the kinds that it does") {
  TemporaryFolder folder;
  EvalOptions options;
  options.name = "toy";
  options.bundle = folder.path() / "bundle";
  const auto refused = [&](const sluice::input::InputSpec& input, const std::string& decoder) {
    write_toy_bundle(options.bundle);
    auto bundle = sluice::bundle::read_bundle(options.bundle);
    REQUIRE(bundle.has_value());
    bundle->manifest.model.input = input;
    bundle->manifest.model.output.decoder = decoder;
    bundle->manifest.questions.clear();
    bundle->manifest.agree_when.rule = "numbers";
    REQUIRE(sluice::bundle::replace_bundle(options.bundle, std::move(*bundle)).has_value());
    const auto done = sluice::eval::run_eval(options, stdout, nullptr);
    REQUIRE_FALSE(done.has_value());
    CHECK(done.error().code == sluice::ErrorCode::kInvalidArgument);
    return done.error().message;
  };
  CHECK(refused(sluice::input::AudioSpec{16000, 1, 16000, 0, 1}, "none") ==
        "the bundle 'toy' is about inputs of the kind 'audio', with the decoder 'none'; eval measures bundles about "
        "pictures (the "
        "kind 'image') whose results are detections (a decoder other than 'none')");
  CHECK(refused(sluice::test::toy_spec().input, "none").find("'image', with the decoder 'none'; eval") !=
        std::string::npos);
}

TEST_CASE("what no threshold is strict enough for is not answered: the table says so, JSON has null") {
  sluice::eval::ReportSubject subject;
  subject.reuses = true;
  subject.setting.target = 0.9;
  subject.setting.skip = {0.02F, 0.4F};
  const std::string text = sluice::eval::table({}, subject);
  CHECK(text.find("skip below 0.40000") != std::string::npos);
  CHECK(text.find("reuse nothing: no distance is strict enough") != std::string::npos);
  subject.setting.skip = {};
  CHECK(sluice::eval::table({}, subject).find("skip nothing: no threshold is strict enough") != std::string::npos);
  const std::string json = sluice::eval::json_line({}, subject);
  CHECK(json.find("\"threshold\":null") != std::string::npos);
  CHECK(json.find("\"distance_cap\":null") != std::string::npos);
}
