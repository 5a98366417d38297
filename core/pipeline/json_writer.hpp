// Writes a manifest's JSON: fields in the order of the calls, floats with the shortest digits that read back as themselves.
// A thin face of RapidJSON's writer, so that each section writes itself with few words. Nested objects go straight into the one
// buffer; take() copies the text once.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include <rapidjson/prettywriter.h>
#include <rapidjson/stringbuffer.h>

namespace sluice::pipeline {

class JsonWriter {
 public:
  JsonWriter();

  void begin_object();  // the root, or an element of an array
  void begin_object(std::string_view key);
  void end_object();
  void begin_array(std::string_view key);
  void end_array();

  void text(std::string_view key, std::string_view value);
  void texts(std::string_view key, std::span<const std::string> values);
  void integer(std::string_view key, std::uint64_t value);
  void number(std::string_view key, float value);
  void numbers(std::string_view key, std::span<const float> values);

  std::string take();  // with a line end

 private:
  void key(std::string_view name);
  void value(float number);

  rapidjson::StringBuffer buffer_;
  rapidjson::PrettyWriter<rapidjson::StringBuffer> out_;
};

}  // namespace sluice::pipeline
