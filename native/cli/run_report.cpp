#include "native/cli/run_report.hpp"

#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <algorithm>
#include <cmath>
#include <cstdarg>
#include <cstdio>
#include <functional>
#include <utility>

#include "core/exit/cost_budget.hpp"
#include "core/pipeline/chosen_points.hpp"
#include "native/cli/promise_report.hpp"

namespace sluice::cli {
namespace {

// One printf line of the table.
[[gnu::format(printf, 2, 3)]] void line(std::string& text, const char* format, ...) {
  char buffer[512];
  va_list arguments;
  va_start(arguments, format);
  std::vsnprintf(buffer, sizeof buffer, format, arguments);
  va_end(arguments);
  text += buffer;
  text += '\n';
}

unsigned long long count(std::uint64_t value) { return value; }

double percent(std::uint64_t part, std::uint64_t whole) {
  return whole == 0 ? 0 : 100 * static_cast<double>(part) / static_cast<double>(whole);
}

std::string size_text(double bytes) {
  const char* unit = "B";
  for (const char* larger : {"kB", "MB", "GB"}) {
    if (bytes < 1000) break;
    bytes /= 1000;
    unit = larger;
  }
  char buffer[32];
  std::snprintf(buffer, sizeof buffer, bytes < 10 && *unit != 'B' ? "%.2f %s" : "%.4g %s", bytes, unit);
  return buffer;
}

float target_of(const pipeline::Manifest& manifest, const RunOptions& options) {
  if (options.target) return *options.target;
  const bool exact = manifest.questions.empty() && !manifest.split && !manifest.exits;
  return exact ? 1.0F : manifest.default_target;
}

void stage(std::string& text, const char* name, const StageTimes& times) {
  if (times.count() == 0) return;
  line(text, "  %-16s %9.2f %9.2f %9zu", name, times.mean_ms(), times.quantile_ms(0.95), times.count());
}

// Where the full model ran, if not everywhere the same.
std::string places(const Tally& tally) {
  std::string text;
  for (const auto& [number, where] :
       {std::pair(tally.remote, " on the server"), {tally.local, " here"}, {tally.split, " in two halves"}}) {
    if (number == 0 || (number == tally.run() && number != tally.split)) continue;
    text += (text.empty() ? "  (" : ", ") + std::to_string(number) + where;
  }
  return text.empty() ? text : text + ")";
}

// "cat 12, dog 3 and 4 more in 2 classes": the commonest first.
std::string labels_text(const std::map<std::string, std::uint64_t>& labels) {
  constexpr std::size_t kNamed = 5;
  std::vector<std::pair<std::string, std::uint64_t>> sorted(labels.begin(), labels.end());
  std::ranges::stable_sort(sorted, std::greater<>(), &std::pair<std::string, std::uint64_t>::second);
  std::string text;
  std::uint64_t more = 0;
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    if (i < kNamed) {
      text += (text.empty() ? "" : ", ") + sorted[i].first + ' ' + std::to_string(sorted[i].second);
    } else {
      more += sorted[i].second;
    }
  }
  if (more != 0)
    text += " and " + std::to_string(more) + " more in " + std::to_string(sorted.size() - kNamed) + " classes";
  return text;
}

void bytes(std::string& text, const Tally& tally) {
  if (tally.sent == 0 && tally.avoided == 0) return;
  const auto all = tally.bytes_of_all();
  const auto sent = static_cast<double>(tally.bytes_up);
  if (all && *all > 0) {
    line(text, "sent             %s; every frame%s would have been %s%s: %.1f %% %s", size_text(sent).c_str(),
         tally.cut != 0 ? " as a picture" : "", tally.avoided + tally.cut != 0 ? "about " : "", size_text(*all).c_str(),
         100 * std::abs(1 - sent / *all), sent <= *all ? "saved" : "more");
  } else {
    line(text, "sent             %s", size_text(sent).c_str());
  }
  line(text, "received         %s", size_text(static_cast<double>(tally.bytes_down)).c_str());
}

// Above what the points of the cut promise nothing goes there.
bool above_cut(const pipeline::Manifest& manifest, const RunOptions& options, float target) {
  if (!client::runs_to_cut(manifest, run_here(options)) || manifest.exits->cut->points.empty()) return false;
  return target > manifest.exits->cut->points.back().target;
}

void mean_cost(std::string& text, const Tally& tally, const RunOptions& options) {
  const auto wanted = static_cast<double>(options.exits_mean_cost);
  if (exits::cheapest_costs_more(tally.multiply_adds_share().value_or(0), wanted, tally.staged)) {
    line(text,
         "                 more than the %.1f %% of --exits-mean-cost: the target takes it, and is kept; a lower "
         "--target costs less",
         100 * wanted);
  } else {
    line(text,
         "                 more than the %.1f %% of --exits-mean-cost, after %llu frame%s: it is not come to yet; the "
         "first frame runs whole, and a hundred or more settle it",
         100 * wanted, count(tally.staged), tally.staged == 1 ? "" : "s");
  }
}

// Share of the answers that are likely not the model's.
double expected_error(const Tally& tally) {
  double expected = 0;
  for (const auto& [name, times] : tally.placed_as) expected += times.expected_errors;
  return expected / static_cast<double>(tally.answered());
}

// How frames were placed: expected and actual times by the kind of answer, and where answers were priced, what they cost.
void placed_as(std::string& text, const Tally& tally, const RunOptions& options, float target) {
  if (tally.placed_as.empty()) return;
  // Chosen last: by stages, what was to leave early may still have gone on to the end.
  line(text, "chosen            expected      took       p95    frames      cost  may err");
  for (const auto& [name, times] : tally.placed_as) {
    const double count = std::max<double>(static_cast<double>(times.took.count()), 1);
    line(text, "  %-12s %9.2f ms %9.2f %9.2f %9zu %9.2f %6.2f %%  %s", name.c_str(), times.predicted.mean_ms(),
         times.took.mean_ms(), times.took.quantile_ms(0.95), times.took.count(), times.cost / count,
         100 * times.expected_errors / count, size_text(static_cast<double>(times.bytes)).c_str());
  }
  if (options.choose && tally.answered() != 0) {
    line(text, "  promise      %.2f %% may err in the mean, and %.2f %% are allowed; %llu of %llu frames in time",
         100 * expected_error(tally), 100 * (1 - static_cast<double>(target)), count(tally.answered()),
         count(tally.answered() + tally.failures()));
  }
  if (tally.duplicates.empty()) return;
  std::string counts;
  for (const auto& [name, number] : tally.duplicates)
    counts += (counts.empty() ? "" : ", ") + std::to_string(number) + ' ' + name;
  line(text, "  beside here    %s", counts.c_str());
}

// By more than the first frame, which runs whole to know what that costs.
bool misses_mean_cost(const Tally& tally, const RunOptions& options) {
  const auto share = tally.multiply_adds_share();
  if (!share || options.exits_mean_cost == 0) return false;
  return (*share - static_cast<double>(options.exits_mean_cost)) * static_cast<double>(tally.staged) > 1;
}

}  // namespace

