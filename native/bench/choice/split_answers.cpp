#include "native/bench/choice/split_answers.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "core/model/model.hpp"
#include "core/split/device/unit_writer.hpp"
#include "core/split/device_half.hpp"
#include "native/eval/split/split_runner.hpp"

namespace sluice::bench {
namespace {

using simulate::AnswerCell;
using simulate::AnswerColumn;

constexpr std::array<std::uint32_t, 6> kChannels = {0, 6, 12, 18, 30, 48};

std::uint32_t surest_percent(std::span<const float> logits) {
  const float largest = *std::ranges::max_element(logits);
  float sum = 0;
  for (const float one : logits) sum += std::exp(one - largest);
  return static_cast<std::uint32_t>(std::min(99.0F, 100 / sum));
}

Result<std::vector<AnswerColumn>> empty_columns(const bundle::Bundle& bundle, std::size_t count) {
  const auto unit = split::read_unit(bundle.part(bundle.manifest.split->device));
  if (!unit) return fail(unit.error());
  model::LoadOptions loading;
  loading.operators = model::all_operators();
  loading.batch = 1;
  const auto remote = model::Model::load(bundle.part(bundle.manifest.split->remote), loading);
  if (!remote) return fail(remote.error());
  const double device_kmac = static_cast<double>(split::costs_of(*unit).multiply_adds) / 1e3;
  const double remote_kmac = static_cast<double>(remote->stats().multiply_adds) / 1e3;
  std::vector<AnswerColumn> columns;
  for (const std::uint32_t channels : kChannels) {
    columns.push_back({"split-" + std::to_string(channels),
                       "split",
                       channels,
                       {{device_kmac, channels == 0 ? 0 : remote_kmac, 0, 0}},
                       std::vector<AnswerCell>(count)});
  }
  return columns;
}

}  // namespace

Result<SplitAnswers> measure_split_answers(const bundle::Bundle& bundle, const eval::LabelledPictures& pictures,
                                           std::uint32_t every, const eval::SplitProgress& progress) {
  const std::size_t count = pictures.count_of_every(every);
  auto columns = empty_columns(bundle, count);
  if (!columns) return fail(columns.error());
  SplitAnswers answers{*std::move(columns), std::vector<std::uint32_t>(count)};
  auto runners = eval::SplitRunner::create_for_all_cores(bundle);
  if (!runners) return fail(runners.error());
  const auto done =
      eval::in_parallel(*runners, count, progress, [&](eval::SplitRunner& runner, std::size_t i) -> Result<void> {
        const auto pixels = pictures.picture(i * every);
        const auto full = runner.full(pixels, pictures);
        if (!full) return fail(full.error());
        const auto device = runner.device(pixels, pictures);
        if (!device) return fail(device.error());
        answers.guess_percent[i] = surest_percent(device->guess);
        for (AnswerColumn& column : answers.columns) {
          const std::uint32_t bytes =
              column.setting == 0 ? 0 : static_cast<std::uint32_t>(device->ends[column.setting - 1]);
          const auto combined = runner.combined(*device, bytes);
          if (!combined) return fail(combined.error());
          column.cells[i] = {0, bytes, *combined == *full};
        }
        return {};
      });
  if (!done) return fail(done.error());
  return answers;
}

}  // namespace sluice::bench
