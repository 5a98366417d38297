#include "server/inference/infer_request.hpp"

#include <rapidjson/document.h>
#include <rapidjson/error/en.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/base/json_depth.hpp"
#include "server/inference/protocol_types.hpp"

namespace sluice::server {

namespace {

using Json = rapidjson::Value;

Failure invalid(std::string message) { return fail(ErrorCode::kInvalidArgument, std::move(message)); }

const Json* member(const Json& object, const char* name) {
  if (!object.IsObject()) return nullptr;
  const auto found = object.FindMember(name);
  return found == object.MemberEnd() ? nullptr : &found->value;
}

std::string_view text_of(const Json& value) { return {value.GetString(), value.GetStringLength()}; }

// Flattens nested arrays into `out`, which must come out exactly full. Depth was limited before.
template <typename T>
class Flatten {
 public:
  Flatten(std::span<T> out, const std::string& where) : out_(out), where_(where) {}

  Result<void> run(const Json& data) {
    if (auto ok = add(data); !ok) return ok;
    if (used_ != out_.size()) return wrong_count(used_);
    return {};
  }

 private:
  Result<void> add(const Json& value) {
    if (value.IsArray()) {
      for (const auto& element : value.GetArray()) {
        if (auto ok = add(element); !ok) return ok;
      }
      return {};
    }
    if (used_ == out_.size()) return wrong_count(used_ + 1);
    if constexpr (std::is_same_v<T, bool>) {
      if (!value.IsBool()) return not_a("boolean");
      out_[used_++] = value.GetBool();
    } else if constexpr (std::is_floating_point_v<T>) {
      if (!value.IsNumber()) return not_a("number");
      out_[used_++] = static_cast<T>(value.GetDouble());
    } else if constexpr (std::is_signed_v<T>) {
      if (!value.IsInt64() || value.GetInt64() < std::numeric_limits<T>::min() ||
          value.GetInt64() > std::numeric_limits<T>::max()) {
        return not_a("integer of the tensor's range");
      }
      out_[used_++] = static_cast<T>(value.GetInt64());
    } else {
      if (!value.IsUint64() || value.GetUint64() > std::numeric_limits<T>::max()) {
        return not_a("non-negative integer of the tensor's range");
      }
      out_[used_++] = static_cast<T>(value.GetUint64());
    }
    return {};
  }
  Failure not_a(const char* what) const {
    return invalid(where_ + ".data: element " + std::to_string(used_) + " is not a " + what);
  }
  Failure wrong_count(std::size_t count) const {
    return fail(ErrorCode::kShapeMismatch, where_ + ".data has " + (count > out_.size() ? "more than " : "") +
                                               std::to_string(std::min(count, out_.size())) +
                                               " elements, its shape takes " + std::to_string(out_.size()));
  }

  std::span<T> out_;
  const std::string& where_;
  std::size_t used_ = 0;
};

Result<void> flatten(const Json& data, Tensor& tensor, const std::string& where) {
  switch (tensor.type()) {
    case DataType::kBool: return Flatten<bool>(tensor.as<bool>(), where).run(data);
    case DataType::kUint8: return Flatten<std::uint8_t>(tensor.as<std::uint8_t>(), where).run(data);
    case DataType::kUint16: return Flatten<std::uint16_t>(tensor.as<std::uint16_t>(), where).run(data);
    case DataType::kUint32: return Flatten<std::uint32_t>(tensor.as<std::uint32_t>(), where).run(data);
    case DataType::kUint64: return Flatten<std::uint64_t>(tensor.as<std::uint64_t>(), where).run(data);
    case DataType::kInt8: return Flatten<std::int8_t>(tensor.as<std::int8_t>(), where).run(data);
    case DataType::kInt16: return Flatten<std::int16_t>(tensor.as<std::int16_t>(), where).run(data);
    case DataType::kInt32: return Flatten<std::int32_t>(tensor.as<std::int32_t>(), where).run(data);
    case DataType::kInt64: return Flatten<std::int64_t>(tensor.as<std::int64_t>(), where).run(data);
    case DataType::kFloat32: return Flatten<float>(tensor.as<float>(), where).run(data);
    case DataType::kFloat64: return Flatten<double>(tensor.as<double>(), where).run(data);
    default: return fail(ErrorCode::kTypeMismatch, where + ": this datatype has no JSON form; send it as binary data");
  }
}

class Reader {
 public:
  Reader(std::string_view raw, bool binary_allowed, const LoadedModel& model, const InferLimits& limits)
      : raw_(raw), binary_allowed_(binary_allowed), model_(model), limits_(limits) {}