std::string run_table(const Tally& tally, const pipeline::Manifest& manifest, const RunOptions& options) {
  std::string text;
  const bool remote = options.place != pipeline::ModelPlace::kLocal;
  const float target = target_of(manifest, options);
  line(text, "%s %s, accuracy target %.4g %%, full model %s", manifest.name.c_str(), manifest.version.c_str(),
       100 * static_cast<double>(target), remote ? ("on " + options.server).c_str() : "on this machine");
  if (!manifest.questions.empty() && pipeline::answers_nothing(manifest, target))
    line(text, "                 no threshold is strict enough for it, so every frame goes to the full model");
  if (above_cut(manifest, options, target)) {
    line(text,
         manifest.model.payload.lossless
             ? "                 above the cut's %.4g %%: pictures are sent whole, without loss"
             : "                 above the cut's %.4g %%: pictures are sent whole, as JPEG, to which no target applies",
         100 * static_cast<double>(manifest.exits->cut->points.back().target));
  }
  line(text, "frames           %llu in %.1f s (%.1f a second)", count(tally.frames), tally.elapsed_s,
       tally.elapsed_s > 0 ? static_cast<double>(tally.frames) / tally.elapsed_s : 0);
  line(text, "  skipped        %llu  %.1f %%", count(tally.skipped), percent(tally.skipped, tally.frames));
  if (tally.reused != 0)
    line(text, "  reused         %llu  %.1f %%", count(tally.reused), percent(tally.reused, tally.frames));
  if (tally.shared != 0)
    line(text, "  shared         %llu  %.1f %%  by an earlier answer of the server's", count(tally.shared),
         percent(tally.shared, tally.frames));
  if (tally.exited != 0)
    line(text, "  exited early   %llu  %.1f %%", count(tally.exited), percent(tally.exited, tally.frames));
  for (const auto& [place, number] : tally.exits)
    line(text, "    exit %-8d %llu  %.1f %%", place + 1, count(number), percent(number, tally.frames));
  if (tally.unsure != 0) {
    line(text, "  exited unsure  %llu  %.1f %%  for want of better; first: %s", count(tally.unsure),
         percent(tally.unsure, tally.frames), tally.why_unsure.c_str());
  }
  if (tally.cut != 0)
    line(text, "  split          %llu  %.1f %%  by the server, which went on from the cut", count(tally.cut),
         percent(tally.cut, tally.frames));
  for (const auto& [place, number] : tally.cut_exits)
    line(text, "    exit %-8d %llu  %.1f %%", place + 1, count(number), percent(number, tally.frames));
  line(text, "  run            %llu  %.1f %%%s", count(tally.run()), percent(tally.run(), tally.frames),
       places(tally).c_str());
  for (const auto& [name, number] : tally.variants) {
    line(text, "    variant      %llu  %.1f %%  by '%s' in the model's place", count(number),
         percent(number, tally.frames), name.c_str());
  }
  if (tally.variants_unsure != 0)
    line(text, "      unsure     %llu  as the server's answer did not come in time", count(tally.variants_unsure));
  if (tally.guessed != 0) {
    line(text, "    guessed      %llu  %.1f %%  by this device's half alone; first: %s", count(tally.guessed),
         percent(tally.guessed, tally.frames), tally.why_guessed.c_str());
  }
  if (tally.stale != 0) {
    line(text, "    stale        %llu  %.1f %%  by this device's half, with the server's answer about an earlier frame",
         count(tally.stale), percent(tally.stale, tally.frames));
  }
  if (tally.superseded != 0) line(text, "  superseded     %llu  by newer frames", count(tally.superseded));
  line(text, "  failed         %llu", count(tally.failures()));
  for (const auto& [name, number] : tally.failed) line(text, "    %-26s %llu", name.c_str(), count(number));
  if (tally.damaged != 0) line(text, "  not decoded    %llu", count(tally.damaged));
  if (tally.labels.empty()) {
    line(text, "detections       %llu", count(tally.detections));
  } else {
    line(text, "answers          %s", labels_text(tally.labels).c_str());
  }
  line(text, "milliseconds          mean       p95    frames");
  stage(text, "gate", tally.gate);
  stage(text, "encode", tally.encode);
  stage(text, "wait", tally.wait);
  stage(text, "round trip", tally.round_trip);
  stage(text, "  server queue", tally.server_queue);
  stage(text, "  server decode", tally.server_decode);
  stage(text, "  server model", tally.server_compute);
  stage(text, "model here", tally.local_compute);
  placed_as(text, tally, options, target);
  if (const auto share = tally.multiply_adds_share()) {
    line(text, "multiply-adds    %.1f %% of the model's a frame that ran here, exits included", 100 * *share);
  }
  if (misses_mean_cost(tally, options)) mean_cost(text, tally, options);
  if (remote) bytes(text, tally);
  if (tally.promise) text += promise_table(*tally.promise);
  if (const auto agreement = tally.agreement()) {
    line(text,
         "agreement        %.2f %% with the full model (%llu skipped and reused frames checked, %llu of them right)",
         100 * *agreement, count(tally.audited), count(tally.audit_agreed));
  }
  if (tally.audited != 0 && tally.shared != 0) {
    line(text,
         "agreement        not known: the server's %llu earlier answers were not checked (--private-answers goes "
         "without them)",
         count(tally.shared));
  }
  if (tally.audit_failed != 0)
    line(text, "not checked      %llu frames (the full model failed)", count(tally.audit_failed));
  return text;
}

