// Measuring a model in two halves, on a toy one whose answers can be told by hand, and what is concluded from it.
#include "native/eval/split/split_measurement.hpp"

#include <doctest/doctest.h>

#include "native/eval/split/split_points.hpp"
#include "native/eval/split/split_report.hpp"
#include "native/media/still_codec.hpp"
#include "tests/native/eval/split/plain_colours.hpp"
#include "tests/native/split_bundle.hpp"
#include "tests/native/temporary_folder.hpp"

using namespace sluice;
using namespace sluice::eval;
using sluice::test::plain_colours;
using sluice::test::TemporaryFolder;
using sluice::test::write_split_bundle;

namespace {

bundle::Bundle toy_bundle() {
  const TemporaryFolder folder;
  write_split_bundle(folder.path() / "halves");
  auto read = bundle::read_bundle(folder.path() / "halves");
  REQUIRE(read);
  return *std::move(read);
}

void nothing(std::size_t, std::size_t) {}

// One cut after the other agrees with the full model on so many of a hundred pictures.
SplitMeasurement agreeing(std::vector<std::size_t> agreed) {
  SplitMeasurement measured;
  for (std::size_t cut = 0; cut < agreed.size(); ++cut) measured.cuts.push_back(static_cast<std::uint32_t>(4 * cut));
  for (std::size_t i = 0; i < 100; ++i) {
    SplitRecord record;
    for (std::size_t cut = 0; cut < agreed.size(); ++cut) {
      record.combined.push_back(i < agreed[cut] ? 0 : 1);
      record.bytes.push_back(static_cast<std::uint32_t>(100 * cut));
    }
    measured.pictures.push_back(std::move(record));
  }
  return measured;
}

}  // namespace

TEST_CASE("every cut goes the way from picture to combined answer, in coded bytes") {
  const bundle::Bundle bundle = toy_bundle();
  std::size_t last = 0;
  const auto measured = measure_split(bundle, plain_colours(200), {1, 99}, 2, [&](std::size_t done, std::size_t of) {
    CHECK(of == 100);
    last = std::max(last, done);
  });
  REQUIRE_MESSAGE(measured.has_value(), (measured ? std::string() : describe(measured.error())));
  CHECK(last == 100);
  CHECK(measured->cuts == std::vector<std::uint32_t>{0, 1, 3});
  CHECK(measured->pictures.size() == 100);
  CHECK(measured->full_accuracy() == 1);  // every second picture: none of the wrong labels, which are odd
  CHECK(measured->accuracy(0) == 1);      // the guess of the toy is the full model's answer
  CHECK(measured->accuracy(2) == 1);
  CHECK(measured->bytes(0) == 0);
  CHECK(measured->bytes(1) > 32);  // 64 features of half a byte
  CHECK(measured->bytes(1) < 40);
  CHECK(measured->bytes(2) > 96);
  CHECK(measured->bytes(2) < 104);
  CHECK(measured->accuracy_at_half() <= 1);

  const auto whole = measure_split(bundle, plain_colours(200), {}, 1, nothing);
  REQUIRE(whole);
  CHECK(whole->full_accuracy() == 0.75);
  CHECK(whole->accuracy(1) == 0.75);
  CHECK(whole->agreement(1) == 1);
}

TEST_CASE("a bundle without a split is refused by name") {
  bundle::Bundle bundle = toy_bundle();
  bundle.manifest.split.reset();
  const auto measured = measure_split(bundle, plain_colours(3), {}, 1, nothing);
  REQUIRE_FALSE(measured.has_value());
  CHECK(measured.error().message.find("'halves' has no model in two halves") != std::string::npos);
}

TEST_CASE("points promise the lower end of what was seen, and more channels that keep no more are left out") {
  const auto points = split_points(agreeing({50, 90, 80, 99}));
  REQUIRE(points.size() == 3);
  CHECK(points[0].channels == 0);
  CHECK(points[1].channels == 4);
  CHECK(points[2].channels == 12);
  // The one-sided bounds of 95 %, by the quantiles of the beta distribution.
  CHECK(points[0].target == doctest::Approx(0.4136).epsilon(0.002));
  CHECK(points[1].target == doctest::Approx(0.8362).epsilon(0.002));
  CHECK(points[2].target == doctest::Approx(0.9534).epsilon(0.002));
  CHECK(split_points(agreeing({0})).empty());
}

