// Bundles with early exits that are evaluated under one name: `cifar10-exits` stands for cifar10-exits-vgg and
// cifar10-exits-inception.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace sluice::eval {

// Where `folder` holds no bundle itself: the folders beside it that are called as it is, a dash and a word, and hold a bundle with exits,
// by name. Empty where there are none.
std::vector<std::filesystem::path> find_family(const std::filesystem::path& folder);

// A bundle's place in a family, by its name: "cifar10-exits", "vgg". The member is empty where the name has no dash.
struct FamilyName {
  std::string family;
  std::string member;
};
FamilyName family_of(const std::string& bundle_name);

}  // namespace sluice::eval
