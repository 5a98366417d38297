// What a kind of question brings with it: how its section of the manifest is read, how the question is made and, in a table of
// its own, how the section is written, since most builds only read manifests. The tables stand in core/questions; a build may
// hold fewer rows than there are.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/result.hpp"
#include "core/pipeline/operating_point.hpp"
#include "core/pipeline/question.hpp"
#include "core/pipeline/shared_network.hpp"

namespace sluice::pipeline {

class JsonObject;
class JsonWriter;
struct Manifest;

// The parameters of one question, as its section states them. Immutable once read.
struct QuestionSpec {
  virtual ~QuestionSpec() = default;
  virtual std::span<const OperatingPoint> points() const { return {}; }  // calibrated; growing targets
  // When an answer without anything in it is right, as a rule over the full model's result (core/output/redundancy.hpp); empty: when
  // the two agree.
  virtual std::string_view right_when() const { return {}; }
  float error_share = 1;  // of the error budget, in (0, 1]; all questions' together at most 1
};

// The contents of a bundle's part, borrowed.
struct PartBytes {
  std::string_view name;
  Bytes bytes;
};

// What questions are made from. Networks are shared by part.
class QuestionMaker {
 public:
  QuestionMaker(const Manifest& manifest, std::span<const PartBytes> parts, const run::Loading& loading)
      : manifest_(manifest), parts_(parts), loading_(loading) {}

  const Manifest& manifest() const { return manifest_; }

  // The network of a part; the same for every question that names the part with the same input. kBundlePartMissing when its
  // bytes were not given; the network's own errors with the part named.
  Result<std::shared_ptr<SharedNetwork>> network(const std::string& part, const input::InputSpec& input);

 private:
  const Manifest& manifest_;
  std::span<const PartBytes> parts_;
  const run::Loading& loading_;
  std::vector<std::pair<std::string, std::shared_ptr<SharedNetwork>>> networks_;
};

struct QuestionRow {
  std::string_view kind;  // "skip": the value of `kind` in the manifest
  std::shared_ptr<const QuestionSpec> (*read)(const JsonObject& from, const Manifest& manifest);
  Result<std::unique_ptr<Question>> (*make)(const QuestionSpec& spec, QuestionMaker& maker);
  std::string_view (*part)(const QuestionSpec& spec);  // that the question needs
  bool scores_are_distances = false;                   // otherwise probabilities that an answer is wrong
};

struct QuestionWriter {
  std::string_view kind;  // as in the row
  void (*write)(JsonWriter& out, const QuestionSpec& spec);
};

}  // namespace sluice::pipeline
