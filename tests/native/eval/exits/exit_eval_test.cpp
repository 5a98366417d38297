// `sluice eval` on bundles with exits from end to end: pictures of one colour, whose answers the toy model is sure of.
#include "native/eval/exits/exit_eval.hpp"

#include <doctest/doctest.h>
#include <rapidjson/document.h>

#include <cstdio>
#include <filesystem>
#include <fstream>

#include "native/eval/exits/exit_family.hpp"
#include "native/eval/exits/wasm_times.hpp"
#include "tests/native/exit_bundle.hpp"
#include "tests/native/temporary_folder.hpp"

namespace {

namespace fs = std::filesystem;
using namespace sluice;
using namespace sluice::eval;
using test::TemporaryFolder;

// Two pictures of red and two of green, as portable pixmaps.
void write_pictures(const fs::path& folder) {
  for (const auto& [name, colour] : {std::pair{"green", 1}, std::pair{"red", 0}}) {
    fs::create_directories(folder / name);
    for (const char* picture : {"1.ppm", "2.ppm"}) {
      std::ofstream file(folder / name / picture, std::ios::binary);
      file << "P6\n8 8\n255\n";
      for (int i = 0; i < 64; ++i) {
        for (int channel = 0; channel < 3; ++channel) file.put(static_cast<char>(channel == colour ? 255 : 0));
      }
    }
  }
}

struct Said {
  Result<void> done;
  std::string text;
};
Said eval_of(const EvalOptions& options) {
  std::FILE* file = std::tmpfile();
  REQUIRE(file != nullptr);
  Said said{run_eval(options, file, nullptr), {}};
  std::rewind(file);
  for (int c = std::fgetc(file); c != EOF; c = std::fgetc(file)) said.text += static_cast<char>(c);
  std::fclose(file);
  return said;
}

rapidjson::Document last_line(const std::string& text) {
  rapidjson::Document json;
  json.Parse(text.substr(text.rfind('{')));
  REQUIRE_FALSE(json.HasParseError());
  return json;
}

EvalOptions options_for(const TemporaryFolder& folder, const char* bundle) {
  EvalOptions options;
  options.name = bundle;
  options.bundle = folder.path() / bundle;
  options.data = folder.path() / "pictures";
  options.json = true;
  options.target = 0.8;
  options.wasm_program = folder.path() / "none.js";
  return options;
}

}  // namespace

TEST_CASE("a name stands for the bundles that it begins, and each is measured beside other systems") {
  TemporaryFolder folder;
  write_pictures(folder.path() / "pictures");
  for (const char* member : {"toy-a", "toy-b"}) test::write_exit_bundle(folder.path() / member);
  fs::create_directories(folder.path() / "toy-baselines");  // no bundle
  EvalOptions options = options_for(folder, "toy");
  options.plot = folder.path() / "plot.svg";
  options.baselines = folder.path() / "points.jsonl";
  std::ofstream(options.baselines) << R"({"system":"made-up","accuracy":1,"macs_mean":9000})" << "\n";
  const Said said = eval_of(options);
  REQUIRE_MESSAGE(said.done.has_value(), describe(said.done.error()));
  CHECK(said.text.find("made-up") != std::string::npos);
  CHECK(fs::exists(options.plot));
  const auto json = last_line(said.text);
  CHECK(json["bundle"] == "toy");
  CHECK(json["exits_cost_share"].GetDouble() > 0);
  CHECK(json["macs_over_branchynet"].IsNull());
  CHECK(json["a_ms_over_backbone_wasm"].IsNull());
  CHECK(json["a_ms_over_backbone_native"].GetDouble() > 0);
  CHECK(json["b_macs_over_backbone"].GetDouble() < 1);

  options.every = 2;  // what others did on all pictures is no match for it
  const Said part = eval_of(options);
  REQUIRE_MESSAGE(part.done.has_value(), describe(part.done.error()));
  CHECK(part.text.find("made-up") == std::string::npos);
  CHECK(part.text.find("Other systems are left out") != std::string::npos);
}

