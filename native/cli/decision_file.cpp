#include "native/cli/decision_file.hpp"

#include <rapidjson/document.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <limits>

#include "core/questions/table.hpp"
#include "native/bundle/sha256.hpp"

namespace sluice::cli {
namespace {

constexpr unsigned kFormat = 1;
constexpr unsigned kMaxQuestions = 16;     // that a manifest may have
constexpr std::uint32_t kMaxHalves = 256;  // channels that a device half may have
constexpr std::size_t kMaxHeaderBytes = std::size_t{64} << 10U;

// The options by name; both ways go through this list.
template <typename Options, typename Field>
void each_number(Options& options, Field field) {
  field("max_in_flight", options.max_in_flight);
  field("max_waiting", options.max_waiting);
  field("budget_ms", options.budget_ms);
  field("handshake_timeout_ms", options.handshake_timeout_ms);
  field("ping_interval_ms", options.ping_interval_ms);
  field("pong_timeout_ms", options.pong_timeout_ms);
  field("backoff_first_ms", options.backoff_first_ms);
  field("backoff_max_ms", options.backoff_max_ms);
  field("jitter_seed", options.jitter_seed);
  field("max_message_bytes", options.max_message_bytes);
  field("max_unsent_bytes", options.max_unsent_bytes);
  field("private_answers", options.private_answers);
}

template <typename Options, typename Field>
void each_weight(Options& options, Field field) {
  field("weigh_device_ms", options.weights.per_device_cost);
  field("weigh_kilobyte", options.weights.per_kilobyte);
  field("weigh_server_ms", options.weights.per_server_ms);
}

constexpr const char* kPolicies[] = {"newest-wins", "keep-all"};
constexpr const char* kPlaces[] = {"remote", "remote-else-local", "local"};

// Whole, with whatever is in it: a name with a zero in it is another name.
std::string text_of(const rapidjson::Value& value) { return {value.GetString(), value.GetStringLength()}; }

class Reader {
 public:
  explicit Reader(const rapidjson::Value& object) : object_(object) {}

  std::string text(const char* name) {
    const auto found = object_.FindMember(name);
    if (found != object_.MemberEnd() && found->value.IsString()) return text_of(found->value);
    return wrong(name), std::string();
  }
  template <typename Number>
  void number(const char* name, Number& value) {  // of a bool 0 or 1
    const auto found = object_.FindMember(name);
    if (found == object_.MemberEnd() || !found->value.IsUint64() ||
        found->value.GetUint64() > std::numeric_limits<Number>::max()) {
      return wrong(name);
    }
    value = static_cast<Number>(found->value.GetUint64());
  }
  template <typename Choice, std::size_t n>
  void choice(const char* name, const char* const (&names)[n], Choice& value) {
    const std::string chosen = text(name);
    for (std::size_t i = 0; i < n; ++i) {
      if (chosen == names[i]) return void(value = static_cast<Choice>(i));
    }
    wrong(name);
  }
  void share(const char* name, float& value) {  // 0 to 1
    const auto found = object_.FindMember(name);
    if (found == object_.MemberEnd() || !found->value.IsNumber() || !(found->value.GetDouble() >= 0) ||
        !(found->value.GetDouble() <= 1)) {
      return wrong(name);
    }
    value = static_cast<float>(found->value.GetDouble());
  }
  void amount(const char* name, double& value) {  // finite, not negative
    const auto found = object_.FindMember(name);
    if (found == object_.MemberEnd() || !found->value.IsNumber() || !(found->value.GetDouble() >= 0)) {
      return wrong(name);
    }
    value = found->value.GetDouble();
  }
  void wrong(const char* name) {
    if (wrong_.empty()) wrong_ = name;
  }
  const std::string& wrong() const { return wrong_; }

