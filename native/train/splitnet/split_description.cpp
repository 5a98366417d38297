#include "native/train/splitnet/split_description.hpp"

#include <rapidjson/prettywriter.h>
#include <rapidjson/stringbuffer.h>

#include <span>

#include "native/train/splitnet/extractor.hpp"
#include "native/train/splitnet/local_head.hpp"

namespace sluice::train::splitnet {
namespace {

using Writer = rapidjson::PrettyWriter<rapidjson::StringBuffer>;

void put(Writer& json, const char* name, double value) {
  json.Key(name);
  json.Double(value);
}

void put(Writer& json, const char* name, std::int64_t value) {
  json.Key(name);
  json.Int64(value);
}

void put_numbers(Writer& json, std::span<const float> values) {
  json.StartArray();
  for (const float value : values) json.Double(static_cast<double>(value));
  json.EndArray();
}

void put_figures(Writer& json, double full_accuracy, const SplitFigures& figures) {
  json.Key("kept_back");
  json.StartObject();
  put(json, "full_accuracy", full_accuracy);
  put(json, "local_accuracy", figures.local_accuracy);
  put(json, "remote_accuracy", figures.remote_accuracy);
  if (figures.importance) {
    put(json, "skewness", figures.importance->skewness);
    put(json, "disorder_share", figures.importance->disorder_share);
  }
  json.Key("points");
  json.StartArray();
  for (const SplitPoint& point : figures.points) {
    json.StartObject();
    put(json, "channels", point.channels);
    put(json, "modelled_bytes", point.bytes);
    put(json, "accuracy", point.accuracy);
    json.EndObject();
  }
  json.EndArray();
  json.EndObject();
}

}  // namespace

std::string describe_split(const Options& options, const Classifier& full, const ExportedSplit& exported,
                           const SymbolTables& tables, double full_accuracy, const SplitFigures& figures) {
  const SplitDesign& design = options.design;
  const std::int64_t side = full.side() / extractor_stride(design);
  rapidjson::StringBuffer out;
  Writer json(out);
  json.SetFormatOptions(rapidjson::kFormatSingleLineArray);
  json.SetMaxDecimalPlaces(7);
  json.StartObject();
  put(json, "channels", design.channels);
  put(json, "local_channels", design.local_channels);
  put(json, "feature_side", side);
  put(json, "extractor_multiply_adds", extractor_multiply_adds(design, full.side()));
  put(json, "local_head_multiply_adds", local_head_multiply_adds(design, side, full.classes()));
  json.Key("combination");
  put_numbers(json, exported.combination);
  json.Key("symbol_values");
  put_numbers(json, tables.values);
  json.Key("symbol_probabilities");
  json.StartArray();
  for (const auto& row : tables.probabilities) put_numbers(json, row);
  json.EndArray();
  put_figures(json, full_accuracy, figures);
  json.EndObject();
  return out.GetString();
}

}  // namespace sluice::train::splitnet
