// Trains REUSE's distance on pairs of recorded pictures whose results agree or do not: InFi's contrastive loss with margin 1
// (MobiCom'22, section 5.4). The trunk's features of every picture are computed once and kept in memory.
// Pairs, since InFi publishes no sampling: half come from one sequence at a distance in time that is uniform in its
// logarithm; hard ones, which disagree although they are at most kNear pictures apart, make up kHardShare; the rest comes from
// anywhere. A tenth of the sequences is kept back, and the epoch is chosen by what replaying them reuses.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "core/base/result.hpp"
#include "core/output/agreement.hpp"
#include "native/eval/reuse_replay.hpp"
#include "native/train/embedding_network.hpp"
#include "native/train/progress.hpp"
#include "native/train/sample_store.hpp"
#include "native/train/training_options.hpp"

namespace sluice::train {

// Pictures in time order with what the filter computes on them.
struct TrunkFrames {
  std::vector<Sample> samples;
  std::vector<float> scores;
  std::vector<std::vector<float>> features;  // of one picture each
  Shape shape;                               // [1, channels, high, wide]
};

// Runs the filter over the sequences of the stores; clips of later stores count as others. `detections_from`: finds below this
// score are dropped from the samples.
Result<TrunkFrames> trunk_frames(Bytes filter, std::span<const SampleStore* const> stores, float detections_from,
                                 const Progress& progress);

struct EmbeddingReport {
  std::uint32_t epoch = 0;  // from 1
  double loss = 0;
  double reuse_rate = 0;  // of kept-back frames, at the largest cap with at most kept_back_error wrong
};

struct TrainedEmbedding {
  EmbeddingNetwork network{nullptr};
  EmbeddingReport best;
};

Result<TrainedEmbedding> train_embedding(const TrunkFrames& frames, float iou, const EmbeddingOptions& options,
                                         const std::filesystem::path& checkpoint, const std::string& key,
                                         const std::function<void(const EmbeddingReport&)>& epoch_done,
                                         const Progress& step_done);

// Embeddings of all frames, row by row.
std::vector<float> embed(EmbeddingNetwork& network, const TrunkFrames& frames);

}  // namespace sluice::train
