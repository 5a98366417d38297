// Texts of manifests for tests: the documented one, changed in places, and what is said of one that is refused. Pure functions.
#pragma once

#include <doctest/doctest.h>

#include <fstream>
#include <iterator>
#include <string>
#include <string_view>

#include "core/questions/table.hpp"

namespace sluice::pipeline::testing {

// The example in the documentation of the format.
inline std::string documented_example() {
  std::ifstream file(SLUICE_SOURCE_DIR "/core/pipeline/MANIFEST.md");
  const std::string page{std::istreambuf_iterator<char>(file), {}};
  const std::size_t begin = page.find("```json\n") + 8;
  return page.substr(begin, page.find("\n```", begin) - begin);
}

inline std::string replaced(std::string text, std::string_view what, std::string_view with) {
  const std::size_t at = text.find(what);
  REQUIRE(at != std::string::npos);
  return text.replace(at, what.size(), with);
}

inline std::string message_of(const std::string& json) {
  const auto manifest = questions::parse_manifest(json);
  REQUIRE_FALSE(manifest.has_value());
  CHECK(manifest.error().code == ErrorCode::kMalformedManifest);
  return manifest.error().message;
}

}  // namespace sluice::pipeline::testing
