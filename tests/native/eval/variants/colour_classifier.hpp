// A classifier of plain pictures for tests of variants: tells red, green and blue apart by the means of the channels, and one that takes
// blue for red. Real ONNX models; and footage for them.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace sluice::test {

struct ClassifierForm {
  bool sees_blue = true;
  std::string input = "picture", output = "logits";
  std::int64_t batch = -1;
  std::int64_t classes = 3;
};
std::string colour_classifier(const ClassifierForm& form);

// The bundle "colours" with that model, without variants, with `x_classes` and a section that no build knows.
void write_colour_bundle(const std::filesystem::path& folder);

// So many pictures of each colour.
void write_colours(const std::filesystem::path& folder, int red, int green, int blue);

}  // namespace sluice::test
