// One TensorProto of an ONNX file as a constant: a view into the file's bytes where they lie aligned and padded, else a copy.
// Sizes are checked against the limit, and against the bytes that are there, before anything is allocated.
// Throws protozero's exceptions on malformed protobuf; the reader catches them.
#pragma once

#include <optional>
#include <protozero/data_view.hpp>
#include <string>

#include "core/base/result.hpp"
#include "core/tensor/tensor.hpp"

namespace sluice::model::onnx {

struct TensorConstant {
  std::string_view name;        // borrowed from the file
  TensorView view;              // valid unless `owned` holds the data
  std::optional<Tensor> owned;  // copied data
};

// Reads `message` (a TensorProto within `file`). External data, strings and types outside DataType are refused by name.
Result<TensorConstant> read_tensor(protozero::data_view message, Bytes file, std::size_t limit_bytes);

}  // namespace sluice::model::onnx
