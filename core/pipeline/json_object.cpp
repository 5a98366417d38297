#include "core/pipeline/json_object.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include <rapidjson/error/en.h>

#include "core/base/json_depth.hpp"
#include "core/wire/utf8.hpp"

namespace sluice::pipeline {
namespace {

using rapidjson::Value;

constexpr std::size_t kMaxDepth = 32;

const Value& empty_object() {
  static const Value object(rapidjson::kObjectType);
  return object;
}

std::string_view text_of(const Value& value) { return {value.GetString(), value.GetStringLength()}; }

// What was found, short enough for a message.
std::string shown(const Value& value) {
  if (value.IsString()) return wire::quoted(text_of(value));
  if (value.IsArray()) return join_text({"an array of ", value.Size()});
  if (value.IsObject()) return "an object";
  if (value.IsBool()) return value.IsTrue() ? "true" : "false";
  if (value.IsUint64()) return join_text({value.GetUint64()});
  if (value.IsInt64()) return join_text({value.GetInt64()});
  return value.IsNumber() ? join_text({value.GetDouble()}) : "null";
}

std::string shown(const Range& range) {
  return range.open ? join_text({"a number above ", range.low, " and below ", range.high})
                    : join_text({"a number from ", range.low, " to ", range.high});
}

// Levenshtein's distance; both texts are short.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({replaced, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row[b.size()];
}

std::string nearest(std::string_view name, std::initializer_list<std::string_view> fields) {
  const std::string_view start = name.substr(0, 64);
  std::string_view best;
  std::size_t least = static_cast<std::size_t>(-1);
  for (const std::string_view field : fields) {
    const std::size_t steps = distance(start, field);
    if (steps < least) {
      least = steps;
      best = field;
    }
  }
  return std::string(best);
}

}  // namespace

void JsonProblem::add(std::string_view path, std::string_view message) {
  if (first) return;
  std::string text(path.empty() ? std::string_view("the manifest") : path);
  text += " ";
  text += message;
  first = Error{ErrorCode::kMalformedManifest, std::move(text)};
}

bool parse_json(std::string_view text, std::size_t max_bytes, rapidjson::Document& document, JsonProblem& problem) {
  if (text.size() > max_bytes) {
    problem.add("", join_text({"has ", text.size(), " bytes; at most ", max_bytes, " are allowed"}));
    return false;
  }
  if (json_depth(text) > kMaxDepth) {
    problem.add("", join_text({"is nested more than ", kMaxDepth, " levels deep"}));
    return false;
  }
  // Without RapidJSON's full precision, whose code for it takes clz(0) of "0e42": what is read becomes a float anyway.
  constexpr unsigned kFlags = rapidjson::kParseIterativeFlag | rapidjson::kParseValidateEncodingFlag;
  document.Parse<kFlags>(text.data(), text.size());
  if (!document.HasParseError()) return true;
  const std::string_view before = text.substr(0, document.GetErrorOffset());
  const auto line = std::count(before.begin(), before.end(), '\n') + 1;
  const std::size_t column = before.size() - (before.rfind('\n') + 1) + 1;  // npos + 1 is 0
  problem.add("", join_text({"is not JSON at line ", line, ", column ", column, ": ",
                             rapidjson::GetParseError_En(document.GetParseError())}));
  return false;
}

JsonObject::JsonObject(const Value& value, std::string path, JsonProblem& problem)
    : value_(value.IsObject() ? value : empty_object()), path_(std::move(path)), problem_(problem) {
  if (!value.IsObject()) problem_.add(path_, join_text({"is ", shown(value), "; expected an object"}));
}

JsonObject::JsonObject(const Value& value, std::string path, std::initializer_list<std::string_view> fields,
                       JsonProblem& problem)
    : JsonObject(value, std::move(path), problem) {
  only(fields);
}

void JsonObject::only(std::initializer_list<std::string_view> fields) const {
  for (const auto& member : value_.GetObject()) {
    const std::string_view name = text_of(member.name);
    if (name.substr(0, 2) == "x_") continue;
    if (std::find(fields.begin(), fields.end(), name) == fields.end()) {
      problem_.add(path_, join_text({"has an unknown field ", wire::quoted(name), "; the nearest known one is '",
                                     nearest(name, fields), "'"}));
      return;
    }
  }
  each_once();
}

void JsonObject::each_once() const {
  std::vector<std::string_view> seen;
  for (const auto& member : value_.GetObject()) {
    const std::string_view name = text_of(member.name);
    if (name.substr(0, 2) == "x_") continue;
    if (std::find(seen.begin(), seen.end(), name) != seen.end()) {
      problem_.add(path_of(name), "is given twice");
      return;
    }
    seen.push_back(name);
  }
}

std::vector<std::string_view> JsonObject::fields() const {
  std::vector<std::string_view> names;
  for (const auto& member : value_.GetObject()) names.push_back(text_of(member.name));
  return names;
}

std::string JsonObject::path_of(std::string_view field) const {
  std::string path = path_;
  if (!path.empty()) path += '.';
  path += field;
  return path;
}

void JsonObject::complain(std::string_view field, std::string_view message) const {
  const Value* found = find(field);
  refuse(field, join_text({"is ", (found != nullptr ? shown(*found) : "missing"), "; ", message}));
}