  Result<InferRequest> read(const Json& root) {
    if (!root.IsObject()) return invalid("the request is not a JSON object");
    InferRequest request;
    if (const Json* id = member(root, "id"); id != nullptr) {
      if (!id->IsString() || id->GetStringLength() > 256) return invalid("id must be a string of at most 256 bytes");
      request.id = text_of(*id);
    }
    if (const Json* parameters = member(root, "parameters"); parameters != nullptr) {
      if (auto ok = read_parameters(*parameters, request); !ok) return fail(ok.error());
    }
    const Json* inputs = member(root, "inputs");
    if (inputs == nullptr || !inputs->IsArray()) return invalid("inputs must be an array");
    if (inputs->Size() > limits_.max_tensors) {
      return invalid(std::to_string(inputs->Size()) + " inputs; at most " + std::to_string(limits_.max_tensors) +
                     " are read");
    }
    request.owned.reserve(inputs->Size());
    for (rapidjson::SizeType i = 0; i < inputs->Size(); ++i) {
      if (auto ok = read_input((*inputs)[i], "inputs[" + std::to_string(i) + "]", request); !ok)
        return fail(ok.error());
    }
    if (!raw_.empty()) return invalid(std::to_string(raw_.size()) + " bytes follow the last binary tensor");
    if (const Json* outputs = member(root, "outputs"); outputs != nullptr) {
      if (auto ok = read_outputs(*outputs, request); !ok) return fail(ok.error());
    }
    return request;
  }

 private:
  Result<void> read_parameters(const Json& parameters, InferRequest& request) {
    if (!parameters.IsObject()) return invalid("parameters must be an object");
    if (const Json* binary = member(parameters, "binary_data_output"); binary != nullptr) {
      if (!binary->IsBool()) return invalid("parameters.binary_data_output must be a boolean");
      request.binary_output = binary->GetBool();
    }
    if (const Json* timeout = member(parameters, "timeout"); timeout != nullptr) {
      if (!timeout->IsInt64() || timeout->GetInt64() <= 0) {
        return invalid("parameters.timeout must be a positive number of microseconds");
      }
      constexpr Duration kMost = std::chrono::hours(24);  // so that a deadline is always a time
      request.timeout = std::min(Duration{timeout->GetInt64()}, kMost);
    }
    return {};
  }

  Result<void> read_input(const Json& input, const std::string& where, InferRequest& request) {
    const Json* name = member(input, "name");
    if (name == nullptr || !name->IsString()) return invalid(where + ".name is missing");
    const Json* datatype = member(input, "datatype");
    if (datatype == nullptr || !datatype->IsString()) return invalid(where + ".datatype is missing");
    const auto type = from_protocol_type(text_of(*datatype));
    if (!type) {
      return fail(ErrorCode::kTypeMismatch,
                  where + ".datatype '" + std::string(text_of(*datatype)).substr(0, 32) +
                      "' is not supported; use BOOL, INT8 to INT64, UINT8 to UINT64, FP16 to FP64");
    }
    const auto shape = read_shape(member(input, "shape"), where);
    if (!shape) return fail(shape.error());

    const Json* parameters = member(input, "parameters");
    const Json* binary_size = parameters != nullptr ? member(*parameters, "binary_data_size") : nullptr;
    // The JSON bounds how many elements can follow as text: two bytes each at least.
    const auto size = dense_size(*type, *shape, std::max(raw_.size(), limits_.max_json_bytes * 4));
    if (!size) return fail(size.error().code, where + ": " + size.error().message);
    if (binary_size != nullptr) {
      if (!binary_allowed_)
        return invalid(where + ": binary_data_size needs the header Inference-Header-Content-Length");
      if (!binary_size->IsUint64() || binary_size->GetUint64() != *size) {
        return fail(ErrorCode::kShapeMismatch,
                    where + ": binary_data_size is not the " + std::to_string(*size) + " bytes that its shape takes");
      }
      if (*size > raw_.size()) {
        return invalid(where + ": " + std::to_string(*size) + " bytes of binary data are promised, " +
                       std::to_string(raw_.size()) + " follow");
      }
      request.inputs.push_back({std::string(text_of(*name)), {*type, *shape, as_bytes(raw_.substr(0, *size))}});
      raw_.remove_prefix(*size);
      return {};
    }
    const Json* data = member(input, "data");
    if (data == nullptr || !data->IsArray()) return invalid(where + ".data must be an array");
    auto tensor = Tensor::create(*type, *shape, *size);
    if (!tensor) return fail(tensor.error());
    if (auto ok = flatten(*data, *tensor, where); !ok) return ok;
    request.owned.push_back(std::move(*tensor));
    request.inputs.push_back({std::string(text_of(*name)), request.owned.back().view()});
    return {};
  }

