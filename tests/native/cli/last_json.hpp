// The line of JSON that a command ends with.
#pragma once

#include <doctest/doctest.h>
#include <rapidjson/document.h>

#include <string>

namespace sluice::test {

inline rapidjson::Document last_json(const std::string& output) {
  REQUIRE_FALSE(output.empty());
  const std::string text = output.substr(0, output.find_last_not_of('\n') + 1);
  const std::size_t line = text.rfind('\n');
  rapidjson::Document document;
  document.Parse(text.substr(line == std::string::npos ? 0 : line + 1));
  REQUIRE_MESSAGE(document.IsObject(), output);
  return document;
}

}  // namespace sluice::test
