// Records on disk, each a few named tensors: what labelling writes and training reads, whatever the modality. Appended one by
// one, so that a run that was killed goes on where it stopped and hours of input cost no memory: a record that was cut off,
// or whose bytes are damaged, ends the file and is written again. A file made under another key (inputs, model or options
// changed) is emptied. Owns the file; one process at a time writes; reading takes no lock and may be done by several threads.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.hpp"
#include "core/output/output_tensor.hpp"

namespace sluice::train {

struct NamedView {
  std::string_view name;
  TensorView tensor;
};

// Tensors by name; borrows nothing.
using Record = std::vector<output::OutputTensor>;

// The tensor of this name. kNotFound when the record has none.
Result<TensorView> field(const Record& record, std::string_view name);

class RecordStore {
 public:
  static constexpr std::size_t kMaxFields = 64;
  static constexpr std::size_t kMaxRecordBytes = std::size_t{1} << 28;

  static Result<RecordStore> open(const std::filesystem::path& file, std::string_view key);
  RecordStore(RecordStore&& other) noexcept;
  RecordStore& operator=(RecordStore&& other) noexcept;
  ~RecordStore();

  std::size_t size() const { return records_.size(); }
  Result<void> append(std::span<const NamedView> tensors);
  // Reads the tensors named, in that order; all of them when no names are given.
  Result<Record> read(std::size_t index, std::span<const std::string_view> names = {}) const;

 private:
  struct Extent {
    std::uint64_t offset = 0;  // of the head
    std::uint32_t head_bytes = 0;
    std::uint32_t data_bytes = 0;
  };

  RecordStore() = default;
  Result<void> scan(std::uint64_t file_bytes);
  Failure io_failure(std::string_view what) const;

  int file_ = -1;
  std::filesystem::path path_;
  std::vector<Extent> records_;
  std::uint64_t end_ = 0;
};

}  // namespace sluice::train
