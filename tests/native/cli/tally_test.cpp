#include "native/cli/tally.hpp"

#include <doctest/doctest.h>

#include <cctype>

#include "core/output/detection.hpp"
#include "core/pipeline/stale_answer.hpp"
#include "core/questions/skip/skip_question.hpp"
#include "native/bundle/question_rows.hpp"
#include "native/cli/run_report.hpp"
#include "tests/native/child_process.hpp"
#include "tests/native/cli/last_json.hpp"
#include "tests/native/temporary_folder.hpp"

using namespace sluice;
using namespace sluice::cli;
using pipeline::Answer;
using pipeline::AnswerKind;

namespace {

Answer answer(AnswerKind kind, std::uint64_t bytes_up = 0, int gate_us = 1000) {
  Answer result;
  result.kind = kind;
  result.cost.gate = Duration(gate_us);
  result.cost.bytes_up = bytes_up;
  result.cost.round_trip = Duration(5000);
  result.cost.local_compute = Duration(7000);
  return result;
}

}  // namespace

TEST_CASE("a mean and a nearest-rank quantile") {
  StageTimes times;
  CHECK(times.mean_ms() == 0);
  CHECK(times.quantile_ms(0.95) == 0);
  for (int i = 1; i <= 20; ++i) times.add(Duration(i * 1000));
  CHECK(times.mean_ms() == doctest::Approx(10.5));
  CHECK(times.quantile_ms(0.95) == doctest::Approx(19));
  CHECK(times.quantile_ms(0) == doctest::Approx(1));
  CHECK(times.quantile_ms(1) == doctest::Approx(20));
}

TEST_CASE("every outcome counts once, under its kind") {
  Tally tally;
  for (int i = 0; i < 6; ++i) tally.add(answer(AnswerKind::kSkipped));
  for (int i = 0; i < 3; ++i) tally.add(answer(AnswerKind::kRemote, 1000));
  tally.add(answer(AnswerKind::kLocal));
  tally.add(pipeline::Failed{1, {ErrorCode::kSuperseded, ""}, {}});
  tally.add(pipeline::Failed{2, {ErrorCode::kConnectionLost, ""}, {}});
  tally.add(pipeline::Failed{3, {ErrorCode::kConnectionLost, ""}, {}});
  CHECK(tally.skipped == 6);
  CHECK(tally.remote == 3);
  CHECK(tally.local == 1);
  CHECK(tally.run() == 4);
  CHECK(tally.superseded == 1);
  CHECK(tally.failures() == 2);
  CHECK(tally.failed.at("connection_lost") == 2);
  CHECK(tally.filter_rate() == doctest::Approx(0.6));
  CHECK(tally.gate.count() == 10);
  CHECK(tally.round_trip.count() == 3);
  CHECK(tally.local_compute.count() == 1);
}

TEST_CASE("reused, exited and split answers are counted each by itself, not as remote ones") {
  Tally tally;
  tally.add(answer(AnswerKind::kSkipped));
  for (int i = 0; i < 2; ++i) tally.add(answer(AnswerKind::kReused));
  for (int i = 0; i < 3; ++i) tally.add(answer(AnswerKind::kExited));
  for (int i = 0; i < 4; ++i) tally.add(answer(AnswerKind::kSplit, 500));
  for (int i = 0; i < 5; ++i) tally.add(answer(AnswerKind::kRemote, 1000));
  for (int i = 0; i < 6; ++i) tally.add(answer(AnswerKind::kLocal));
  CHECK(tally.reused == 2);
  CHECK(tally.exited == 3);
  CHECK(tally.split == 4);
  CHECK(tally.remote == 5);
  CHECK(tally.run() == 15);
  CHECK(tally.answered() == 21);
  CHECK(tally.filter_rate() == doctest::Approx(3.0 / 21));
  CHECK(tally.round_trip.count() == 9);
  CHECK_FALSE(tally.bytes_of_all());  // features are not the size of their pictures
  pipeline::Manifest manifest;
  const std::string json = run_json(tally, manifest, {});
  for (const char* field :
       {"\"skipped\":1", "\"reused\":2", "\"exited\":3", "\"split\":4", "\"remote\":5", "\"local\":6"})
    CHECK_MESSAGE(json.find(field) != std::string::npos, field);
  const std::string table = run_table(tally, manifest, {});
  CHECK(table.find("reused         2") != std::string::npos);
  CHECK(table.find("exited early   3") != std::string::npos);
  CHECK(table.find("(5 on the server, 6 here, 4 in two halves)") != std::string::npos);
}

