// Every operator of the table on nodes put together at random, from a fixed seed: whatever the attributes, shapes, types and
// values, a kernel answers with outputs of the shape it named or with a typed error. Sanitizers see the rest.
#include <doctest/doctest.h>

#include <algorithm>
#include <limits>
#include <random>
#include <set>

#include "core/model/ops/onnx_operators.hpp"
#include "tests/core/model/ops/node_driver.hpp"

using namespace sluice;
using namespace sluice::model;
using namespace sluice::model::ops;
using namespace sluice::model::ops::test;

namespace {

class NodeMaker {
 public:
  explicit NodeMaker(std::uint32_t seed) : random_(seed) {}

  NodeRun make(const OperatorEntry& row) {
    NodeRun run;
    run.op_type = std::string(row.op_type);
    run.opset = row.since_opset + below(row.until_opset - row.since_opset + 1);
    run.memory_limit_bytes = 1 << 16;
    run.outputs = static_cast<std::size_t>(1 + below(3));
    const DataType type = random_type();
    const Shape base = random_shape();
    const std::int64_t inputs = below(9);
    for (std::int64_t i = 0; i < inputs; ++i) run.inputs.push_back(random_value(type, base));
    const std::int64_t attributes = below(6);
    for (std::int64_t i = 0; i < attributes; ++i) run.attributes.push_back(random_attribute());
    return run;
  }

 private:
  std::int64_t below(std::int64_t limit) {
    return static_cast<std::int64_t>(random_() % static_cast<std::uint64_t>(limit));
  }

  DataType random_type() {
    constexpr std::array kTypes{DataType::kFloat32, DataType::kFloat32, DataType::kFloat32, DataType::kInt64,
                                DataType::kInt32,   DataType::kUint8,   DataType::kInt8,    DataType::kBool,
                                DataType::kFloat16, DataType::kFloat64, DataType::kUint64,  DataType::kInt16};
    return kTypes[static_cast<std::size_t>(below(kTypes.size()))];
  }

  Shape random_shape() {
    std::vector<std::int64_t> dims(static_cast<std::size_t>(below(6)));
    for (std::int64_t& dim : dims) dim = below(8) == 0 ? 0 : 1 + below(4);
    return *Shape::make(dims);
  }

  std::int64_t random_integer() {
    constexpr std::array kExtremes{std::numeric_limits<std::int64_t>::max(),
                                   std::numeric_limits<std::int64_t>::min(),
                                   std::int64_t{1} << 31,
                                   -(std::int64_t{1} << 31),
                                   std::int64_t{std::numeric_limits<int>::max()},
                                   std::int64_t{1} << 40};
    return below(8) == 0 ? kExtremes[static_cast<std::size_t>(below(kExtremes.size()))] : below(7) - 2;
  }

  // Mostly of the node's common type and shape, so that some nodes get past the first checks.
  Operand random_value(DataType type, const Shape& base) {
    if (below(12) == 0) return {};
    const std::int64_t kind = below(4);
    if (kind == 0) {
      std::vector<std::int64_t> values(static_cast<std::size_t>(below(6)));
      for (std::int64_t& one : values) one = random_integer();
      return below(4) == 0 ? scalar<std::int64_t>(random_integer()) : vector_of(values);
    }
    Operand made{below(8) == 0 ? random_type() : type, kind == 1 ? random_shape() : base, {}};
    made.bytes.resize(made.shape.element_count().value() * element_size(made.type));
    const bool wild = below(3) == 0;
    for (std::byte& byte : made.bytes) byte = static_cast<std::byte>(wild ? below(256) : 0);
    if (!wild && made.type == DataType::kFloat32) {
      for (std::size_t i = 0; i < made.bytes.size(); i += sizeof(float)) {
        const float small = static_cast<float>(below(9)) - 3.0F;
        std::memcpy(made.bytes.data() + i, &small, sizeof small);
      }
    }
    return made;
  }

