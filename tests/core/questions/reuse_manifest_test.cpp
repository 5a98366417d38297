// The `reuse` section of a manifest.
#include <doctest/doctest.h>

#include <string>

#include "core/questions/reuse/reuse_question.hpp"
#include "core/questions/table.hpp"

using namespace sluice;
using namespace sluice::pipeline;
using questions::ReuseSpec;

namespace {

std::string with_section(std::string_view section) {
  return std::string(R"({
  "format": 2, "name": "faces", "version": "1.0.0",
  "parts": [{"name": "model", "file": "m.onnx", "bytes": 9, "sha256": "0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f0"},
            {"name": "filter", "file": "f.onnx", "bytes": 9, "sha256": "0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f0"}],
  "model": {"part": "model", "input": {"width": 8, "height": 8}, "output": {"decoder": "none"}},
  "questions": [)") +
         std::string(section) + "]}";
}

constexpr std::string_view kSection = R"({
  "kind": "reuse", "part": "filter", "output": "embedding", "input": {"width": 4, "height": 4},
  "max_entries": 500, "max_bytes": 1000000, "max_age_ms": 30000, "k": 7, "min_homogeneity": 0.75, "eviction": "utility",
  "operating_points": [{"target": 0.95, "confidence": 0.95, "threshold": 12.5, "filter_rate": 0.3}], "error_share": 0.5})";

std::string replaced(std::string_view what, std::string_view with) {
  std::string text(kSection);
  const std::size_t at = text.find(what);
  REQUIRE(at != std::string::npos);
  return text.replace(at, what.size(), with);
}

void check_section(const Manifest& manifest) {
  const auto* reuse = manifest.find_question<ReuseSpec>();
  REQUIRE(reuse != nullptr);
  CHECK(reuse->part == "filter");
  CHECK(reuse->output == "embedding");
  CHECK(reuse->max_entries == 500);
  CHECK(reuse->max_bytes == 1'000'000);
  CHECK(reuse->max_age_ms == 30'000);
  CHECK(reuse->neighbours == 7);
  CHECK(reuse->min_homogeneity == 0.75F);
  CHECK(reuse->eviction == reuse::EvictionPolicy::kUtility);
  CHECK(reuse->operating_points.at(0).threshold == 12.5F);
  CHECK(reuse->error_share == 0.5F);
}

}  // namespace

TEST_CASE("a reuse section is read, and written so that it reads the same") {
  const auto manifest = questions::parse_manifest(with_section(kSection));
  if (!manifest) FAIL(manifest.error().message);
  check_section(*manifest);
  const auto again = questions::parse_manifest(questions::write_manifest(*manifest).value());
  if (!again) FAIL(again.error().message);
  check_section(*again);
  CHECK(questions::write_manifest(*again).value() == questions::write_manifest(*manifest).value());
}

TEST_CASE("what a reuse section leaves out has a stated default") {
  const auto manifest = questions::parse_manifest(with_section(R"({
    "kind": "reuse", "part": "filter", "output": "embedding", "input": {"width": 4, "height": 4},
    "operating_points": [{"target": 0.95, "confidence": 0.95, "threshold": 1, "filter_rate": 0.3}]})"));
  if (!manifest) FAIL(manifest.error().message);
  const auto* reuse = manifest->find_question<ReuseSpec>();
  REQUIRE(reuse != nullptr);
  CHECK(reuse->max_entries == 1000);
  CHECK(reuse->max_bytes == 4 << 20);
  CHECK(reuse->max_age_ms == 600'000);
  CHECK(reuse->neighbours == 5);
  CHECK(reuse->min_homogeneity == 0.8F);
  CHECK(reuse->eviction == reuse::EvictionPolicy::kLru);
  CHECK(reuse->error_share == 1.0F);
}

TEST_CASE("a reuse section that is wrong is refused with the path of the field") {
  const auto refused = [](const std::string& section, std::string_view path) {
    const auto manifest = questions::parse_manifest(with_section(section));
    REQUIRE_FALSE(manifest);
    CHECK(manifest.error().code == ErrorCode::kMalformedManifest);
    CAPTURE(manifest.error().message);
    CHECK(manifest.error().message.find(path) != std::string::npos);
  };
  refused(replaced(R"("part": "filter")", R"("part": "flter")"), "questions[0].part");
  refused(replaced(R"("output": "embedding", )", ""), "questions[0].output");
  refused(replaced("500", "0"), "questions[0].max_entries");
  refused(replaced("500", "1e9"), "questions[0].max_entries");
  refused(replaced("1000000", "5000000000"), "questions[0].max_bytes");
  refused(replaced("30000", "0"), "questions[0].max_age_ms");
  refused(replaced(R"("k": 7)", R"("k": 33)"), "questions[0].k");
  refused(replaced("0.75", "0"), "questions[0].min_homogeneity");
  refused(replaced("utility", "random"), "questions[0].eviction");
  refused(replaced("12.5", "-1"), "questions[0].operating_points[0].threshold");
  refused(replaced(R"("eviction")", R"("evict")"), "questions[0] has an unknown field 'evict'");
}