TEST_CASE("guesses are counted among the answers of both halves, with what kept a better one away") {
  Tally tally;
  for (const std::int32_t channels : {24, 0, 0}) {
    Answer split = answer(AnswerKind::kSplit);
    split.reason = "nothing better came, the " + std::to_string(++tally.frames) + ". time";
    const std::vector<std::int32_t> count{channels};
    split.outputs.push_back({"channels", *Tensor::copy_of(*view_of(std::span<const std::int32_t>(count), {1}))});
    tally.add(split);
  }
  CHECK(tally.split == 3);
  CHECK(tally.guessed == 2);
  CHECK(run_table(tally, {}, {})
            .find("guessed      2  66.7 %  by this device's half alone; first: nothing better came, the 2.") !=
        std::string::npos);
  CHECK(run_json(tally, {}, {}).find("\"guessed\":2") != std::string::npos);
}

TEST_CASE("a guess with an older answer put to it is counted by itself, and is no guess") {
  Tally tally;
  tally.frames = 2;
  for (const char* why : {"from 0 channels of features, with the answer about a picture 40 ms before", "too late"}) {
    Answer split = answer(AnswerKind::kSplit);
    split.reason = why;
    const std::vector<std::int32_t> count{0};
    split.outputs.push_back({"channels", *Tensor::copy_of(*view_of(std::span<const std::int32_t>(count), {1}))});
    tally.add(split);
  }
  CHECK(pipeline::tells_of_stale("sure, " + pipeline::stale_reason(std::chrono::milliseconds(40))));
  CHECK(tally.split == 2);
  CHECK(tally.stale == 1);
  CHECK(tally.guessed == 1);
  CHECK(tally.why_guessed == "too late");
  CHECK(run_table(tally, {}, {}).find("    stale        1  50.0 %  by this device's half, with the server's") !=
        std::string::npos);
  CHECK(run_json(tally, {}, {}).find("\"guessed\":1,\"stale\":1") != std::string::npos);
}

TEST_CASE("a mean cost that the target does not leave room for is told, one missed by the first frame alone is not") {
  Tally tally;
  tally.frames = 4;
  tally.model_multiply_adds = 1000;
  pipeline::Manifest manifest;
  manifest.exits = pipeline::ExitsSpec{"exits", {}, {{"a", "x"}}, {}, {}};
  RunOptions options;
  options.exits_mean_cost = 0.25F;
  const auto add = [&](std::uint64_t multiply_adds) {
    Answer exited = answer(AnswerKind::kExited);
    exited.cost.local_multiply_adds = multiply_adds;
    tally.add(exited);
  };
  add(1000);
  add(250);
  CHECK(run_table(tally, manifest, options).find("--exits-mean-cost") == std::string::npos);
  CHECK(run_json(tally, manifest, options).find("\"mean_cost_kept\":true") != std::string::npos);
  add(800);
  const std::string soon = run_table(tally, manifest, options);
  CHECK(soon.find("more than the 25.0 % of --exits-mean-cost, after 3 frames: it is not come to yet") !=
        std::string::npos);
  CHECK(soon.find("the target takes it") == std::string::npos);
  CHECK(run_json(tally, manifest, options).find("\"mean_cost_kept\":false") != std::string::npos);
  CHECK(run_json(tally, manifest, {}).find("mean_cost_kept") == std::string::npos);
  for (int i = 0; i < 60; ++i) add(800);
  CHECK(run_table(tally, manifest, options).find("of --exits-mean-cost: the target takes it, and is kept") !=
        std::string::npos);
}

