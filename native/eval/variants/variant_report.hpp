// What is said of a bundle's variants: a table for people, a line of JSON, and which of them are of no use. Plain data, pure functions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace sluice::eval {

// Of one set of pictures. Each end of the interval holds with the report's confidence.
struct AgreementFigures {
  double share = 0;
  double low = 0;
  double high = 1;
};

struct VariantFigures {
  std::string name;
  std::uint64_t file_bytes = 0;
  std::uint64_t memory_bytes = 0;
  double ms = 0;
  AgreementFigures calibration;  // whose low end goes into the manifest
  std::optional<AgreementFigures> test;
  bool added = false;        // now; else it was in the bundle
  std::string dominated_by;  // "the model" or a variant's name; empty: nothing is both quicker and nearer to the model
  bool written = false;
};

struct VariantReport {
  std::string bundle;  // name and version
  std::string device;
  double confidence = 0.95;
  std::string data, test_data;
  std::size_t pictures = 0, test_pictures = 0;
  std::size_t draws = 0;  // of the first: pictures, and videos as one each
  std::uint64_t model_file_bytes = 0, model_memory_bytes = 0;
  double model_ms = 0;
  std::vector<VariantFigures> variants;
  std::string folder;  // where the bundle was written; empty: nowhere
};

// Variants that another one, or the model, beats in time and promised agreement, or beats in one and equals in the other.
void mark_dominated(double model_ms, std::span<VariantFigures> variants);

std::string variant_table(const VariantReport& report);
std::string variant_json(const VariantReport& report);

}  // namespace sluice::eval
