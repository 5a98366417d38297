#include "server/inference/infer_reply.hpp"

#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <algorithm>
#include <cmath>

#include "core/wire/utf8.hpp"
#include "server/inference/protocol_types.hpp"

namespace sluice::server {

namespace {

using Buffer = rapidjson::StringBuffer;
using Writer = rapidjson::Writer<Buffer>;

template <typename T>
void write_values(Writer& writer, std::span<const T> values) {
  for (const T value : values) {
    if constexpr (std::is_same_v<T, bool>) writer.Bool(value);
    else if constexpr (std::is_floating_point_v<T>) {
      if (std::isfinite(value)) writer.Double(static_cast<double>(value));
      else writer.Null();  // JSON has no such numbers; the binary form carries them
    } else if constexpr (std::is_signed_v<T>) writer.Int64(value);
    else writer.Uint64(value);
  }
}

void write_data(Writer& writer, TensorView tensor) {
  writer.StartArray();
  switch (tensor.type) {
    case DataType::kBool: write_values(writer, tensor.as<bool>()); break;
    case DataType::kUint8: write_values(writer, tensor.as<std::uint8_t>()); break;
    case DataType::kUint16: write_values(writer, tensor.as<std::uint16_t>()); break;
    case DataType::kUint32: write_values(writer, tensor.as<std::uint32_t>()); break;
    case DataType::kUint64: write_values(writer, tensor.as<std::uint64_t>()); break;
    case DataType::kInt8: write_values(writer, tensor.as<std::int8_t>()); break;
    case DataType::kInt16: write_values(writer, tensor.as<std::int16_t>()); break;
    case DataType::kInt32: write_values(writer, tensor.as<std::int32_t>()); break;
    case DataType::kInt64: write_values(writer, tensor.as<std::int64_t>()); break;
    case DataType::kFloat32: write_values(writer, tensor.as<float>()); break;
    case DataType::kFloat64: write_values(writer, tensor.as<double>()); break;
    default: break;
  }
  writer.EndArray();
}

// FP16 and the like have no JSON numbers, so they always go binary.
bool has_json_form(DataType type) { return type != DataType::kFloat16 && !to_protocol_type(type).empty(); }

void write_key(Writer& writer, const char* key, const std::string& value) {
  writer.Key(key);
  writer.String(value);
}

void write_info(Writer& writer, const model::TensorInfo& info) {
  writer.StartObject();
  write_key(writer, "name", info.name);
  write_key(writer, "datatype", std::string(to_protocol_type(info.type)));
  writer.Key("shape");
  writer.StartArray();
  for (const auto dim : info.dims) writer.Int64(dim);
  writer.EndArray();
  writer.EndObject();
}

std::string text_of(const Buffer& buffer) { return {buffer.GetString(), buffer.GetSize()}; }

}  // namespace

HttpReply infer_reply(const ServedModel& model, const InferRequest& request, const Outputs& outputs) {
  std::vector<WantedOutput> wanted = request.outputs;
  if (wanted.empty()) {
    for (const auto& output : outputs) wanted.push_back({output.name, request.binary_output});
  }
  Buffer buffer;
  Writer writer(buffer);
  std::string raw;
  bool any_binary = false;
  writer.StartObject();
  write_key(writer, "model_name", model.name);
  write_key(writer, "model_version", model.version);
  if (!request.id.empty()) write_key(writer, "id", request.id);
  writer.Key("outputs");
  writer.StartArray();
  for (const auto& want : wanted) {
    const auto found =
        std::find_if(outputs.begin(), outputs.end(), [&](const auto& output) { return output.name == want.name; });
    if (found == outputs.end()) continue;
    const auto tensor = found->tensor.view();
    writer.StartObject();
    write_key(writer, "name", want.name);
    write_key(writer, "datatype", std::string(to_protocol_type(tensor.type)));
    writer.Key("shape");
    writer.StartArray();
    for (const auto dim : tensor.shape.dims()) writer.Int64(dim);
    writer.EndArray();
    if (want.binary || !has_json_form(tensor.type)) {
      any_binary = true;
      writer.Key("parameters");
      writer.StartObject();
      writer.Key("binary_data_size");
      writer.Uint64(tensor.bytes.size());
      writer.EndObject();
      raw += as_text(tensor.bytes);
    } else {
      writer.Key("data");
      write_data(writer, tensor);
    }
    writer.EndObject();
  }
  writer.EndArray();
  writer.EndObject();
  if (!any_binary) return json_reply(200, text_of(buffer));
  HttpReply reply;
  reply.set("Content-Type", "application/octet-stream");
  reply.set("Inference-Header-Content-Length", std::to_string(buffer.GetSize()));
  reply.body = text_of(buffer) + raw;
  return reply;
}

HttpReply server_metadata_reply() {
  Buffer buffer;
  Writer writer(buffer);
  writer.StartObject();
  write_key(writer, "name", "sluice-server");
  write_key(writer, "version", SLUICE_VERSION);
  writer.Key("extensions");
  writer.StartArray();
  writer.String("binary_tensor_data");
  writer.String("model_repository");
  writer.EndArray();
  writer.EndObject();
  return json_reply(200, text_of(buffer));
}

HttpReply repository_index_reply(const std::vector<ModelStatus>& rows) {
  Buffer buffer;
  Writer writer(buffer);
  writer.StartArray();
  for (const auto& row : rows) {
    writer.StartObject();
    write_key(writer, "name", wire::as_utf8(row.name));  // of a folder that holds no bundle: any bytes
    write_key(writer, "version", row.version);
    write_key(writer, "state", row.ready ? "READY" : "UNAVAILABLE");
    if (!row.memory.empty()) write_key(writer, "memory", row.memory);
    write_key(writer, "reason", wire::as_utf8(row.reason));
    writer.EndObject();
  }
  writer.EndArray();
  return json_reply(200, text_of(buffer));
}

HttpReply model_metadata_reply(const ServedModel& model, const Engine& engine) {
  Buffer buffer;
  Writer writer(buffer);
  writer.StartObject();
  write_key(writer, "name", model.name);
  writer.Key("versions");
  writer.StartArray();
  writer.String(model.version);
  writer.EndArray();
  write_key(writer, "platform", std::string(engine.name()) + "_onnx");
  writer.Key("inputs");
  writer.StartArray();
  for (const auto& info : model.signature().inputs) write_info(writer, info);
  writer.EndArray();
  writer.Key("outputs");
  writer.StartArray();
  for (const auto& info : model.signature().outputs) write_info(writer, info);
  writer.EndArray();
  writer.EndObject();
  return json_reply(200, text_of(buffer));
}

}  // namespace sluice::server