TEST_CASE("exits are counted by their place, and multiply-adds over the frames that have some") {
  Tally tally;
  tally.frames = 4;
  tally.model_multiply_adds = 1000;
  CHECK_FALSE(tally.multiply_adds_share());
  pipeline::Manifest manifest;
  manifest.exits = pipeline::ExitsSpec{"exits", {}, {{"a", "x"}, {"b", "y"}, {"c", "z"}}, {}};
  for (const std::int32_t place : {0, 2, 2}) {
    Answer exited = answer(AnswerKind::kExited);
    exited.cost.local_multiply_adds = place == 0 ? 100 : 700;
    const std::vector<std::int32_t> depth{place};
    exited.outputs.push_back({"exit", *Tensor::copy_of(*view_of(std::span<const std::int32_t>(depth), {1}))});
    tally.add(exited);
  }
  tally.add(answer(AnswerKind::kSkipped));
  CHECK(tally.exited == 3);
  CHECK(*tally.multiply_adds_share() == doctest::Approx(0.5));
  const std::string json = run_json(tally, manifest, {});
  CHECK(json.find("\"exited_at_1\":1,\"exited_at_2\":0,\"exited_at_3\":2,\"multiply_adds_share\":0.5") !=
        std::string::npos);
  const std::string table = run_table(tally, manifest, {});
  CHECK(table.find("    exit 3        2  50.0 %") != std::string::npos);
  CHECK(table.find("multiply-adds    50.0 % of the model's") != std::string::npos);
}

TEST_CASE("an audit counts skipped and reused frames alike, and says nothing of exited ones") {
  Tally tally;
  for (int i = 0; i < 2; ++i) tally.add(answer(AnswerKind::kSkipped));
  for (int i = 0; i < 2; ++i) tally.add(answer(AnswerKind::kReused));
  tally.audited = 4;
  tally.audit_agreed = 3;
  CHECK(*tally.agreement() == doctest::Approx(0.75));
  tally.add(answer(AnswerKind::kExited));
  CHECK_FALSE(tally.agreement());
}

TEST_CASE("what sending every frame would have cost comes from the sample, or else from those sent") {
  Tally tally;
  for (int i = 0; i < 4; ++i) tally.add(answer(AnswerKind::kSkipped));
  CHECK_FALSE(tally.bytes_of_all());
  for (int i = 0; i < 2; ++i) tally.add(answer(AnswerKind::kRemote, 1000));
  CHECK(*tally.bytes_of_all() == doctest::Approx(2000 + 4 * 1000));
  tally.sampled = 2;
  tally.sampled_bytes = 600;
  CHECK(*tally.bytes_of_all() == doctest::Approx(2000 + 4 * 300));
}

TEST_CASE("agreement counts run frames as right and skipped ones by the audit") {
  Tally tally;
  CHECK_FALSE(tally.agreement());
  for (int i = 0; i < 6; ++i) tally.add(answer(AnswerKind::kSkipped));
  for (int i = 0; i < 4; ++i) tally.add(answer(AnswerKind::kRemote, 1000));
  tally.audited = 6;
  tally.audit_agreed = 5;
  CHECK(*tally.agreement() == doctest::Approx(0.9));
}

TEST_CASE("detections are counted over the results that hold some") {
  Tally tally;
  Answer two = answer(AnswerKind::kRemote);
  two.outputs.push_back({std::string(output::kDetectionsName), std::move(*output::to_tensor({{}, {}}))});
  tally.add(two);
  Answer other = answer(AnswerKind::kRemote);
  other.outputs.push_back({"mean", std::move(*Tensor::create(DataType::kFloat32, {7, 15}))});
  tally.add(other);
  CHECK(tally.detections == 2);
}

TEST_CASE("an empty run makes a table and JSON without infinities") {
  pipeline::Manifest manifest;
  manifest.name = "empty";
  manifest.version = "1";
  const std::string json = run_json({}, manifest, {});
  CHECK(json.find("\"frames\":0") != std::string::npos);
  CHECK(json.find("\"agreement\":null") != std::string::npos);
  CHECK(json.find("nan") == std::string::npos);
  CHECK(json.find("inf") == std::string::npos);
  CHECK(run_table({}, manifest, {}).find("frames           0") != std::string::npos);
}