std::string run_json(const Tally& tally, const pipeline::Manifest& manifest, const RunOptions& options) {
  rapidjson::StringBuffer buffer;
  rapidjson::Writer<rapidjson::StringBuffer> writer(buffer);
  const auto integer = [&](const char* key, std::uint64_t value) {
    writer.Key(key);
    writer.Uint64(value);
  };
  const auto real = [&](const char* key, std::optional<double> value) {
    writer.Key(key);
    if (value) {
      writer.Double(std::round(*value * 1e6) / 1e6);
    } else {
      writer.Null();
    }
  };
  const auto mean = [&](const char* key, const StageTimes& times) {
    real(key, times.count() == 0 ? std::nullopt : std::optional(times.mean_ms()));
  };
  writer.StartObject();
  integer("frames", tally.frames);
  integer("skipped", tally.skipped);
  integer("reused", tally.reused);
  integer("shared", tally.shared);
  integer("exited", tally.exited);
  // A bundle may have been renewed to one without them: what was counted is told all the same.
  const std::size_t places = manifest.exits ? manifest.exits->places.size() : 0;
  if (places > 0 || tally.exited + tally.unsure > 0) {
    for (std::size_t place = 0; place < places; ++place) {
      const auto left = tally.exits.find(static_cast<std::int32_t>(place));
      integer(("exited_at_" + std::to_string(place + 1)).c_str(), left == tally.exits.end() ? 0 : left->second);
    }
    real("multiply_adds_share", tally.multiply_adds_share());
    if (options.exits_mean_cost > 0) {
      writer.Key("mean_cost_kept");
      writer.Bool(!misses_mean_cost(tally, options));
    }
    integer("exited_unsure", tally.unsure);
  }
  const bool has_cut = manifest.exits && manifest.exits->cut;
  if (has_cut || tally.cut > 0) {
    for (std::size_t place = has_cut ? manifest.exits->cut->place + std::size_t{1} : places; place < places; ++place) {
      const auto left = tally.cut_exits.find(static_cast<std::int32_t>(place));
      integer(("split_exited_at_" + std::to_string(place + 1)).c_str(),
              left == tally.cut_exits.end() ? 0 : left->second);
    }
  }
  integer("split", tally.split + tally.cut);  // an answer's kind, whichever of the two it was
  integer("guessed", tally.guessed);
  integer("stale", tally.stale);
  integer("run", tally.run());
  integer("remote", tally.remote);
  integer("local", tally.local);
  std::uint64_t by_variants = 0;
  for (const auto& [name, number] : tally.variants) by_variants += number;
  integer("by_variants", by_variants);
  integer("by_variants_unsure", tally.variants_unsure);
  integer("superseded", tally.superseded);
  integer("failed", tally.failures());
  integer("damaged", tally.damaged);
  integer("detections", tally.detections);
  real("filter_rate", tally.filter_rate());
  real("agreement", tally.agreement());
  integer("audited", tally.audited);
  mean("gate_ms", tally.gate);
  mean("encode_ms", tally.encode);
  mean("wait_ms", tally.wait);
  mean("round_trip_ms", tally.round_trip);
  mean("server_queue_ms", tally.server_queue);
  mean("server_decode_ms", tally.server_decode);
  mean("server_model_ms", tally.server_compute);
  mean("local_model_ms", tally.local_compute);
  real("cost", tally.answered() + tally.failures() == 0
                   ? std::nullopt
                   : std::optional(tally.cost / static_cast<double>(tally.answered() + tally.failures())));
  if (tally.promise) write_promise(writer, *tally.promise);
  if (options.choose) {
    real("expected_error", tally.answered() == 0 ? std::nullopt : std::optional(expected_error(tally)));
  }
  if (options.place_forms) {
    for (std::size_t kind = 0; kind < adapt::kAnswerKinds; ++kind) {
      const std::string name(adapt::answer_kind_name(static_cast<adapt::AnswerKind>(kind)));
      const auto found = tally.placed_as.find(name);
      const PlacedTimes times = found == tally.placed_as.end() ? PlacedTimes() : found->second;
      integer(("placed_" + name).c_str(), times.took.count());
      mean(("placed_" + name + "_expected_ms").c_str(), times.predicted);
      mean(("placed_" + name + "_ms").c_str(), times.took);
    }
    for (const char* name : {"skipped", "begun", "won"}) {
      const auto found = tally.duplicates.find(name);
      integer((std::string("duplicates_") + name).c_str(), found == tally.duplicates.end() ? 0 : found->second);
    }
  }
  integer("bytes_up", tally.bytes_up);
  integer("bytes_down", tally.bytes_down);
  const auto all = options.place == pipeline::ModelPlace::kLocal ? std::nullopt : tally.bytes_of_all();
  real("bytes_all", all ? std::optional(std::round(*all)) : std::nullopt);
  real("elapsed_s", tally.elapsed_s);
  real("frames_per_s", tally.elapsed_s > 0 ? static_cast<double>(tally.frames) / tally.elapsed_s : 0);
  writer.Key("bundle");
  writer.String(manifest.name);
  writer.Key("bundle_version");
  writer.String(manifest.version);
  real("target", static_cast<double>(target_of(manifest, options)));
  writer.EndObject();
  return buffer.GetString();
}

}  // namespace sluice::cli