void JsonObject::refuse(std::string_view field, std::string_view message) const {
  problem_.add(path_of(field), message);
}

const Value* JsonObject::find(std::string_view field) const {
  const auto found = value_.FindMember(Value(field.data(), static_cast<rapidjson::SizeType>(field.size())));
  return found == value_.MemberEnd() ? nullptr : &found->value;
}

const Value* JsonObject::require(std::string_view field) const {
  const Value* found = find(field);
  if (found == nullptr) problem_.add(path_of(field), "is missing");
  return found;
}

JsonObject JsonObject::object(std::string_view field, std::initializer_list<std::string_view> fields) const {
  const Value* found = require(field);
  return JsonObject(found != nullptr ? *found : empty_object(), path_of(field), fields, problem_);
}

JsonObject JsonObject::object(std::string_view field) const {
  const Value* found = require(field);
  return JsonObject(found != nullptr ? *found : empty_object(), path_of(field), problem_);
}

std::string JsonObject::text(std::string_view field, std::size_t max_bytes, std::optional<std::string> fallback) const {
  if (fallback && !has(field)) return *std::move(fallback);
  const Value* found = require(field);
  if (found == nullptr) return {};
  if (!found->IsString() || found->GetStringLength() > max_bytes) {
    complain(field, join_text({"expected text of at most ", max_bytes, " bytes"}));
    return {};
  }
  return std::string(text_of(*found));
}

std::uint64_t JsonObject::integer(std::string_view field, std::uint64_t low, std::uint64_t high,
                                  std::optional<std::uint64_t> fallback) const {
  if (fallback && !has(field)) return *fallback;
  const Value* found = require(field);
  if (found == nullptr) return low;
  if (!found->IsUint64() || found->GetUint64() < low || found->GetUint64() > high) {
    complain(field, join_text({"expected a whole number from ", low, " to ", high}));
    return low;
  }
  return found->GetUint64();
}

float JsonObject::number(std::string_view field, Range range, std::optional<float> fallback) const {
  if (fallback && !has(field)) return *fallback;
  float value = 0;
  if (require(field) == nullptr) return value;
  const Value& found = *find(field);
  const auto inside = [&](double x) {
    return range.open ? x > range.low && x < range.high : x >= range.low && x <= range.high;
  };
  // Tested as it will be used: a float may round onto an excluded bound.
  if (!found.IsNumber() || !inside(found.GetDouble()) || !inside(static_cast<float>(found.GetDouble()))) {
    complain(field, "expected " + shown(range));
    return value;
  }
  return static_cast<float>(found.GetDouble());
}

void JsonObject::numbers(std::string_view field, Range range, float* numbers, std::size_t count) const {
  if (!has(field)) return;
  const Value* array = array_of(field, count, count);
  if (array == nullptr) return;
  for (std::size_t i = 0; i < count; ++i) {
    const Value& value = (*array)[static_cast<rapidjson::SizeType>(i)];
    if (!value.IsNumber() || value.GetDouble() < range.low || value.GetDouble() > range.high) {
      return problem_.add(join_text({path_of(field), "[", i, "]"}),
                          join_text({"is ", shown(value), "; expected ", shown(range)}));
    }
    numbers[i] = static_cast<float>(value.GetDouble());
  }
}

std::vector<float> JsonObject::numbers(std::string_view field, Range range, std::size_t most) const {
  if (!has(field)) return {};
  const Value* array = array_of(field, 0, most);
  std::vector<float> values(array != nullptr ? array->Size() : 0);
  numbers(field, range, values.data(), values.size());
  return values;
}

std::vector<std::string> JsonObject::texts(std::string_view field, std::size_t most, std::size_t max_bytes) const {
  std::vector<std::string> values;
  const Value* array = has(field) ? array_of(field, 0, most) : nullptr;
  if (array == nullptr) return values;
  for (const Value& value : array->GetArray()) {
    if (!value.IsString() || value.GetStringLength() > max_bytes) {
      problem_.add(join_text({path_of(field), "[", values.size(), "]"}),
                   join_text({"is ", shown(value), "; expected text of at most ", max_bytes, " bytes"}));
      break;
    }
    values.emplace_back(text_of(value));
  }
  return values;
}

std::size_t JsonObject::choice(std::string_view field, std::initializer_list<std::string_view> names,
                               std::size_t fallback) const {
  const Value* found = find(field);
  if (found == nullptr) return fallback;
  std::string list;
  std::size_t index = 0;
  for (const std::string_view name : names) {
    if (found->IsString() && text_of(*found) == name) return index;
    list += join_text({(index++ == 0 ? "" : ", "), name});
  }
  complain(field, "expected one of: " + list);
  return fallback;
}

const Value* JsonObject::array_of(std::string_view field, std::size_t low, std::size_t high) const {
  const Value* found = require(field);
  if (found == nullptr) return nullptr;
  if (!found->IsArray() || found->Size() < low || found->Size() > high) {
    complain(field, low == high ? join_text({"expected an array of ", low})
                                : join_text({"expected an array of ", low, " to ", high}));
    return nullptr;
  }
  return found;
}

}  // namespace sluice::pipeline