  static Result<Shape> read_shape(const Json* shape, const std::string& where) {
    if (shape == nullptr || !shape->IsArray() || shape->Size() > Shape::kMaxRank) {
      return invalid(where + ".shape must be an array of at most " + std::to_string(Shape::kMaxRank) + " sizes");
    }
    std::vector<std::int64_t> dims;
    for (const auto& dim : shape->GetArray()) {
      if (!dim.IsInt64() || dim.GetInt64() < 0) return invalid(where + ".shape holds something that is no size");
      dims.push_back(dim.GetInt64());
    }
    return *Shape::make(dims);
  }

  Result<void> read_outputs(const Json& outputs, InferRequest& request) {
    if (!outputs.IsArray() || outputs.Size() > limits_.max_tensors) return invalid("outputs must be a short array");
    for (const auto& output : outputs.GetArray()) {
      const Json* name = member(output, "name");
      if (name == nullptr || !name->IsString()) return invalid("an output has no name");
      const auto infos = model_.outputs();
      const bool known =
          std::any_of(infos.begin(), infos.end(), [&](const auto& info) { return info.name == text_of(*name); });
      if (!known) {
        std::string names;
        for (const auto& info : infos) names += (names.empty() ? "" : ", ") + info.name;
        return invalid("the model has no output '" + std::string(text_of(*name)).substr(0, 128) + "'; it has " + names);
      }
      // An answer is then no larger than the model's outputs.
      const bool twice = std::any_of(request.outputs.begin(), request.outputs.end(),
                                     [&](const WantedOutput& other) { return other.name == text_of(*name); });
      if (twice) return invalid("the output '" + std::string(text_of(*name)) + "' is asked for twice");
      WantedOutput wanted{std::string(text_of(*name)), request.binary_output};
      const Json* parameters = member(output, "parameters");
      if (const Json* binary = parameters != nullptr ? member(*parameters, "binary_data") : nullptr;
          binary != nullptr) {
        if (!binary->IsBool()) return invalid("binary_data must be a boolean");
        wanted.binary = binary->GetBool();
      }
      request.outputs.push_back(std::move(wanted));
    }
    return {};
  }

  std::string_view raw_;
  bool binary_allowed_;
  const LoadedModel& model_;
  const InferLimits& limits_;
};

}  // namespace

Result<InferRequest> parse_infer_request(std::string_view body, std::optional<std::size_t> json_bytes,
                                         const LoadedModel& model, const InferLimits& limits) {
  if (json_bytes && *json_bytes > body.size()) {
    return invalid("Inference-Header-Content-Length is " + std::to_string(*json_bytes) + ", the body has " +
                   std::to_string(body.size()) + " bytes");
  }
  if (json_bytes == std::size_t{0}) {  // the raw form: one input, no JSON at all
    if (model.inputs().size() != 1) return invalid("raw bodies are for models with one input");
    const auto& info = model.inputs()[0];
    const auto shape = Shape::make(info.dims);
    if (!shape) return fail(ErrorCode::kShapeMismatch, "raw bodies need a model whose input has no open dimension");
    InferRequest request;
    request.binary_output = true;
    request.inputs.push_back({info.name, {info.type, *shape, as_bytes(body)}});
    return request;
  }
  const auto json = body.substr(0, json_bytes.value_or(body.size()));
  if (json.size() > limits.max_json_bytes) {
    return fail(ErrorCode::kOutOfMemory, std::to_string(json.size()) + " bytes of JSON; at most " +
                                             std::to_string(limits.max_json_bytes) + " are read: send binary tensors");
  }
  if (const auto depth = json_depth(json); depth > limits.max_json_depth) {
    return invalid("JSON nested " + std::to_string(depth) + " deep; at most " + std::to_string(limits.max_json_depth) +
                   " are read");
  }
  rapidjson::Document document;
  document.Parse<rapidjson::kParseIterativeFlag>(json.data(), json.size());
  if (document.HasParseError()) {
    return invalid(std::string("not JSON: ") + rapidjson::GetParseError_En(document.GetParseError()) + " at byte " +
                   std::to_string(document.GetErrorOffset()));
  }
  return Reader(body.substr(json.size()), json_bytes.has_value(), model, limits).read(document);
}

}  // namespace sluice::server
