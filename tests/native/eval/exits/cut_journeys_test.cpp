// What becomes of inputs between a device and a server, by hand; and that it is what the live client and server do.
#include "native/eval/exits/cut_journeys.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>

#include "core/pipeline/exit_cut.hpp"
#include "core/run/network.hpp"
#include "native/eval/exits/cut_report.hpp"
#include "tests/core/exit/toy_cut.hpp"
#include "tests/native/exit_bundle.hpp"
#include "tests/native/temporary_folder.hpp"

using namespace sluice;
using namespace sluice::eval;
using doctest::Approx;

namespace {

// Two exits, cut at the first. The first input is sure there, the second behind it, the third nowhere.
CutMeasurement three_inputs() {
  CutMeasurement measured;
  measured.profile.exits = {{{0.9F, true, true}, {0.2F, false, false}, {0.1F, false, false}},
                            {{0.9F, true, true}, {0.8F, true, false}, {0.3F, false, false}},
                            {{kAlwaysSure, true, true}, {kAlwaysSure, true, false}, {kAlwaysSure, false, true}}};
  measured.profile.full_right = {1, 0, 0};
  measured.bytes = {100, 200, 300};
  measured.full = {0, 1, 2};
  return measured;
}

JourneyCosts costs() {
  return {{{10, 20, 30}, {1, 2}},
          {.stages_ms = {1, 2, 3},
           .branches_ms = {0.25, 0.5},
           .code_ms = 0.125,
           .decode_ms = 4,
           .jpeg_ms = 0.5,
           .picture_ms = 0.75,
           .whole_ms = 5}};
}

}  // namespace

TEST_CASE("inputs leave on the device, at an exit of the server or at the end, and cost what ran on either side") {
  const CutMeasurement measured = three_inputs();
  const auto journeys = journeys_by_cut(measured, 0, costs(), std::array{0.5F, 0.5F});
  REQUIRE(journeys.size() == 3);
  CHECK(journeys[0].by == Answerer::kDeviceExit);
  CHECK(journeys[0].bytes == 0);
  CHECK(journeys[0].device_macs == 11);
  CHECK(journeys[0].server_macs == 0);
  CHECK(journeys[0].device_ms == Approx(1.25));
  CHECK(journeys[1].by == Answerer::kServerExit);
  CHECK(journeys[1].bytes == 200);
  CHECK(journeys[1].device_macs == 11);
  CHECK(journeys[1].server_macs == 22);
  CHECK(journeys[1].device_ms == Approx(1.375));
  CHECK(journeys[1].server_ms == Approx(6.5));
  CHECK(journeys[2].by == Answerer::kEnd);
  CHECK_FALSE(journeys[2].agrees);
  CHECK(journeys[2].right);
  CHECK(journeys[2].server_macs == 52);
  // Ten times the device's part, 200 bytes at 2 Mbit/s, the way there and back, the server's part.
  CHECK(latency_ms(journeys[1], 10, 2) == Approx(13.75 + 0.8 + kCutRoundTripMs + 6.5));
  CHECK(latency_ms(journeys[0], 10, 2) == Approx(12.5));
}

TEST_CASE("closed exits do not run, but for the one at the cut; without exits none does") {
  const CutMeasurement measured = three_inputs();
  const auto closed = journeys_by_cut(measured, 0, costs(), std::array{kClosed, kClosed});
  CHECK(closed[0].by == Answerer::kEnd);
  CHECK(closed[0].device_macs == 11);
  CHECK(closed[0].server_macs == 50);
  const auto alone = journeys_by_cut(measured, 0, costs(), std::nullopt);
  CHECK(alone[0].device_macs == 10);
  CHECK(alone[0].device_ms == Approx(1.125));
  CHECK(alone[2].bytes == 300);
  ExitProfile device = measured.profile;
  device.exits.pop_back();
  const auto here = journeys_on_device(device, costs(), std::array{0.5F, kClosed});
  CHECK(here[0].by == Answerer::kDeviceExit);
  CHECK(here[1].by == Answerer::kEnd);
  CHECK(here[1].agrees);  // the end is the model itself
  CHECK(here[1].device_macs == 61);
  CHECK(here[1].bytes == 0);
  CHECK(latency_ms(here[1], 1, 2) == Approx(6.25));
  const auto pictures = journeys_of_pictures(std::array{SentPicture{1000, false, true}}, costs());
  CHECK(pictures[0].server_macs == 60);
  CHECK(latency_ms(pictures[0], 10, 6) == Approx(5 + 8000.0 / 6000 + kCutRoundTripMs + 5.75));
}

