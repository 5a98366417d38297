// Branches cost what they say, wherever they run, and answer the same as ONNX.
#include "native/train/exits/branch.hpp"

#include <array>

#include "core/model/model.hpp"
#include "native/train/exits/exit_export.hpp"
#include "native/train/exits/exit_search.hpp"
#include "tests/native/train/doctest_with_torch.hpp"

using namespace sluice;
using train::OnnxExport;
using train::exits::branch_variants;
using train::exits::BranchImpl;
using train::exits::Filters;
using train::exits::make_internal_classifier;
using train::exits::make_plain_branch;
using train::exits::make_separable_branch;
using train::exits::Place;

namespace {

struct Ran {
  std::vector<float> logits;
  std::uint64_t multiply_adds = 0;
};

Ran run_exported(const BranchImpl& branch, const Place& place, const torch::Tensor& map) {
  OnnxExport graph("branch");
  graph.input("map", {1, place.channels, place.side, place.side});
  branch.write(graph, "map", "logits");
  graph.output("logits", {1, 5});
  const std::string onnx = graph.finish();
  model::LoadOptions options;
  options.operators = model::all_operators();
  auto model = model::Model::load(std::as_bytes(std::span(onnx)), options);
  REQUIRE_MESSAGE(model.has_value(), model.error().message);
  const torch::Tensor values = map.contiguous();
  const auto view = view_of(std::span<const float>(values.data_ptr<float>(), static_cast<std::size_t>(values.numel())),
                            *Shape::make(std::array{std::int64_t{1}, place.channels, place.side, place.side}));
  REQUIRE(view.has_value());
  const auto ran = model->run(std::array{*view});
  REQUIRE_MESSAGE(ran.has_value(), ran.error().message);
  const auto out = model->output(0).as<float>();
  return {{out.begin(), out.end()}, model->stats().multiply_adds};
}

}  // namespace

TEST_CASE("a branch counts its multiply-adds as the core does, and its ONNX answers as it does") {
  torch::NoGradGuard no_gradient;
  for (const Place& place : {Place{"a", 6, 32, 0}, Place{"b", 12, 8, 0}, Place{"c", 16, 4, 0}, Place{"d", 20, 2, 0}}) {
    torch::manual_seed(4);
    std::vector<std::shared_ptr<BranchImpl>> branches;
    for (const Filters& filters : branch_variants(8)) branches.push_back(make_separable_branch(place, filters, 5));
    branches.push_back(make_plain_branch(place, 2, 5));
    branches.push_back(make_internal_classifier(place, 5));
    for (const auto& branch : branches) {
      CAPTURE(place.side);
      CAPTURE(branch->text());
      branch->eval();
      const torch::Tensor map = torch::rand({1, place.channels, place.side, place.side});
      const torch::Tensor wanted = branch->forward(branch->read(map));
      const Ran ran = run_exported(*branch, place, map);
      CHECK(ran.multiply_adds == branch->multiply_adds());
      REQUIRE(ran.logits.size() == 5);
      for (std::size_t i = 0; i < 5; ++i) {
        CHECK(ran.logits[i] == doctest::Approx(wanted[0][static_cast<std::int64_t>(i)].item<float>()).epsilon(1e-4));
      }
    }
  }
}

TEST_CASE("places called as nodes and weights of the exported graph would be are still its inputs") {
  torch::NoGradGuard no_gradient;
  OnnxExport graph("exits");
  const Place place{"Relu_5", 6, 8, 0};
  for (const char* name : {"Relu_5", "Conv_0", "weights_0"}) graph.input(name, {1, 6, 8, 8});
  int exit = 0;
  for (const char* name : {"Relu_5", "Conv_0", "weights_0"}) {
    const std::string logits = "exit_" + std::to_string(exit++);
    const auto branch = make_plain_branch(place, 2, 5);
    branch->eval();
    branch->write(graph, name, logits);
    graph.output(logits, {1, 5});
  }
  model::LoadOptions options;
  options.operators = model::all_operators();
  const std::string onnx = graph.finish();
  const auto model = model::Model::load(std::as_bytes(std::span(onnx)), options);
  REQUIRE_MESSAGE(model.has_value(), model.error().message);
  CHECK(model->inputs().size() == 3);
  CHECK(model->outputs().size() == 3);
}
