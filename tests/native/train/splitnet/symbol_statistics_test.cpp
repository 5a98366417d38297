// Coding sections learned from a network's own symbols.
#include "tests/native/train/doctest_with_torch.hpp"

#include <algorithm>

#include "core/split/coding/range_decoder.hpp"
#include "core/split/coding/range_encoder.hpp"
#include "native/train/splitnet/own_classifier.hpp"
#include "native/train/splitnet/symbol_statistics.hpp"
#include "tests/native/train/splitnet/toy_pictures.hpp"

namespace {

using namespace sluice::train::splitnet;

SplitNetwork new_network(const SplitDesign& design) {
  torch::manual_seed(5);
  FullDesign full_design;
  full_design.classes = sluice::test::kToyClasses;
  full_design.widths = {8, 8, 8};
  const OwnClassifier full(FullNetwork(full_design, Arithmetic::kFloat32), "new");
  return SplitNetwork(full, design, Arithmetic::kFloat32);
}

}  // namespace

TEST_CASE("a network's symbols are coded by what was learned from them, for both quantisers") {
  const PictureSet set = sluice::test::toy_pictures(300, 4);
  for (const QuantiserForm form : {QuantiserForm::kRounding, QuantiserForm::kCodebook}) {
    SplitDesign design;
    design.extractor_width = 8;
    design.channels = 6;
    design.local_channels = 2;
    design.quantiser = form;
    SplitNetwork network = new_network(design);
    const SentSymbols sent = collect_symbols(network, set, 260);
    CHECK(sent.channels == 4);
    CHECK(sent.side == 8);
    CHECK(sent.values.size() == 260 * 4 * 64);
    const auto section = learn_coding_section(network, set);
    REQUIRE(section);
    sluice::split::SymbolModel model;
    REQUIRE(read_symbol_model(*section, model) == sluice::split::ModelStatus::kOk);
    std::vector<std::uint8_t> out(2000);
    const auto encoded = encode_features(model, sent.values.data(), 1, 64, out, 4);
    REQUIRE(encoded.channels == 4);
    std::vector<std::int8_t> got(model.features());
    REQUIRE(decode_features(model, {out.data(), encoded.bytes}, got));
    CHECK(std::equal(got.begin(), got.end(), sent.values.begin()));
  }
}

TEST_CASE("symbols of a codebook are numbered by their centroids' size, whatever order training left them in") {
  const PictureSet set = sluice::test::toy_pictures(10, 4);
  SplitDesign design;
  design.extractor_width = 8;
  design.channels = 4;
  design.local_channels = 1;
  design.quantiser = QuantiserForm::kCodebook;
  SplitNetwork network = new_network(design);
  const SentSymbols before = collect_symbols(network, set, 10);
  {
    torch::NoGradGuard no_gradient;
    torch::Tensor theta = network->quantiser->named_parameters()["theta"];
    theta.copy_(theta.flip(0).clone());
  }
  CHECK(collect_symbols(network, set, 10).values == before.values);
}

TEST_CASE("without pictures, and with more levels than can be coded, nothing is learned") {
  SplitDesign design;
  design.channels = 4;
  design.local_channels = 1;
  design.quantiser = QuantiserForm::kCodebook;
  design.levels = 200;
  SplitNetwork network = new_network(design);
  const auto section = learn_coding_section(network, sluice::test::toy_pictures(4, 1));
  REQUIRE_FALSE(section);
  CHECK(section.error().message.find("200") != std::string::npos);
  design.levels = 8;
  network = new_network(design);
  CHECK_FALSE(learn_coding_section(network, PictureSet{}));
}