TEST_CASE("figures are shares, means and quantiles, of bytes also over those that were sent") {
  const auto journeys = journeys_by_cut(three_inputs(), 0, costs(), std::array{0.5F, 0.5F});
  const JourneyFigures figures = figures_of(journeys, 10);
  CHECK(figures.device_exits == Approx(1.0 / 3));
  CHECK(figures.server_exits == Approx(1.0 / 3));
  CHECK(figures.at_end == Approx(1.0 / 3));
  CHECK(figures.agreement == Approx(2.0 / 3));
  CHECK(figures.accuracy == Approx(2.0 / 3));
  CHECK(figures.bytes_sent.mean == Approx(250));
  CHECK(figures.bytes_sent.p50 == 200);
  CHECK(figures.bytes.mean == Approx(500.0 / 3));
  CHECK(figures.bytes.p95 == 300);
  CHECK(figures.device_macs == Approx(11));
  CHECK(figures.latency_ms[0].p50 == Approx(latency_ms(journeys[1], 10, 2)));
  CHECK(figures_of({}, 10).bytes_sent.mean == 0);
  CHECK(spread_of({3}).p95 == 3);
}

TEST_CASE("the report compares with the picture, and has a key for each figure or says that there is none") {
  CutReport report;
  report.tensor = "relu";
  report.model_macs = 60;
  report.slowdown = 10;
  report.with_exits = {{0.9, figures_of(journeys_by_cut(three_inputs(), 0, costs(), std::array{0.5F, 0.5F}), 10)}};
  report.split_alone = figures_of(journeys_by_cut(three_inputs(), 0, costs(), std::nullopt), 10);
  report.picture = figures_of(journeys_of_pictures(std::array{SentPicture{1000, true, true}}, costs()), 10);
  report.rgb = figures_of(journeys_of_pixels(three_inputs().profile, 3072, costs()), 10);
  const auto keys_of = [&] {
    std::vector<std::pair<std::string, std::optional<double>>> keys;
    each_cut_key(report, [&](const std::string& name, std::optional<double> value) { keys.emplace_back(name, value); });
    return keys;
  };
  CHECK(cut_table(report).find("No point of the cut promises the target") != std::string::npos);
  for (const auto& [name, value] : keys_of()) {
    CHECK(name.starts_with("cut_"));
    const bool measured =
        name.starts_with("cut_split_alone_") || name.starts_with("cut_picture_") || name.starts_with("cut_rgb_");
    CHECK_MESSAGE(value.has_value() == measured, name);
  }
  report.chosen = 0;
  const std::string text = cut_table(report);
  CHECK(text.find("Cut at 'relu'") != std::string::npos);
  CHECK(text.find("slower at 6 Mbit/s") != std::string::npos);
  const auto keys = keys_of();
  const auto value = [&](const std::string& name) {
    const auto found = std::ranges::find(keys, name, &std::pair<std::string, std::optional<double>>::first);
    REQUIRE_MESSAGE(found != keys.end(), name);
    return found->second.value_or(-1);
  };
  CHECK(value("cut_target") == 0.9);
  CHECK(value("cut_share_device") == Approx(1.0 / 3));
  CHECK(value("cut_bytes_sent_p95") == 300);
  CHECK(value("cut_device_macs") == Approx(11.0 / 60));
  CHECK(value("cut_split_alone_share_end") == 1);
  CHECK(value("cut_picture_ms_2mbit_mean") == Approx(5 + 4 + kCutRoundTripMs + 5.75));
  CHECK(value("cut_exits_alone_agreement") == -1);
  CHECK(value("cut_rgb_agreement") == 1);
  CHECK(value("cut_rgb_bytes_mean") == 3072);
  CHECK(text.find("(JPEG, quality 0)") != std::string::npos);
  report.lossless = true;
  CHECK(cut_table(report).find("where pictures are 3072 (RGB; as JPEG, quality 0)") != std::string::npos);
}