TEST_CASE("the table gives the target as it was asked for, and says where no threshold is strict enough for it") {
  auto skip = std::make_shared<questions::SkipSpec>();
  skip->operating_points = {{0.9F, 0.95F, 0.5F, 0.4F}, {0.98F, 0.95F, 0.1F, 0.2F}};
  pipeline::Manifest manifest;
  manifest.name = "bright";
  manifest.version = "1";
  manifest.questions = {{bundle::question_row("skip"), skip}};
  RunOptions options;
  options.target = 0.975F;
  CHECK(run_table({}, manifest, options).find("accuracy target 97.5 %,") != std::string::npos);
  CHECK(run_table({}, manifest, options).find("no threshold") == std::string::npos);
  options.target = 0.985F;
  const std::string table = run_table({}, manifest, options);
  CHECK(table.find("accuracy target 98.5 %,") != std::string::npos);
  CHECK(table.find("no threshold is strict enough for it, so every frame goes to the full model") != std::string::npos);
}

TEST_CASE("exits that answered for want of better, and what a server went on with, are counted each by itself") {
  Tally tally;
  tally.frames = 6;
  tally.model_multiply_adds = 1000;
  pipeline::Manifest manifest;
  manifest.exits = pipeline::ExitsSpec{"exits", {}, {{"a", "x"}, {"b", "y"}, {"c", "z"}}, {}, {}};
  manifest.exits->cut = pipeline::ExitCutSpec{0, "coding", {0, 1}, {}};
  const auto with_exit = [](AnswerKind kind, std::int32_t place, std::uint64_t bytes_up = 0) {
    Answer got = answer(kind, bytes_up);
    const std::vector<std::int32_t> depth{place};
    got.outputs.push_back({"logits", *Tensor::create(DataType::kFloat32, {1, 2})});
    got.outputs.push_back({"exit", *Tensor::copy_of(*view_of(std::span<const std::int32_t>(depth), {1}))});
    return got;
  };
  tally.add(with_exit(AnswerKind::kExited, 0));
  for (int i = 0; i < 2; ++i) {
    Answer unsure = with_exit(AnswerKind::kExited, 0);
    unsure.stopgap = true;
    unsure.reason = "the " + std::to_string(i + 1) + ". time";
    tally.add(unsure);
  }
  for (const std::int32_t place : {1, 2}) tally.add(with_exit(AnswerKind::kSplit, place, 400));
  Answer whole = answer(AnswerKind::kSplit, 400);
  whole.outputs.push_back({"logits", *Tensor::create(DataType::kFloat32, {1, 2})});
  tally.add(whole);
  CHECK(tally.exited == 1);
  CHECK(tally.unsure == 2);
  CHECK(tally.cut == 3);
  CHECK(tally.split == 0);
  CHECK(tally.answered() == 6);
  CHECK(tally.bytes_up == 1200);
  CHECK_FALSE(tally.bytes_of_all());  // coded tensors are not the size of their pictures
  tally.sampled = 2;
  tally.sampled_bytes = 3000;
  // Four pictures of 1500 bytes in place of the exited one and the three behind the cut; what was for want of better saves nothing.
  CHECK(*tally.bytes_of_all() == doctest::Approx(4 * 1500));
  CHECK_FALSE(tally.agreement());
  const std::string json = run_json(tally, manifest, {});
  CHECK(json.find("\"exited_unsure\":2,\"split_exited_at_2\":1,\"split_exited_at_3\":1,\"split\":3") !=
        std::string::npos);
  const std::string table = run_table(tally, manifest, {});
  CHECK(table.find("  exited early   1  16.7 %") != std::string::npos);
  CHECK(table.find("  exited unsure  2  33.3 %  for want of better; first: the 1. time") != std::string::npos);
  CHECK(table.find("  split          3  50.0 %  by the server, which went on from the cut") != std::string::npos);
  CHECK(table.find("every frame as a picture would have been about 6.00 kB: 80.0 % saved") != std::string::npos);
}

