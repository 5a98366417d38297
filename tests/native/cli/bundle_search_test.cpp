#include "native/cli/bundle_search.hpp"

#include <doctest/doctest.h>

#include <cstdlib>

#include "tests/native/bright_bundle.hpp"
#include "tests/native/temporary_folder.hpp"

using namespace sluice;
using namespace sluice::cli;

TEST_CASE("a bundle is found by its folder, and by its name where bundles are looked for") {
  const test::TemporaryFolder folder;
  const std::string bundle = (folder.path() / "bright").string();
  test::write_bright_bundle(bundle);
  CHECK(*find_bundle(bundle) == bundle);
  const auto unknown = find_bundle("bright");
  REQUIRE_FALSE(unknown);
  CHECK(unknown.error().code == ErrorCode::kNotFound);
  CHECK(unknown.error().message.find("bundles/bright") != std::string::npos);
  ::setenv("SLUICE_BUNDLES", folder.path().c_str(), 1);
  CHECK(*find_bundle("bright") == folder.path() / "bright");
  ::unsetenv("SLUICE_BUNDLES");
  CHECK_FALSE(find_bundle((folder.path() / "other").string()));
  CHECK_FALSE(find_bundle(""));
}