TEST_CASE("what is measured is what the device's stages and the server's say live, and what they send") {
  const test::TemporaryFolder folder;
  test::write_cut_bundle(folder.path() / "exits");
  const auto bundle = bundle::read_bundle(folder.path() / "exits");
  REQUIRE(bundle);
  const pipeline::ExitsSpec& spec = *bundle->manifest.exits;
  const Bytes model = bundle->part("model");
  const Bytes branches = bundle->part("branches");
  const Bytes coding = bundle->part("coding");
  LabelledPictures pictures{exits::testing::kSide, exits::testing::kSide, {}, {0, 0, 0}, {}};
  const std::array<const test::ColouredPicture*, 3> colours{&test::kRed, &test::kOrange, &test::kYellow};
  for (const auto* one : colours) pictures.pixels.insert(pictures.pixels.end(), one->pixels.begin(), one->pixels.end());
  const auto measured = measure_cut(*bundle, {spec.cut->place, coding, spec.cut->values}, pictures, true, 1,
                                    [](std::size_t, std::size_t) {});
  REQUIRE_MESSAGE(measured.has_value(), (measured ? std::string() : describe(measured.error())));
  JourneyCosts priced = costs();
  const auto& thresholds = spec.cut->points[0].thresholds;
  const auto journeys = journeys_by_cut(*measured, spec.cut->place, priced, thresholds);
  CHECK(journeys[0].by == Answerer::kDeviceExit);
  CHECK(journeys[1].by == Answerer::kServerExit);
  CHECK(journeys[2].by == Answerer::kEnd);

  const run::Loading loading = run::full_loading();
  auto device = pipeline::load_cut_exits(bundle->manifest, model, branches, coding, false, loading);
  auto server = pipeline::load_behind_cut(bundle->manifest, model, branches, loading.model);
  auto decoder = pipeline::make_cut_decoder(bundle->manifest, coding);
  REQUIRE(device);
  REQUIRE(server);
  REQUIRE(decoder);
  auto tensor = Tensor::create(DataType::kFloat32, decoder->tensor_shape());
  REQUIRE(tensor);
  std::vector<std::int8_t> symbols;
  for (std::size_t i = 0; i < colours.size(); ++i) {
    const auto asked = device->run(i + 1, colours[i]->view, 0, true);
    REQUIRE(asked);
    const float sure = (*asked)[exits::kConfidenceOutput].tensor.as<float>()[0];
    CHECK(sure == measured->profile.exits[0][i].confidence);
    CHECK(exits::is_sure(spec.rule, sure, thresholds[0]) == (journeys[i].by == Answerer::kDeviceExit));
    const auto payload = device->code(i + 1, 0);
    REQUIRE(payload);
    CHECK((*payload)[0].tensor.view().bytes.size() == measured->bytes[i]);
    REQUIRE(decoder->decode((*payload)[0].tensor.view().bytes, symbols, tensor->mutable_view()));
    std::uint32_t left_behind = 0;
    const exits::StagedBatch::Thresholds further = std::span(thresholds).subspan(1);
    REQUIRE(server->run(tensor->view(), std::span(&further, 1),
                        [&](std::size_t, std::uint32_t stage, std::span<const float>) { left_behind = stage; }));
    if (i > 0) CHECK((left_behind == server->last_stage()) == (journeys[i].by == Answerer::kEnd));
  }
}