TEST_CASE("what answers for want of better boasts of no bytes saved") {
  Tally tally;
  tally.sampled = 1;
  tally.sampled_bytes = 1000;
  for (const std::uint64_t sent : {0U, 400U}) {
    Answer unsure = answer(AnswerKind::kExited, sent);
    unsure.stopgap = true;
    tally.add(unsure);
  }
  CHECK_FALSE(tally.bytes_of_all());
  CHECK(run_table(tally, {}, {}).find("saved") == std::string::npos);
}

TEST_CASE("a frame whose answer did not come in time has no round trip, and where none has there is no such line") {
  Tally tally;
  Answer late = answer(AnswerKind::kSplit, 400);
  late.cost.round_trip = Duration(0);
  tally.add(late);
  CHECK(tally.encode.count() == 1);
  CHECK(run_table(tally, {}, {}).find("round trip") == std::string::npos);
  CHECK(run_json(tally, {}, {}).find("\"round_trip_ms\":null,\"server_queue_ms\":null") != std::string::npos);
}

TEST_CASE("a target above those of the cut is told to send pictures") {
  pipeline::Manifest manifest;
  manifest.exits = pipeline::ExitsSpec{"exits", {}, {{"a", "x"}}, {}, {}};
  manifest.exits->cut = pipeline::ExitCutSpec{0, "coding", {0, 1}, {{0.985F, {0.9F}}}};
  RunOptions options;
  options.target = 0.985F;
  CHECK(run_table({}, manifest, options).find("above the cut's") == std::string::npos);
  options.target = 0.99F;
  CHECK(run_table({}, manifest, options)
            .find("above the cut's 98.5 %: pictures are sent whole, as JPEG, to which no target applies\n") !=
        std::string::npos);
  options.place = pipeline::ModelPlace::kLocal;
  CHECK(run_table({}, manifest, options).find("above the cut's") == std::string::npos);
}

TEST_CASE(
    "placed frames are counted by the kind of their answer, with expected and actual times, and duplicates by what "
    "became of them") {
  cli::Tally tally;
  for (const float took : {60.0F, 80.0F}) {
    pipeline::Answer answer;
    pipeline::PlacementRecord placed;
    placed.count = 1;
    placed.considered[0] = {
        .kind = adapt::AnswerKind::kSendFile, .form = pipeline::Form::kFile, .predicted = {50, 60}, .bytes = 1000};
    placed.actual_ms = took;
    placed.actual_bytes = 1100;
    placed.duplicate = took < 70 ? pipeline::Duplicate::kSkipped : pipeline::Duplicate::kWon;
    answer.placement = std::make_unique<const pipeline::PlacementRecord>(placed);
    tally.add(answer);
  }
  REQUIRE(tally.placed_as.size() == 1);
  CHECK(tally.placed_as.at("file").predicted.mean_ms() == 50);
  CHECK(tally.placed_as.at("file").took.mean_ms() == 70);
  CHECK(tally.placed_as.at("file").bytes == 2200);
  CHECK(tally.duplicates.at("skipped") == 1);
  CHECK(tally.duplicates.at("won") == 1);
}

TEST_CASE("RUN_JSON.md lists every key, those of early exits by N") {
  pipeline::Manifest manifest;
  manifest.exits = pipeline::ExitsSpec{"exits", {}, {{"a", "x"}, {"b", "y"}}, {}, {}};
  manifest.exits->cut = pipeline::ExitCutSpec{0, "coding", {0, 1}, {}};
  RunOptions options;
  options.exits_mean_cost = 0.5F;
  const std::string page = test::read_file(std::string(SLUICE_SOURCE) + "/native/cli/RUN_JSON.md");
  const auto json = test::last_json(run_json({}, manifest, options));
  CHECK(json.HasMember("split_exited_at_2"));
  for (const auto& member : json.GetObject()) {
    std::string key = member.name.GetString();
    if (std::isdigit(static_cast<unsigned char>(key.back())) != 0) key.back() = 'N';
    CHECK_MESSAGE(page.find('`' + key + '`') != std::string::npos, key);
  }
}
