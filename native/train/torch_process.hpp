// How LibTorch runs in this process.
#pragma once

namespace sluice::train {

// Operators run on `threads` threads, and memory that they free stays with the process. Each step of a training frees
// and takes the same hundreds of megabytes: handing them back to the system and faulting them in again took a sixth of
// the time (Inception, batches of 256 pictures of 32x32). For the whole process; may be called again.
void prepare_torch(int threads);

}  // namespace sluice::train
