#include "native/cli/exit_inspection.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <span>

#include "core/pipeline/exit_cut.hpp"
#include "core/pipeline/exit_program.hpp"
#include "native/cli/printable.hpp"

namespace sluice::cli {
namespace {

template <typename... Values>
void add(std::string& text, const char* format, Values... values) {
  std::array<char, 160> line{};
  std::snprintf(line.data(), line.size(), format, values...);
  text += line.data();
}

// With two decimals, and not above the target: what is read here and asked for is this point, and not the next.
double askable_percent(float target) {
  const double hundredths = std::round(10'000 * static_cast<double>(target));
  return (static_cast<float>(hundredths / 10'000) > target ? hundredths - 1 : hundredths) / 100;
}

double percent(std::uint64_t part, std::uint64_t whole) {
  return whole == 0 ? 0 : 100 * static_cast<double>(part) / static_cast<double>(whole);
}

void add_places(std::string& text, const pipeline::ExitsSpec& spec, const exits::StagedProgram& program) {
  const exits::StagedModel& model = program.model();
  const std::uint64_t whole = program.model_multiply_adds();
  std::uint64_t reached = 0;
  std::uint64_t branches = 0;
  text += "  exit  of the model up to there  of that its stage  the exit itself  place\n";
  for (std::size_t i = 0; i < spec.places.size(); ++i) {
    reached += model.stage_cost(i);
    branches += model.branch_cost(i);
    add(text, "  %4zu               %7.2f %%          %7.2f %%        %7.2f %%  ", i + 1, percent(reached, whole),
        percent(model.stage_cost(i), whole), percent(model.branch_cost(i), whole));
    text += "'" + printable(spec.places[i].tensor) + "'\n";
  }
  add(text, "  multiply-adds    %llu of the model, %llu of all exits (%.2f %%)\n",
      static_cast<unsigned long long>(whole), static_cast<unsigned long long>(branches), percent(branches, whole));
}

// `here`: how many places there are before a server goes on.
void add_points(std::string& text, const pipeline::ExitsSpec& spec, const std::vector<pipeline::ExitPoint>& points,
                std::size_t here) {
  const bool below = spec.rule == exits::ExitRule::kEntropy;
  text += std::string("  target    leaves an exit where ") + std::string(exits::rule_name(spec.rule)) +
          (below ? " is below\n" : " is above\n");
  for (const pipeline::ExitPoint& point : points) {
    add(text, "  %6.2f %%", askable_percent(point.target));
    for (const float threshold : point.thresholds) {
      if (exits::is_closed(spec.rule, threshold)) {
        text += "  closed";
      } else {
        add(text, "  %.4f", static_cast<double>(threshold));
      }
    }
    const auto closed = [&](float threshold) { return exits::is_closed(spec.rule, threshold); };
    if (std::ranges::all_of(std::span(point.thresholds).first(here), closed)) text += "  no exit open on the device";
    text += "\n";
  }
}

// What a device and a server make of the cut, each checked as it would be loaded there.
Result<void> add_cut(std::string& text, const bundle::Bundle& bundle) {
  const pipeline::ExitsSpec& spec = *bundle.manifest.exits;
  const pipeline::ExitCutSpec& cut = *spec.cut;
  const Bytes model = bundle.part(bundle.manifest.model.part);
  const Bytes branches = bundle.part(spec.part);
  const Bytes coding = bundle.part(cut.coding);
  const run::Loading loading = run::full_loading();
  const auto device = pipeline::load_cut_exits(bundle.manifest, model, branches, coding, false, loading);
  if (!device) return fail(device.error());
  const auto server = pipeline::load_behind_cut(bundle.manifest, model, branches, loading.model);
  if (!server) return fail(server.error());
  const auto decoder = pipeline::make_cut_decoder(bundle.manifest, coding);
  if (!decoder) return fail(decoder.error());
  std::uint64_t here = 0;
  for (std::size_t i = 0; i <= cut.place; ++i) here += device->model().stage_cost(i) + device->model().branch_cost(i);
  text += "  cut at '" + printable(spec.places[cut.place].tensor) + "': a device runs to there, a server goes on\n";
  add(text, "  on the device    %llu multiply-adds with their exits (%.2f %% of the model)\n",
      static_cast<unsigned long long>(here), percent(here, device->model_multiply_adds()));
  text += join_text({"  sent             ", to_string(decoder->tensor_shape()), " in ", cut.values.size(),
                     " symbols, by tables of ", coding.size(), " bytes\n"});
  add_points(text, spec, cut.points, cut.place + std::size_t{1});
  if (!cut.points.empty()) {
    add(text,
        bundle.manifest.model.payload.lossless
            ? "  above %.2f %%: pictures are sent whole, without loss\n"
            : "  above %.2f %%: pictures are sent whole, as JPEG, to which no target applies\n",
        askable_percent(cut.points.back().target));
  }
  return {};
}

}  // namespace

Result<std::string> describe_exits(const bundle::Bundle& bundle) {
  const pipeline::ExitsSpec& spec = *bundle.manifest.exits;
  const auto program = pipeline::load_exits(bundle.manifest, bundle.part(bundle.manifest.model.part),
                                            bundle.part(spec.part), run::full_loading());
  if (!program) return fail(program.error());
  std::string text = join_text({spec.places.size(), " early exits of ", program->model().classes(),
                                " classes, which fit the model: part '", spec.part, "'\n"});
  add_places(text, spec, *program);
  add_points(text, spec, spec.points, spec.places.size());
  if (spec.cut) {
    if (auto added = add_cut(text, bundle); !added) return fail(added.error());
  }
  return text;
}

}  // namespace sluice::cli
