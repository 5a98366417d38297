#include "server/log.hpp"

#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <chrono>
#include <cstdio>

#include "core/wire/utf8.hpp"

namespace sluice::server {

namespace {

std::string as_json(std::string_view event, std::span<const Log::Field> fields) {
  rapidjson::StringBuffer buffer;
  rapidjson::Writer<rapidjson::StringBuffer> writer(buffer);
  const auto since_epoch = std::chrono::system_clock::now().time_since_epoch();
  writer.StartObject();
  writer.Key("time_ms");
  writer.Int64(std::chrono::duration_cast<std::chrono::milliseconds>(since_epoch).count());
  writer.Key("event");
  writer.String(std::string(event));
  for (const auto& [name, value] : fields) {
    writer.Key(std::string(name).c_str());
    writer.String(wire::as_utf8(value));  // the name of a file may be any bytes
  }
  writer.EndObject();
  return {buffer.GetString(), buffer.GetSize()};
}

}  // namespace

void Log::line(std::string_view event, std::string_view sentence, std::span<const Field> fields) const {
  if (form_ == Form::kSilent) return;
  std::string text;
  if (form_ == Form::kJson) {
    text = as_json(event, fields);
  } else {
    text = sentence;
    for (const auto& [name, value] : fields) (text += "  ").append(name).append("=").append(value);
    for (auto& c : text) {
      if (static_cast<unsigned char>(c) < 0x20) c = ' ';  // a header must not forge a line
    }
  }
  text += '\n';
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fflush(stdout);
}

}  // namespace sluice::server
