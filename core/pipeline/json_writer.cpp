#include "core/pipeline/json_writer.hpp"

#include <charconv>
#include <cstdlib>

namespace sluice::pipeline {
namespace {

rapidjson::SizeType size_of(std::string_view text) { return static_cast<rapidjson::SizeType>(text.size()); }

}  // namespace

JsonWriter::JsonWriter() : out_(buffer_) {
  out_.SetIndent(' ', 2);
  out_.SetFormatOptions(rapidjson::kFormatSingleLineArray);
}

void JsonWriter::begin_object() { out_.StartObject(); }
void JsonWriter::begin_object(std::string_view name) {
  key(name);
  out_.StartObject();
}
void JsonWriter::end_object() { out_.EndObject(); }
void JsonWriter::begin_array(std::string_view name) {
  key(name);
  out_.StartArray();
}
void JsonWriter::end_array() { out_.EndArray(); }

void JsonWriter::text(std::string_view name, std::string_view value) {
  key(name);
  out_.String(value.data(), size_of(value));
}

void JsonWriter::texts(std::string_view name, std::span<const std::string> values) {
  begin_array(name);
  for (const std::string& value : values) out_.String(value.data(), size_of(value));
  end_array();
}

void JsonWriter::integer(std::string_view name, std::uint64_t value) {
  key(name);
  out_.Uint64(value);
}

void JsonWriter::number(std::string_view name, float number) {
  key(name);
  value(number);
}

void JsonWriter::numbers(std::string_view name, std::span<const float> values) {
  begin_array(name);
  for (const float number : values) value(number);
  end_array();
}

std::string JsonWriter::take() { return std::string(buffer_.GetString(), buffer_.GetSize()) + "\n"; }

void JsonWriter::key(std::string_view name) { out_.Key(name.data(), size_of(name)); }

void JsonWriter::value(float number) {
  char digits[32];
  const auto end = std::to_chars(digits, digits + sizeof(digits) - 1, number).ptr;
  *end = '\0';
  if (static_cast<float>(std::strtod(digits, nullptr)) != number) {
    out_.Double(static_cast<double>(number));
  } else {
    out_.RawValue(digits, static_cast<std::size_t>(end - digits), rapidjson::kNumberType);
  }
}

}  // namespace sluice::pipeline
