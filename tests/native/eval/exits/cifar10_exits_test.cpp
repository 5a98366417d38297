// The bundles that ship, their committed weights on pictures that trained nothing: a few of CIFAR-10's test split, which the set-up fetches
// (--cifar10). How good it is as a whole is `sluice eval cifar10-exits`'s to say; that what is committed still works, this test's.
#include <doctest/doctest.h>

#include <filesystem>

#include "native/eval/exits/exit_measurement.hpp"
#include "native/eval/split/cifar10.hpp"
#include "native/eval/variants/variant_measurement.hpp"

using namespace sluice;
using namespace sluice::eval;

namespace {

void check_shipped(const char* name, const LabelledPictures& pictures) {
  CAPTURE(name);
  const auto bundle = bundle::read_bundle(std::filesystem::path(SLUICE_SOURCE "/bundles") / name);
  REQUIRE_MESSAGE(bundle.has_value(), (bundle ? std::string() : describe(bundle.error())));
  const auto measured = measure_exits(*bundle, pictures, true, 50, [](std::size_t, std::size_t) {});
  REQUIRE_MESSAGE(measured.has_value(), (measured ? std::string() : describe(measured.error())));
  REQUIRE(measured->profile.inputs() == 200);
  const auto model = static_cast<double>(measured->costs.model());
  CHECK(static_cast<double>(measured->costs.all_branches()) < 0.015 * model);
  // Bounds that 200 pictures of a network this good miss less than once in ten thousand draws.
  const pipeline::ExitsSpec& spec = *bundle->manifest.exits;
  for (const pipeline::ExitPoint& point : spec.points) {
    CAPTURE(point.target);
    const ExitReplay replayed =
        replay(measured->profile, measured->costs, to_profile(spec.rule, point.thresholds, measured->classes));
    CHECK(replayed.agreement > 1 - 3 * (1 - static_cast<double>(point.target)) - 0.05);
    if (point.target < 0.96F) CHECK(replayed.multiply_adds < 0.6 * model);
    if (point.target >= 0.95F) CHECK(replayed.accuracy > 0.82);
  }
}

// Every n-th, each a block of its own.
PictureStream stream_of(const LabelledPictures& pictures, std::size_t every) {
  PictureStream stream{"some of CIFAR-10's test split", pictures.size() / every, {}};
  stream.visit = [&pictures, every](const PictureVisitor& visit) -> Result<void> {
    for (std::size_t i = 0; i < pictures.size(); i += every) {
      const auto picture = input::make_image(input::PixelFormat::kRgb8, pictures.width, pictures.height,
                                             std::as_bytes(pictures.picture(i)));
      if (!picture) return fail(picture.error());
      if (auto visited = visit(*picture, static_cast<std::uint32_t>(i / every)); !visited) return visited;
    }
    return {};
  };
  return stream;
}

}  // namespace

TEST_CASE("the variant of cifar10-exits-vgg agrees with its model as often as the manifest says") {
  const auto pictures = read_cifar10_test(SLUICE_DEPS_DIR "/cifar10");
  REQUIRE_MESSAGE(pictures.has_value(), (pictures ? std::string() : describe(pictures.error())));
  const auto bundle = bundle::read_bundle(SLUICE_SOURCE "/bundles/cifar10-exits-vgg");
  REQUIRE_MESSAGE(bundle.has_value(), (bundle ? std::string() : describe(bundle.error())));
  REQUIRE(bundle->manifest.variants.size() == 1);
  const auto promised = static_cast<double>(bundle->manifest.variants[0].agreement);
  auto trial = VariantTrial::create(*bundle);
  REQUIRE_MESSAGE(trial.has_value(), (trial ? std::string() : describe(trial.error())));
  const auto measured = trial->measure(stream_of(*pictures, 20), [](std::size_t, std::size_t) {});
  REQUIRE_MESSAGE(measured.has_value(), (measured ? std::string() : describe(measured.error())));
  // What 500 pictures prove either way once in a thousand, where it is as on all 10,000.
  CHECK(most_agreement((*measured)[1].blocks, 0.999) > promised);
  CHECK(least_agreement((*measured)[1].blocks, 0.999) < promised + 0.01);
  CHECK(promised > 0.84);
  CHECK(trial->memory_bytes()[1] * 10 < trial->memory_bytes()[0]);
}

TEST_CASE("cifar10-exits-* answer early as they were trained to, and save what they are there to save") {
  const auto pictures = read_cifar10_test(SLUICE_DEPS_DIR "/cifar10");
  REQUIRE_MESSAGE(pictures.has_value(), (pictures ? std::string() : describe(pictures.error())));
  check_shipped("cifar10-exits-vgg", *pictures);
  check_shipped("cifar10-exits-inception", *pictures);
}
