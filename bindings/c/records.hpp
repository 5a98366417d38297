// How the C interface reads and writes its records: sizes first, so that callers and libraries of different minor versions
// understand each other; errors into the caller's record without allocating; no exception past the boundary.
// Internal to bindings/c. No state; safe from any thread.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <string_view>
#include <utility>
#include <vector>

#include "bindings/c/sluice.h"
#include "core/base/result.hpp"
#include "core/base/time.hpp"
#include "core/input/input.hpp"
#include "core/output/output_tensor.hpp"
#include "core/tensor/tensor.hpp"

namespace sluice::c {

// Writes status and text into `error` as far as its struct_size allows; returns the status. `error` may be nullptr.
sluice_status report(sluice_error* error, ErrorCode code, std::string_view text) noexcept;
sluice_status report(sluice_error* error, const Result<void>& done) noexcept;
// Of the exception that is being handled.
sluice_status report_exception(sluice_error* error) noexcept;

// Runs `body`, which returns Result<void>, and turns whatever comes out into a status.
template <typename Body>
sluice_status guarded(sluice_error* error, Body&& body) noexcept {
  try {
    return report(error, std::forward<Body>(body)());
  } catch (...) {
    return report_exception(error);
  }
}

Failure null_argument(std::string_view name);
Failure wrong_struct_size(std::string_view name, std::uint32_t found, std::size_t least);

// A copy of a caller's record, with zeroes beyond what the caller knows. `least`: size of the record's first version.
template <typename Record>
Result<Record> read_record(const Record* from, std::size_t least, std::string_view name) {
  if (from == nullptr) return null_argument(name);
  std::uint32_t struct_size = 0;
  std::memcpy(&struct_size, from, sizeof(struct_size));
  if (struct_size < least) return wrong_struct_size(name, struct_size, least);
  Record record;
  std::memset(&record, 0, sizeof(record));
  std::memcpy(&record, from, std::min<std::size_t>(struct_size, sizeof(Record)));
  record.struct_size = sizeof(Record);
  return record;
}

// Fills a caller's record as far as it goes; its struct_size stays.
template <typename Record>
Result<void> write_record(Record* to, Record record, std::size_t least, std::string_view name) {
  if (to == nullptr) return null_argument(name);
  if (to->struct_size < least) return wrong_struct_size(name, to->struct_size, least);
  record.struct_size = to->struct_size;
  std::memcpy(to, &record, std::min<std::size_t>(record.struct_size, sizeof(Record)));
  return {};
}

// Borrowed bytes and text of a caller; kInvalidArgument for a null pointer with a length.
Result<Bytes> read_bytes(const void* data, std::uint64_t length, std::string_view name);
Result<std::string_view> read_text(const char* data, std::uint64_t length, std::string_view name);

sluice_bytes to_c(Bytes bytes);
sluice_bytes to_c(std::string_view text);
sluice_tensor to_c(TensorView tensor, std::string_view name);

// The views borrow the caller's memory; a clip's frames lie in `frames`.
Result<input::InputView> read_input(const sluice_input* input, std::vector<input::ImageView>& frames);
Result<TensorView> read_tensor(const sluice_tensor& tensor);
// Copies of a caller's named tensors.
Result<std::vector<output::OutputTensor>> read_outputs(const sluice_tensor* outputs, std::uint32_t count);

// Within bounds in which deadlines, sums of times, are times too.
inline Instant instant(std::int64_t now_us) {
  constexpr std::int64_t kMost = std::int64_t{1} << 60;
  return Instant(Duration(std::clamp(now_us, -kMost, kMost)));
}

// 0 or 1 as the caller has it, of an option.
Result<bool> read_choice(std::uint32_t value, std::string_view name);

// A status that a caller passes in as an error; kInternal for SLUICE_OK and for numbers that the table lacks.
ErrorCode read_status(sluice_status status);

}  // namespace sluice::c