 private:
  const rapidjson::Value& object_;
  std::string wrong_;
};

Failure wrong_field(std::string_view field) {
  return fail(ErrorCode::kInvalidArgument, {"'", field, "' in the first line of the decision log is missing or wrong; ",
                                            "native/cli/DECISION_LOG.md describes the line"});
}

Failure no_header() {
  return fail(ErrorCode::kInvalidArgument,
              {"the decision log does not begin with a header, one line of JSON that says what was run: ",
               "{\"sluice_decisions\":", kFormat,
               ",\"bundle\":\"NAME\",\"version\":\"VERSION\",\"questions\":[\"skip\"],...}; ",
               "`sluice run --record` writes one, and before a log from elsewhere it is put by hand, as ",
               "native/cli/DECISION_LOG.md describes"});
}

}  // namespace

Result<std::string> contents_of(const pipeline::Manifest& manifest) {
  const auto text = questions::write_manifest(manifest);
  if (!text) return fail(text.error());
  return bundle::sha256_hex(as_bytes(*text));
}

std::string write_recorded_run(const RecordedRun& run) {
  rapidjson::StringBuffer buffer;
  rapidjson::Writer<rapidjson::StringBuffer> out(buffer);
  const auto text = [&](const char* name, const std::string& value) {
    out.Key(name);
    out.String(value);
  };
  out.StartObject();
  out.Key("sluice_decisions");
  out.Uint(kFormat);
  text("bundle", run.bundle);
  text("version", run.version);
  out.Key("questions");
  out.StartArray();
  for (const std::string& question : run.questions) out.String(question);
  out.EndArray();
  text("client_name", run.options.client_name);
  text("queue", kPolicies[static_cast<std::size_t>(run.options.queue)]);
  text("place", kPlaces[static_cast<std::size_t>(run.options.place)]);
  each_number(run.options, [&](const char* name, auto value) {
    out.Key(name);
    out.Uint64(value);
  });
  out.Key("halves");
  out.Uint(run.halves);
  out.Key("exits");
  out.Uint(run.exits ? 1 : 0);
  out.Key("exits_mean_cost");
  out.Double(static_cast<double>(run.options.exits_mean_cost));
  out.Key("least_agreement");
  out.Double(static_cast<double>(run.options.least_agreement));
  out.Key("stale_answer_ms");
  out.Uint(run.options.stale_answer_ms);
  if (run.options.place_forms) {
    out.Key("place_forms");
    out.Uint(1);
    out.Key("duplicate");
    out.Uint(run.options.duplicate ? 1 : 0);
    text("stand_in", run.options.stand_in);
  }
  if (run.options.live_promise) {
    out.Key("live_promise");
    out.Uint(1);
    out.Key("audit_seed");
    out.Uint64(run.options.promise.audits.seed);
    out.Key("audit_budget_ms");
    out.Uint(run.options.audit_budget_ms);
    out.Key("max_waiting_audits");
    out.Uint(run.options.max_waiting_audits);
  }
  if (run.options.choose) {
    out.Key("choose");
    out.Uint(1);
    each_weight(run.options, [&](const char* name, double value) {
      out.Key(name);
      out.Double(value);
    });
    out.Key("kept_in_time");
    out.Double(static_cast<double>(run.options.kept_in_time));
  }
  out.Key("cut");
  out.Uint(run.cut ? 1 : 0);
  if (!run.sha256.empty()) text("sha256", run.sha256);
  out.EndObject();
  return buffer.GetString();
}

Result<RecordedRun> read_recorded_run(std::string_view json) {
  if (json.size() > kMaxHeaderBytes) {
    return fail(ErrorCode::kInvalidArgument,
                {"the first line of the decision log has ", json.size(), " bytes; the header that ",
                 "belongs there has at most ", kMaxHeaderBytes});
  }
  rapidjson::Document document;
  // Numbers come back as they were: a replay decides by them.
  document.Parse<rapidjson::kParseIterativeFlag | rapidjson::kParseFullPrecisionFlag>(json.data(), json.size());
  if (document.HasParseError() || !document.IsObject() || !document.HasMember("sluice_decisions")) return no_header();
  Reader reader(document);
  unsigned format = 0;
  reader.number("sluice_decisions", format);
  if (format != kFormat) return wrong_field("sluice_decisions");
  RecordedRun run;
  run.bundle = reader.text("bundle");
  run.version = reader.text("version");
  if (document.HasMember("sha256")) run.sha256 = reader.text("sha256");  // older logs have none
  const auto questions = document.FindMember("questions");
  if (questions == document.MemberEnd() || !questions->value.IsArray() || questions->value.Size() > kMaxQuestions) {
    return wrong_field("questions");
  }
  for (const auto& question : questions->value.GetArray()) {
    if (!question.IsString()) return wrong_field("questions");
    run.questions.push_back(text_of(question));
  }
  run.options.client_name = reader.text("client_name");
  reader.choice("queue", kPolicies, run.options.queue);
  reader.choice("place", kPlaces, run.options.place);
  each_number(run.options, [&](const char* name, auto& value) { reader.number(name, value); });
  if (document.HasMember("halves")) reader.number("halves", run.halves);  // older logs have none
  if (run.halves > kMaxHalves) reader.wrong("halves");
  if (document.HasMember("exits")) reader.number("exits", run.exits);
  if (document.HasMember("exits_mean_cost")) reader.share("exits_mean_cost", run.options.exits_mean_cost);
  if (document.HasMember("least_agreement")) reader.share("least_agreement", run.options.least_agreement);
  if (document.HasMember("stale_answer_ms")) reader.number("stale_answer_ms", run.options.stale_answer_ms);
  if (document.HasMember("cut")) reader.number("cut", run.cut);
  if (document.HasMember("place_forms")) reader.number("place_forms", run.options.place_forms);
  if (document.HasMember("live_promise")) {
    reader.number("live_promise", run.options.live_promise);
    reader.number("audit_seed", run.options.promise.audits.seed);
    reader.number("audit_budget_ms", run.options.audit_budget_ms);
    reader.number("max_waiting_audits", run.options.max_waiting_audits);
  }
  if (document.HasMember("choose")) {
    reader.number("choose", run.options.choose);
    each_weight(run.options, [&](const char* name, double& value) { reader.amount(name, value); });
    reader.share("kept_in_time", run.options.kept_in_time);
  }
  if (document.HasMember("duplicate")) reader.number("duplicate", run.options.duplicate);
  if (document.HasMember("stand_in")) run.options.stand_in = reader.text("stand_in");
  if (!reader.wrong().empty()) return wrong_field(reader.wrong());
  return run;
}

Result<std::unique_ptr<DecisionFile>> DecisionFile::create(const std::filesystem::path& path, const RecordedRun& run) {
  auto lines = LineFile::create(path, pipeline::kLogCutOff);
  if (!lines) return fail(lines.error());
  (*lines)->write(write_recorded_run(run));
  if (auto begun = (*lines)->state(); !begun) return fail(begun.error());
  return std::make_unique<DecisionFile>(std::move(*lines));
}

void DecisionFile::line(std::string_view text) { lines_->write(text); }

}  // namespace sluice::cli