TEST_CASE("a bundle's own name measures it alone, and options without meaning are refused") {
  TemporaryFolder folder;
  write_pictures(folder.path() / "pictures");
  test::write_exit_bundle(folder.path() / "toy-a");
  EvalOptions options = options_for(folder, "toy-a");
  const Said said = eval_of(options);
  REQUIRE_MESSAGE(said.done.has_value(), describe(said.done.error()));
  const auto json = last_line(said.text);
  CHECK(json["samples"].GetUint64() == 4);
  CHECK(json["exits_kept"].GetUint64() == 2);
  CHECK(said.text.find("too few pictures to calibrate anew") != std::string::npos);
  CHECK(json["promise_each_exit_kept_share"].IsNull());
  options.target.reset();
  CHECK(last_line(eval_of(options).text)["target"].GetDouble() == 0.8);  // the bundle's own
  options.stream = true;
  CHECK(eval_of(options).done.error().code == ErrorCode::kInvalidArgument);
  options.stream = false;
  options.baselines = folder.path() / "nowhere.jsonl";
  CHECK(eval_of(options).done.error().code == ErrorCode::kIoError);
}

TEST_CASE("a bundle with a cut is measured between a device and a server as well") {
  TemporaryFolder folder;
  write_pictures(folder.path() / "pictures");
  test::write_cut_bundle(folder.path() / "toy-cut");
  const Said said = eval_of(options_for(folder, "toy-cut"));
  REQUIRE_MESSAGE(said.done.has_value(), describe(said.done.error()));
  CHECK(said.text.find("Cut at 'relu_0'") != std::string::npos);
  const auto json = last_line(said.text);
  CHECK(json["cut_target"].GetDouble() == 0.8);
  for (const char* system : {"  exits and cut          ", "  the cut without exits", "  exits on the device"}) {
    CHECK_MESSAGE(said.text.find(system) != std::string::npos, said.text);
  }
  // The model is timed once.
  const std::size_t whole = said.text.find("One thread, natively: ") + 22;
  const std::string ms = said.text.substr(whole, said.text.find(" ms whole", whole) - whole);
  CHECK_MESSAGE(said.text.find(ms + " the\n  whole model") != std::string::npos, said.text);
  CHECK(json["cut_share_device"].GetDouble() == 1);  // of pure colours the first exit is sure
  CHECK(json["cut_agreement"].GetDouble() == 1);
  CHECK(json["cut_bytes_mean"].GetDouble() == 0);
  CHECK(json["cut_split_alone_share_end"].GetDouble() == 1);
  CHECK(json["cut_split_alone_bytes_sent_p95"].GetDouble() > 0);
  CHECK(json["cut_exits_alone_share_device"].GetDouble() == 1);
  CHECK(json["cut_picture_bytes_mean"].GetDouble() > 100);  // a JPEG's tables alone
  CHECK(json["cut_picture_ms_2mbit_mean"].GetDouble() > json["cut_picture_ms_6mbit_mean"].GetDouble());
}

TEST_CASE("a family's members carry one more word, and a bundle has no family beside itself") {
  TemporaryFolder folder;
  for (const char* name : {"x-a", "x-b", "x-a-b", "xy-c"}) test::write_exit_bundle(folder.path() / name);
  const auto members = find_family(folder.path() / "x");
  REQUIRE(members.size() == 2);
  CHECK(members[0].filename() == "x-a");
  CHECK(find_family(folder.path() / "x-a").empty());
  CHECK(find_family("/nowhere/x").empty());
  CHECK(family_of("cifar10-exits-vgg").family == "cifar10-exits");
  CHECK(family_of("cifar10-exits-vgg").member == "vgg");
  CHECK(family_of("toy").member.empty());
}

TEST_CASE("times are read as the program prints them, and without it there are none") {
  const auto times = parse_times(times_json({9.5, {3.25, 4}}));
  REQUIRE(times.has_value());
  CHECK(times->whole_ms == 9.5);
  CHECK(times->points_ms == std::vector<double>{3.25, 4});
  for (const char* wrong : {"", "[]", R"({"whole_ms":1})", R"({"whole_ms":1,"points_ms":[null]})"}) {
    CHECK(parse_times(wrong).error().code == ErrorCode::kExecutionFailed);
  }
  const auto none = time_exits_in_wasm("/nowhere/bench.js", "/nowhere", {}, nullptr);
  REQUIRE(none.has_value());
  CHECK_FALSE(none->has_value());
}
