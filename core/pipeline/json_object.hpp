// Strict reading of one JSON object: named fields with their ranges, and nothing else in it. The first thing wrong is kept
// with the path of the field ("skip.operating_points[2].threshold"), what was found and what is allowed; everything read
// after it is a default. Borrows the parsed document. Used by the manifest; knows nothing of it.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <rapidjson/document.h>

#include "core/base/error.hpp"
#include "core/base/text.hpp"

namespace sluice::pipeline {

// Parses with limits on size and depth, without recursion. False with `problem` set when it is not JSON.
struct JsonProblem {
  std::optional<Error> first;

  void add(std::string_view path, std::string_view message);
};
bool parse_json(std::string_view text, std::size_t max_bytes, rapidjson::Document& document, JsonProblem& problem);

// An inclusive or, with `open`, exclusive range.
struct Range {
  double low = 0;
  double high = 1;
  bool open = false;
};

class JsonObject {
 public:
  // `fields` are the names allowed, apart from those that begin with "x_". The object's path is "" at the root.
  JsonObject(const rapidjson::Value& value, std::string path, std::initializer_list<std::string_view> fields,
             JsonProblem& problem);

  // The same before it is known which fields there may be: say so with only().
  JsonObject(const rapidjson::Value& value, std::string path, JsonProblem& problem);
  void only(std::initializer_list<std::string_view> fields) const;  // and each of them once
  void each_once() const;                                           // whatever they are

  std::vector<std::string_view> fields() const;  // their names
  bool has(std::string_view field) const { return find(field) != nullptr; }
  std::string path_of(std::string_view field) const;
  void complain(std::string_view field, std::string_view message) const;  // "<found>; <message>"
  void refuse(std::string_view field, std::string_view message) const;    // what was found is in the message

  // A field that is missing is an error, except where a fallback is given.
  JsonObject object(std::string_view field, std::initializer_list<std::string_view> fields) const;
  JsonObject object(std::string_view field) const;  // say which fields it may have with only()
  std::string text(std::string_view field, std::size_t max_bytes,
                   std::optional<std::string> fallback = std::nullopt) const;
  std::uint64_t integer(std::string_view field, std::uint64_t low, std::uint64_t high,
                        std::optional<std::uint64_t> fallback = std::nullopt) const;
  float number(std::string_view field, Range range, std::optional<float> fallback = std::nullopt) const;
  // Fills `numbers` from an array of exactly `count`; leaves them alone when the field is missing.
  void numbers(std::string_view field, Range range, float* numbers, std::size_t count) const;
  // The numbers of an array of at most `most`; empty when the field is missing.
  std::vector<float> numbers(std::string_view field, Range range, std::size_t most) const;
  std::vector<std::string> texts(std::string_view field, std::size_t most, std::size_t max_bytes) const;
  // One of `names`; its index.
  std::size_t choice(std::string_view field, std::initializer_list<std::string_view> names, std::size_t fallback) const;

  // Calls `read(JsonObject)` for each object of an array of `low` to `high` objects.
  template <typename Read>
  void each(std::string_view field, std::size_t low, std::size_t high, std::initializer_list<std::string_view> fields,
            Read read) const {
    each(field, low, high, [&](const JsonObject& entry) {
      entry.only(fields);
      read(entry);
    });
  }
  template <typename Read>
  void each(std::string_view field, std::size_t low, std::size_t high, Read read) const {
    const rapidjson::Value* array = array_of(field, low, high);
    if (array == nullptr) return;
    std::size_t index = 0;
    for (const rapidjson::Value& value : array->GetArray()) {
      read(JsonObject(value, join_text({path_of(field), "[", index++, "]"}), problem_));
    }
  }

 private:
  const rapidjson::Value* find(std::string_view field) const;
  const rapidjson::Value* require(std::string_view field) const;
  const rapidjson::Value* array_of(std::string_view field, std::size_t low, std::size_t high) const;

  const rapidjson::Value& value_;
  std::string path_;
  JsonProblem& problem_;
};

}  // namespace sluice::pipeline