TEST_CASE("bytes that a codec takes for an accuracy lie between its points, and it may never reach it") {
  const CodecCurve jpeg{"jpeg", {{50, 800, 0.80}, {75, 1000, 0.90}, {95, 1600, 0.92}}};
  CHECK(*codec_bytes_at(jpeg, 0.85) == doctest::Approx(900));
  CHECK(*codec_bytes_at(jpeg, 0.7) == 800);
  CHECK(*codec_bytes_at(jpeg, 0.92) == doctest::Approx(1600));
  CHECK_FALSE(codec_bytes_at(jpeg, 0.93));
  const CodecCurve webp{"webp", {{50, 500, 0.84}, {90, 700, 0.86}}};
  CHECK(best_codec_at({jpeg, webp}, 0.85)->codec == "webp");
  CHECK(best_codec_at({jpeg, webp}, 0.91)->codec == "jpeg");
  CHECK_FALSE(best_codec_at({jpeg, webp}, 0.99));
}

TEST_CASE("the report names what was measured, and its JSON has a value for each key or null") {
  SplitMeasurement measured = agreeing({50, 99});
  SplitSubject subject;
  subject.bundle = "halves 1.0.0";
  subject.points = {{0.4F, 0}, {0.9F, 4}};
  subject.target = 0.8;
  subject.unit_bytes = 1234;
  std::string json = split_json(measured, subject);
  CHECK(json.find("\"target_channels\":4.0") != std::string::npos);
  CHECK(json.find("\"target_bytes\":100.0") != std::string::npos);
  CHECK(json.find("\"bytes_over_best_codec\":null") != std::string::npos);
  CHECK(json.find("\"local_code_bytes\":1234") != std::string::npos);
  for (const char* unknown : {"bytes_lzw", "bytes_table_per_channel", "skewness", "disorder_share",
                              "promise_kept_share", "codec_latency_ms_270"}) {
    CAPTURE(unknown);
    CHECK(json.find(join_text({"\"", unknown, "\":null"})) != std::string::npos);
  }
  CHECK(split_table(measured, subject).find("At a target of 0.8: 4 channels, 100.0 bytes") != std::string::npos);
  subject.target = 0.99;
  subject.codecs = {{"jpeg", {{50, 400, 0.5}, {90, 800, 1}}}};
  subject.coders = {{kLzwCoder, 0, {0, 150}}};
  subject.promises = {{0.8, 10, 8, 6, 42, 0.9}, {0.9, 10, 0, 0, 0, 0}};
  subject.facts.skewness = 0.75;
  json = split_json(measured, subject);
  CHECK(json.find("\"target_channels\":null") != std::string::npos);
  CHECK(json.find("\"best_codec\":\"jpeg\"") != std::string::npos);
  CHECK(json.find("\"bytes_lzw\":150.0") != std::string::npos);
  CHECK(json.find("\"promise_kept_share\":0.75") != std::string::npos);
  CHECK(json.find("\"promise_kept_share_80\":0.75,\"promise_bytes_80\":42.0") != std::string::npos);
  CHECK(json.find("\"promise_kept_share_90\":null") != std::string::npos);
  CHECK(json.find("\"skewness\":0.75,\"disorder_share\":null") != std::string::npos);
  CHECK(json.find("\"latency_ms_270\":12.96296") != std::string::npos);  // 100 bytes and a round trip
  CHECK(split_table(measured, subject).find("go to the full model") != std::string::npos);
}

TEST_CASE("still pictures come back from each codec nearly as they were, larger at a higher quality") {
  std::vector<std::uint8_t> rgb;
  for (int y = 0; y < 32; ++y) {
    for (int x = 0; x < 32; ++x) {
      for (const int value : {8 * x, 8 * y, 128}) rgb.push_back(static_cast<std::uint8_t>(std::min(value, 255)));
    }
  }
  for (const auto format : {media::StillFormat::kJpeg, media::StillFormat::kWebp, media::StillFormat::kPng}) {
    auto codec = media::StillCodec::create(format, 32, 32);
    REQUIRE(codec);
    CAPTURE(media::still_format_name(format));
    const auto fine = codec->encode(rgb, 95);
    const auto coarse = codec->encode(rgb, 20);
    REQUIRE(fine);
    REQUIRE(coarse);
    CHECK((format == media::StillFormat::kPng ? fine->size() == coarse->size() : fine->size() > coarse->size()));
    const auto back = codec->decode(*fine);
    REQUIRE(back);
    double difference = 0;
    for (std::size_t i = 0; i < rgb.size(); ++i) difference += std::abs(int{rgb[i]} - int{(*back)[i]});
    CHECK(difference / static_cast<double>(rgb.size()) < (format == media::StillFormat::kPng ? 0.001 : 6));
    CHECK_FALSE(codec->decode(std::span(*fine).first(10)).has_value());
    CHECK(codec->encode(std::span(rgb).first(9), 50).error().code == ErrorCode::kInvalidImage);
  }
}
