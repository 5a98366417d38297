#include "native/eval/split/system_points.hpp"

#include <rapidjson/document.h>

#include <algorithm>

#include "native/bundle/bundle_folder.hpp"

namespace sluice::eval {
namespace {

constexpr std::size_t kMaxBytes = std::size_t{1} << 20;
constexpr double kMost = 1e15;  // of a number; far beyond any real one

// One line of the file.
class PointReader {
 public:
  explicit PointReader(const rapidjson::Value& object) : object_(object) {}

  std::string text(const char* name, bool required) {
    const auto found = object_.FindMember(name);
    if (found == object_.MemberEnd() && !required) return {};
    if (found != object_.MemberEnd() && found->value.IsString()) {
      return {found->value.GetString(), found->value.GetStringLength()};
    }
    wrong(name);
    return {};
  }
  double number(const char* name, double most) {
    const auto value = optional_number(name, most);
    if (!value) wrong(name);
    return value.value_or(0);
  }
  std::optional<double> optional_number(const char* name, double most) {
    const auto found = object_.FindMember(name);
    if (found == object_.MemberEnd() || found->value.IsNull()) return std::nullopt;
    if (found->value.IsNumber() && found->value.GetDouble() >= 0 && found->value.GetDouble() <= most) {
      return found->value.GetDouble();
    }
    wrong(name);
    return std::nullopt;
  }
  const char* wrong_field() const { return wrong_; }

 private:
  void wrong(const char* name) {
    if (wrong_ == nullptr) wrong_ = name;
  }

  const rapidjson::Value& object_;
  const char* wrong_ = nullptr;
};

}  // namespace

Result<std::vector<SystemPoint>> read_system_points(const std::filesystem::path& file) {
  const auto text = bundle::read_file(file, kMaxBytes);
  if (!text) return fail(text.error());
  std::vector<SystemPoint> points;
  std::size_t number = 0;
  for (std::size_t begin = 0; begin < text->size();) {
    const std::size_t end = std::min(text->find('\n', begin), text->size());
    const std::string line = text->substr(begin, end - begin);
    begin = end + 1;
    ++number;
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    rapidjson::Document json;
    json.Parse<rapidjson::kParseIterativeFlag>(line.data(), line.size());
    if (json.HasParseError() || !json.IsObject()) {
      return fail(ErrorCode::kInvalidArgument, {file.string(), ", line ", number, " is not a JSON object"});
    }
    PointReader reader(json);
    SystemPoint point;
    point.system = reader.text("system", true);
    point.variant = reader.text("variant", false);
    point.coder = reader.text("coder", false);
    point.bytes = reader.number("bytes_mean", kMost);
    point.accuracy = reader.number("accuracy", 1);
    point.device_macs = reader.number("device_macs", kMost);
    point.server_ms = reader.optional_number("server_ms", kMost);
    if (reader.wrong_field() != nullptr) {
      return fail(ErrorCode::kInvalidArgument,
                  {file.string(), ", line ", number, ": '", reader.wrong_field(), "' is missing or wrong; a point has ",
                   "system, bytes_mean, accuracy (0 to 1) and device_macs"});
    }
    points.push_back(std::move(point));
  }
  return points;
}

std::string channels_text(std::uint32_t channels) { return join_text({channels, " channels"}); }

std::vector<SystemPoint> own_points(const SplitMeasurement& measured, std::span<const CoderCost> coders,
                                    std::uint64_t device_macs) {
  std::vector<SystemPoint> points;
  for (const CoderCost& one : coders) {
    for (std::size_t cut = 0; cut < measured.cuts.size(); ++cut) {
      if (!one.bytes[cut]) continue;
      points.push_back({kOwnSystem, channels_text(measured.cuts[cut]), one.coder, *one.bytes[cut],
                        measured.accuracy(cut), static_cast<double>(device_macs),
                        measured.cuts[cut] == 0 ? 0 : measured.remote_ms});
    }
  }
  return points;
}

std::vector<SystemPoint> codec_points(const SplitMeasurement& measured, std::span<const CodecCurve> codecs) {
  std::vector<SystemPoint> points;
  for (const CodecCurve& curve : codecs) {
    for (const CodecPoint& one : curve.points) {
      points.push_back({kCodecSystem, join_text({"quality ", one.quality}), curve.codec, one.bytes, one.accuracy, 0,
                        measured.full_ms});
    }
  }
  return points;
}

}  // namespace sluice::eval
