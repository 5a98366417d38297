#include "native/eval/variants/variant_report.hpp"

#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <algorithm>

#include "native/eval/append_format.hpp"

namespace sluice::eval {
namespace {

using JsonLine = rapidjson::Writer<rapidjson::StringBuffer>;

// Whether one of (a_ms, a_low) leaves no reason for one of (b_ms, b_low).
bool beats(double a_ms, double a_low, double b_ms, double b_low) {
  return a_ms <= b_ms && a_low >= b_low && (a_ms < b_ms || a_low > b_low);
}

std::string in_percent(double share) {
  std::string text;
  append_format(text, "%.2f %%", 100 * share);
  return text;
}

std::string interval(const AgreementFigures& figures) {
  std::string text;
  append_format(text, "%.2f %% (%.2f to %.2f)", 100 * figures.share, 100 * figures.low, 100 * figures.high);
  return text;
}

std::string verdict(const VariantFigures& one) {
  if (!one.dominated_by.empty() && !one.written)
    return "left out: " + one.dominated_by + " is as quick and agrees as often";
  if (!one.dominated_by.empty()) return "of no use: " + one.dominated_by + " is as quick and agrees as often";
  return one.added ? "added" : "measured anew";
}

void write_figures(JsonLine& json, const AgreementFigures& figures) {
  json.Key("agreement"), json.Double(figures.share);
  json.Key("agreement_low"), json.Double(figures.low);
  json.Key("agreement_high"), json.Double(figures.high);
}

void write_variant(JsonLine& json, const VariantFigures& one) {
  json.StartObject();
  json.Key("name"), json.String(one.name.c_str());
  json.Key("bytes"), json.Uint64(one.file_bytes);
  json.Key("memory_bytes"), json.Uint64(one.memory_bytes);
  json.Key("ms"), json.Double(one.ms);
  write_figures(json, one.calibration);
  if (one.test) {
    json.Key("test"), json.StartObject();
    write_figures(json, *one.test);
    json.EndObject();
  }
  if (!one.dominated_by.empty()) json.Key("dominated_by"), json.String(one.dominated_by.c_str());
  json.Key("added"), json.Bool(one.added);
  json.Key("written"), json.Bool(one.written);
  json.EndObject();
}

}  // namespace

void mark_dominated(double model_ms, std::span<VariantFigures> variants) {
  for (VariantFigures& one : variants) {
    one.dominated_by.clear();
    if (beats(model_ms, 1, one.ms, one.calibration.low)) one.dominated_by = "the model";
    for (const VariantFigures& other : variants) {
      if (!one.dominated_by.empty()) break;
      if (beats(other.ms, other.calibration.low, one.ms, one.calibration.low))
        one.dominated_by = "'" + other.name + "'";
    }
  }
}

std::string variant_table(const VariantReport& report) {
  std::string text;
  append_format(text, "%s: agreement with the model on %zu pictures of %s", report.bundle.c_str(), report.pictures,
                report.data.c_str());
  if (report.draws < report.pictures) append_format(text, " (videos counted as one: %zu)", report.draws);
  if (report.test_pictures > 0)
    append_format(text, ", tested on %zu of %s", report.test_pictures, report.test_data.c_str());
  append_format(text, ";\nintervals hold at each end with %g %%; times of a run on %s, medians\n\n",
                100 * report.confidence, report.device.c_str());
  append_format(text, "%-16s %11s %11s %9s %7s  %-26s %-26s %s\n", "", "file", "memory", "ms", "of it",
                "agrees (interval)", "on the test pictures", "");
  append_format(text, "%-16s %11llu %11llu %9.3f %6.0f%%\n", "the model",
                static_cast<unsigned long long>(report.model_file_bytes),
                static_cast<unsigned long long>(report.model_memory_bytes), report.model_ms, 100.0);
  for (const VariantFigures& one : report.variants) {
    append_format(text, "%-16s %11llu %11llu %9.3f %6.0f%%  %-26s %-26s %s\n", one.name.c_str(),
                  static_cast<unsigned long long>(one.file_bytes), static_cast<unsigned long long>(one.memory_bytes),
                  one.ms, 100 * one.ms / report.model_ms, interval(one.calibration).c_str(),
                  one.test ? interval(*one.test).c_str() : "", verdict(one).c_str());
  }
  if (report.folder.empty()) return text + "\nnothing was written\n";
  append_format(text, "\nwritten to %s:", report.folder.c_str());
  const char* comma = "";
  for (const VariantFigures& one : report.variants) {
    if (!one.written) continue;
    append_format(text, "%s '%s' at %s", comma, one.name.c_str(), in_percent(one.calibration.low).c_str());
    comma = ",";
  }
  return text + "\n";
}

std::string variant_json(const VariantReport& report) {
  rapidjson::StringBuffer out;
  JsonLine json(out);
  json.StartObject();
  json.Key("bundle"), json.String(report.bundle.c_str());
  json.Key("device"), json.String(report.device.c_str());
  json.Key("confidence"), json.Double(report.confidence);
  json.Key("data"), json.String(report.data.c_str());
  json.Key("pictures"), json.Uint64(report.pictures);
  json.Key("draws"), json.Uint64(report.draws);
  if (report.test_pictures > 0) {
    json.Key("test_data"), json.String(report.test_data.c_str());
    json.Key("test_pictures"), json.Uint64(report.test_pictures);
  }
  json.Key("model"), json.StartObject();
  json.Key("bytes"), json.Uint64(report.model_file_bytes);
  json.Key("memory_bytes"), json.Uint64(report.model_memory_bytes);
  json.Key("ms"), json.Double(report.model_ms);
  json.EndObject();
  json.Key("variants"), json.StartArray();
  for (const VariantFigures& one : report.variants) write_variant(json, one);
  json.EndArray();
  if (!report.folder.empty()) json.Key("folder"), json.String(report.folder.c_str());
  json.EndObject();
  return out.GetString();
}

}  // namespace sluice::eval
