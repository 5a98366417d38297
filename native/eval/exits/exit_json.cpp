#include "native/eval/exits/exit_json.hpp"

#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <algorithm>
#include <optional>

#include "native/eval/exits/cost_curve.hpp"
#include "native/eval/exits/exit_comparison.hpp"

namespace sluice::eval {
namespace {

// What is told of one bundle; nothing where it is not known.
struct Figures {
  std::optional<double> accuracy, backbone_accuracy, agreement, over_backbone, over_branchynet, ms_wasm, ms_native,
      cost_share, kept_each, kept_whole;
  std::size_t exits = 0;
};

Figures figures_of(const EvaluatedExits& one) {
  const ExitMeasurement& measured = one.measured;
  const ExitReport& report = one.report;
  Figures figures;
  figures.backbone_accuracy = full_accuracy(measured);
  figures.over_branchynet = cost_over(own_exit_points(report), curves_of(report.others, report.backbone), "branchynet",
                                      *figures.backbone_accuracy);
  figures.cost_share = over_model(measured, static_cast<double>(measured.costs.all_branches()));
  figures.exits = report.places.size();
  figures.kept_each = kept_share_of(report.promises, ExitPromise::kEachExit);
  figures.kept_whole = kept_share_of(report.promises, ExitPromise::kWhole);
  if (!report.chosen) return figures;
  const ExitReplay& at = report.points[*report.chosen].replayed;
  figures.accuracy = at.accuracy;
  figures.agreement = at.agreement;
  figures.over_backbone = over_model(measured, at.multiply_adds);
  const auto over_whole = [&](const std::optional<ExitTimes>& times) {
    return times ? std::optional(times->points_ms[*report.chosen] / times->whole_ms) : std::nullopt;
  };
  figures.ms_wasm = over_whole(report.wasm_times);
  figures.ms_native = over_whole(report.times);
  return figures;
}

std::optional<double> largest(const std::vector<Figures>& all, std::optional<double> Figures::* figure) {
  std::optional<double> most;
  for (const Figures& one : all) {
    if (!(one.*figure)) return std::nullopt;
    most = std::max(most.value_or(*(one.*figure)), *(one.*figure));
  }
  return most;
}

// One flat object.
class KeyWriter {
 public:
  explicit KeyWriter(rapidjson::StringBuffer& out) : json_(out) {}

  void begin(const std::string& bundle, const EvaluatedExits& one) {
    json_.StartObject();
    json_.Key("bundle");
    json_.String(bundle.c_str());
    number("target", one.report.target);
    count("samples", one.measured.profile.inputs());
  }
  void figures(const std::string& prefix, const Figures& figures) {
    number(prefix + "accuracy", figures.accuracy);
    number(prefix + "backbone_accuracy", figures.backbone_accuracy);
    number(prefix + "agreement", figures.agreement);
    number(prefix + "macs_over_backbone", figures.over_backbone);
    number(prefix + "macs_over_branchynet", figures.over_branchynet);
    number(prefix + "ms_over_backbone_wasm", figures.ms_wasm);
    number(prefix + "ms_over_backbone_native", figures.ms_native);
    count(prefix + "exits_kept", figures.exits);
    number(prefix + "exits_cost_share", figures.cost_share);
    number(prefix + "promise_each_exit_kept_share", figures.kept_each);
    number(prefix + "promise_whole_kept_share", figures.kept_whole);
  }
  void cut(const std::string& prefix, const std::optional<CutReport>& report) {
    if (!report) return;
    each_cut_key(*report, [&](const std::string& name, std::optional<double> value) { number(prefix + name, value); });
  }
  void number(const std::string& name, std::optional<double> value) {
    json_.Key(name.c_str());
    value ? json_.Double(*value) : json_.Null();
  }
  void count(const std::string& name, std::size_t value) {
    json_.Key(name.c_str());
    json_.Uint64(value);
  }
  void end() { json_.EndObject(); }

 private:
  rapidjson::Writer<rapidjson::StringBuffer> json_;
};

}  // namespace

std::string exit_json(const EvaluatedExits& one) {
  rapidjson::StringBuffer out;
  KeyWriter keys(out);
  keys.begin(one.report.bundle, one);
  keys.figures("", figures_of(one));
  keys.cut("", one.report.cut);
  keys.end();
  return out.GetString();
}

std::string exit_family_json(const std::string& family, const std::vector<EvaluatedExits>& all) {
  rapidjson::StringBuffer out;
  KeyWriter keys(out);
  std::vector<Figures> figures;
  for (const EvaluatedExits& one : all) figures.push_back(figures_of(one));
  keys.begin(family, all.front());
  for (std::size_t i = 0; i < all.size(); ++i) {
    const std::string prefix = all[i].report.backbone + "_";
    keys.figures(prefix, figures[i]);
    keys.cut(prefix, all[i].report.cut);
  }
  keys.number("macs_over_branchynet", largest(figures, &Figures::over_branchynet));
  keys.number("exits_cost_share", largest(figures, &Figures::cost_share));
  keys.end();
  return out.GetString();
}

}  // namespace sluice::eval
