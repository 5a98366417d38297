// Runs one node on the plain kernels, as strictly as the interface allows: while the kernel reshapes it sees only the bytes it
// declares to need, and input bytes end where the tensor ends, so that a sanitizer sees every read beyond.
#pragma once

#include <cstring>
#include <string>
#include <vector>

#include "core/model/kernel.hpp"

namespace sluice::model::ops::test {

// An input or output. `type` kUndefined: left out.
struct Operand {
  DataType type = DataType::kUndefined;
  Shape shape = {};
  std::vector<std::byte> bytes = {};

  template <typename T>
  std::vector<T> as() const {
    std::vector<T> values(bytes.size() / sizeof(T));
    if (!values.empty()) std::memcpy(values.data(), bytes.data(), values.size() * sizeof(T));
    return values;
  }
};

template <typename T>
Operand value(const Shape& shape, const std::vector<T>& values) {
  const auto bytes = std::as_bytes(std::span(values));
  return {data_type_of<T>, shape, {bytes.begin(), bytes.end()}};
}
template <typename T>
Operand vector_of(const std::vector<T>& values) {
  return value(Shape{static_cast<std::int64_t>(values.size())}, values);
}
template <typename T>
Operand scalar(T one) {
  return value(Shape{}, std::vector<T>{one});
}

struct NodeRun {
  std::string op_type = {};
  std::int64_t opset = 17;
  std::vector<Attribute> attributes = {};
  std::vector<Operand> inputs = {};
  std::size_t outputs = 1;
  std::size_t memory_limit_bytes = std::size_t{1} << 24;
};

// The outputs; the error of the last row tried where no row of the table takes the node.
Result<std::vector<Operand>> run_node(const NodeRun& run);

}  // namespace sluice::model::ops::test
