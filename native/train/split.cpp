#include "native/train/split.hpp"

namespace sluice::train {

Result<Split> Split::label(SplitOptions options, const input::ImageSpec& stored, const AskModel& ask,
                           ProgressLog& log) {
  PicturePool pool(options.work / (options.name + "-pool"));
  const auto known = pool.open(options.key);
  if (!known) return fail(known.error());
  auto frames =
      SampleStore::open(options.work / (options.name + "-frames.samples"), options.key, stored.width, stored.height);
  if (!frames) return fail(frames.error());
  if (!*known || frames->size() == 0) {
    if (auto begun = pool.begin(); !begun) return fail(begun.error());
    auto labelled = label_clips(options.clips, stored, options.labels, ask, *frames, &pool,
                                log.progress("labelling the " + options.name + " footage, clip"));
    if (!labelled) return fail(labelled.error());
    if (auto finished = pool.finish(options.key); !finished) return fail(finished.error());
  }
  log.line(options.name + " frames: " + describe(*frames));
  return Split(std::move(options), std::move(pool), std::move(*frames));
}

Result<SampleStore> Split::open_store(const std::string& what, const std::string& key) const {
  return SampleStore::open(options_.work / (options_.name + "-" + what + ".samples"), options_.key + "; " + key,
                           frames_.width(), frames_.height());
}

std::string describe(const SampleStore& store) {
  std::size_t needed = 0;
  for (std::size_t i = 0; i < store.size(); ++i) {
    if (const auto sample = store.read(i, {}); sample && sample->needed) ++needed;
  }
  return std::to_string(store.size()) + " (" + std::to_string(needed) + " needed)";
}

}  // namespace sluice::train
