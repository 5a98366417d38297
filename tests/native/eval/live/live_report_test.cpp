#include "native/eval/live/live_report.hpp"

#include <doctest/doctest.h>
#include <rapidjson/document.h>

using namespace sluice::eval;

namespace {

LiveCourse course(std::size_t skipped, std::size_t missed, std::size_t audits) {
  LiveCourse made;
  made.frames = 1000;
  made.answered = skipped;
  made.wrong = missed;
  made.audits = audits;
  made.redundant = 500;
  made.frames_to_half_of_gain = 40;
  made.marks = {{500, 0.4, 0.95, 0.96, 0.8, 1, 0.3F, 0}, {1000, 0.5, 0.93, 0.94, 0.85, 0.99, 0.4F, 1}};
  return made;
}

// Two streams, the second of which breaks the promise.
LiveAtTarget at() {
  LiveAtTarget made;
  made.target = 0.9;
  made.live = {course(520, 20, 20), course(620, 120, 20)};
  made.live[1].proven_held = false;
  made.still = {course(300, 0, 0), course(300, 0, 0)};
  return made;
}

const LiveSubject kSubject{"toy <1>", "the test split", 3, 1000};

}  // namespace

TEST_CASE("the JSON has the means over the streams, and counts what was broken") {
  const LiveAtTarget one = at();
  rapidjson::Document json;
  json.Parse(live_json(kSubject, {&one, 1}).c_str());
  REQUIRE_FALSE(json.HasParseError());
  CHECK(std::string(json["bundle"].GetString()) == "toy <1>");
  const auto& target = json["targets"][0];
  CHECK(target["live_filter_rate"].GetDouble() == doctest::Approx(0.55));
  CHECK(target["static_filter_rate"].GetDouble() == doctest::Approx(0.3));
  CHECK(target["optimal_rate"].GetDouble() == doctest::Approx(0.6));
  CHECK(target["live_agreement"].GetDouble() == doctest::Approx(0.93));
  CHECK(target["live_over_optimal_worst"].GetDouble() == doctest::Approx(0.5 / 0.6));
  CHECK(target["audit_rate"].GetDouble() == doctest::Approx(0.02));
  CHECK(target["violations"].GetInt() == 1);
  CHECK(target["unproven"].GetInt() == 1);
  CHECK(target["runs"].GetInt() == 2);
}

TEST_CASE("the table has a row for the learned and one for the calibrated threshold") {
  const LiveAtTarget one = at();
  const std::string text = live_table(kSubject, {&one, 1});
  CHECK(text.find("toy <1>, live, on 2 streams of 1000 frames composed of 3 clips of the test split") == 0);
  CHECK(text.find("live  55.0 %") != std::string::npos);
  CHECK(text.find("static  30.0 %") != std::string::npos);
  CHECK(text.find("1 of 2") != std::string::npos);
}

TEST_CASE("the plot draws the first stream's course, with its alarms, and escapes names") {
  const LiveAtTarget one = at();
  const std::string svg = live_plot(kSubject, one);
  CHECK(svg.find("toy &lt;1&gt;, live on a stream of 1000 frames at 90 %") != std::string::npos);
  CHECK(svg.find("<title>alarm</title>") != std::string::npos);
  CHECK(svg.rfind("</svg>\n") == svg.size() - 7);
}