  Attribute random_attribute() {
    static const std::vector<std::string> kIntegers{"axis",
                                                    "group",
                                                    "keepdims",
                                                    "k",
                                                    "batch_dims",
                                                    "blocksize",
                                                    "ceil_mode",
                                                    "count_include_pad",
                                                    "storage_order",
                                                    "to",
                                                    "size",
                                                    "hidden_size",
                                                    "layout",
                                                    "output_height",
                                                    "output_width",
                                                    "sampling_ratio",
                                                    "exclusive",
                                                    "reverse",
                                                    "fmod",
                                                    "upper",
                                                    "sorted",
                                                    "start",
                                                    "end",
                                                    "transA",
                                                    "transB",
                                                    "largest",
                                                    "batch_axis",
                                                    "time_axis",
                                                    "dtype",
                                                    "align_corners",
                                                    "linear_before_reset",
                                                    "select_last_index",
                                                    "allowzero",
                                                    "exclude_outside",
                                                    "antialias",
                                                    "center_point_box"};
    static const std::vector<std::string> kLists{"axes",      "perm",         "pads",         "strides",
                                                 "dilations", "kernel_shape", "split",        "starts",
                                                 "ends",      "shape",        "output_shape", "output_padding"};
    static const std::vector<std::pair<std::string, std::string>> kWords{
        {"mode", "linear"},
        {"mode", "cubic"},
        {"mode", "reflect"},
        {"mode", "edge"},
        {"mode", "wrap"},
        {"mode", "CRD"},
        {"mode", "nearest"},
        {"mode", "bicubic"},
        {"mode", "max"},
        {"auto_pad", "SAME_UPPER"},
        {"auto_pad", "SAME_LOWER"},
        {"auto_pad", "VALID"},
        {"direction", "LEFT"},
        {"direction", "bidirectional"},
        {"reduction", "add"},
        {"equation", "...i,...i->..."},
        {"equation", "ij,jk"},
        {"padding_mode", "reflection"},
        {"coordinate_transformation_mode", "tf_crop_and_resize"},
        {"coordinate_transformation_mode", "align_corners"},
        {"keep_aspect_ratio_policy", "not_larger"}};
    const std::int64_t kind = below(8);
    if (kind < 3)
      return {kIntegers[static_cast<std::size_t>(below(static_cast<std::int64_t>(kIntegers.size())))],
              random_integer()};
    if (kind < 6) {
      std::vector<std::int64_t> values(static_cast<std::size_t>(below(7)));
      for (std::int64_t& one : values) one = random_integer();
      return {kLists[static_cast<std::size_t>(below(static_cast<std::int64_t>(kLists.size())))], values};
    }
    if (kind == 6) return {"scales", std::vector<float>{1, 1, 2, static_cast<float>(below(4))}};
    const auto& [name, word] = kWords[static_cast<std::size_t>(below(static_cast<std::int64_t>(kWords.size())))];
    return {name, word};
  }

  std::mt19937_64 random_;
};

}  // namespace

TEST_CASE("no node makes a kernel misbehave") {
  std::set<std::string> answered;
  std::uint32_t seed = 1;
  for (const OperatorEntry& row : onnx_operators()) {
    NodeMaker maker(seed++);
    for (int i = 0; i < 400; ++i) {
      const NodeRun run = maker.make(row);
      const auto outcome = run_node(run);
      if (!outcome) {
        CAPTURE(run.op_type);
        CAPTURE(outcome.error().message);
        CHECK(outcome.error().code != ErrorCode::kInternal);
        CHECK(!outcome.error().message.empty());
        continue;
      }
      answered.insert(run.op_type);
      for (const Operand& output : *outcome) {
        CHECK(output.bytes.size() == output.shape.element_count().value() * element_size(output.type));
      }
    }
  }
  // The test would prove little if most nodes failed the first check.
  MESSAGE(answered.size() << " operators of " << onnx_operators().size() << " ran at least once");
  CHECK(answered.size() > onnx_operators().size() / 2);
}
