// The bundle that ships, its committed weights on pictures that trained nothing: a few of CIFAR-10's test split, which the set-up fetches
// (--cifar10). How good it is as a whole is `sluice eval cifar10-split`'s to say; that what is committed still works, this test's.
#include <doctest/doctest.h>

#include "native/eval/split/cifar10.hpp"
#include "native/eval/split/split_measurement.hpp"

using namespace sluice;
using namespace sluice::eval;

TEST_CASE("cifar10-split answers as it was trained to, in few bytes, and keeps what its points promise") {
  const auto bundle = bundle::read_bundle(SLUICE_SOURCE "/bundles/cifar10-split");
  REQUIRE_MESSAGE(bundle.has_value(), (bundle ? std::string() : describe(bundle.error())));
  const auto pictures = read_cifar10_test(SLUICE_DEPS_DIR "/cifar10");
  REQUIRE_MESSAGE(pictures.has_value(), (pictures ? std::string() : describe(pictures.error())));
  const auto measured = measure_split(*bundle, *pictures, {}, 50, [](std::size_t, std::size_t) {});
  REQUIRE_MESSAGE(measured.has_value(), (measured ? std::string() : describe(measured.error())));
  REQUIRE(measured->pictures.size() == 200);
  const std::size_t all = measured->cuts.size() - 1;
  // Bounds that 200 pictures of a network this good miss less than once in ten thousand draws.
  CHECK(measured->full_accuracy() > 0.84);
  CHECK(measured->accuracy(all) > 0.80);
  CHECK(measured->accuracy(0) > 0.3);
  CHECK(measured->bytes(all) < 600);
  CHECK(measured->agreement(all) > measured->agreement(0));
  CHECK(measured->accuracy_at_half() > 0.76);
}
