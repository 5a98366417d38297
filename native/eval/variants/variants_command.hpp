// `sluice variants`: adds other forms of a bundle's model, measures them and those that it has, and writes the bundle anew. Reads files and
// prints; the program around it parses the command line.
#pragma once

#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include "core/base/result.hpp"

namespace sluice::eval {

struct VariantsOptions {
  std::string name;                  // of the bundle, or its folder, as the user said it
  std::filesystem::path bundle;      // its folder
  std::vector<std::string> added;    // "NAME=FILE", ONNX
  std::vector<std::string> removed;  // names
  std::filesystem::path data;        // pictures that the written agreement rests on
  std::filesystem::path test;        // others, which only test it; empty: none
  std::filesystem::path out;         // folder of the bundle with them; empty: `bundle`
  double confidence = 0.95;          // of the written agreement
  std::uint32_t every = 1;           // every n-th picture, or frame of a video
  bool keep_dominated = false;       // write variants, too, that another one beats in both
  bool dry_run = false;              // measure alone
  bool json = false;                 // end with one line of JSON
};

// Prints the table to `out` and progress to `log` (nullptr: none). A run that fails or is killed leaves the bundle as it was. kNotFound and
// kInvalidArgument say what was asked for and is not to be had; errors of a model name the variant.
Result<void> run_variants(const VariantsOptions& options, std::FILE* out, std::FILE* log);

}  // namespace sluice::eval
