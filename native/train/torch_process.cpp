#include "native/train/torch_process.hpp"

#include <torch/torch.h>

#ifdef __GLIBC__
#include <malloc.h>
#endif

#include <limits>

namespace sluice::train {

void prepare_torch(int threads) {
  torch::set_num_threads(threads);
#ifdef __GLIBC__
  mallopt(M_MMAP_MAX, 0);
  mallopt(M_TRIM_THRESHOLD, std::numeric_limits<int>::max());
#endif
}

}  // namespace sluice::train
