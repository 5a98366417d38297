#include "bindings/c/records.hpp"

#include <exception>
#include <new>
#include <string>

namespace sluice::c {
namespace {

constexpr std::size_t kTextOffset = offsetof(sluice_error, text);

// The length of the longest prefix of at most `limit` bytes that does not end within a UTF-8 character.
std::size_t text_prefix(std::string_view text, std::size_t limit) {
  if (text.size() <= limit) return text.size();
  std::size_t end = limit;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0U) == 0x80U) --end;
  return end;
}

}  // namespace

sluice_status report(sluice_error* error, ErrorCode code, std::string_view text) noexcept {
  const auto status = static_cast<sluice_status>(code);
  if (error != nullptr && error->struct_size >= kTextOffset) {
    const std::size_t room = std::min<std::size_t>(error->struct_size - kTextOffset, SLUICE_ERROR_TEXT_BYTES);
    const std::size_t length = text_prefix(text, room);
    error->status = status;
    error->text_length = static_cast<std::uint32_t>(length);
    std::memcpy(error->text, text.data(), length);
  }
  return status;
}

sluice_status report(sluice_error* error, const Result<void>& done) noexcept {
  if (!done) return report(error, done.error().code, done.error().message);
  if (error != nullptr && error->struct_size >= kTextOffset) {
    error->status = SLUICE_OK;
    error->text_length = 0;
  }
  return SLUICE_OK;
}

sluice_status report_exception(sluice_error* error) noexcept {
  try {
    throw;
  } catch (const std::bad_alloc&) {
    return report(error, ErrorCode::kOutOfMemory, "the allocator has no memory left");
  } catch (const std::exception& thrown) {
    return report(error, ErrorCode::kInternal, thrown.what());
  } catch (...) {
    return report(error, ErrorCode::kInternal, "an unknown exception");
  }
}

Failure null_argument(std::string_view name) { return fail(ErrorCode::kInvalidArgument, {name, " is NULL"}); }

Failure wrong_struct_size(std::string_view name, std::uint32_t found, std::size_t least) {
  return fail(ErrorCode::kInvalidArgument, {name, ".struct_size is ", found, "; set it to sizeof, at least ", least});
}

Result<Bytes> read_bytes(const void* data, std::uint64_t length, std::string_view name) {
  if (data == nullptr && length != 0) return null_argument(name);
  if (length > SIZE_MAX / 2) {
    return fail(ErrorCode::kInvalidArgument, {name, " cannot have ", length, " bytes"});
  }
  return Bytes(static_cast<const std::byte*>(data), static_cast<std::size_t>(length));
}

Result<std::string_view> read_text(const char* data, std::uint64_t length, std::string_view name) {
  return read_bytes(data, length, name).map(as_text);
}

sluice_bytes to_c(Bytes bytes) { return {bytes.data(), bytes.size()}; }

sluice_bytes to_c(std::string_view text) { return {text.data(), text.size()}; }

sluice_tensor to_c(TensorView tensor, std::string_view name) {
  sluice_tensor record{};
  record.type = static_cast<sluice_tensor_type>(tensor.type);
  record.rank = static_cast<std::uint32_t>(tensor.shape.rank());
  std::ranges::copy(tensor.shape.dims(), record.dims);
  record.bytes = to_c(tensor.bytes);
  record.name = to_c(name);
  return record;
}

namespace {

Result<input::ImageView> read_image(const sluice_input& record, Bytes pixels) {
  if (record.format > SLUICE_NV12) {
    return fail(ErrorCode::kInvalidImage, {"pixel format ", record.format, " does not exist"});
  }
  if (record.yuv > SLUICE_BT709_FULL) {
    return fail(ErrorCode::kInvalidImage, {"YUV colours ", record.yuv, " do not exist"});
  }
  const auto format = static_cast<input::PixelFormat>(record.format);
  const auto with_colours = [&](input::ImageView view) {
    view.yuv = static_cast<input::YuvColours>(record.yuv);
    return view;
  };
  if (record.stride_bytes == 0) {
    return input::make_image(format, record.width, record.height, pixels).map(with_colours);
  }
  if (record.stride_bytes > SIZE_MAX) {
    return fail(ErrorCode::kInvalidImage, {"a stride of ", record.stride_bytes, " bytes is too large"});
  }
  return input::make_image(format, record.width, record.height, pixels, static_cast<std::size_t>(record.stride_bytes))
      .map(with_colours);
}

Result<input::InputView> read_clip(const sluice_input& record, Bytes pixels, std::vector<input::ImageView>& frames) {
  if (record.frames == 0 || record.frames > input::kMaxClipFrames || pixels.size() % record.frames != 0) {
    return fail(ErrorCode::kInvalidInput,
                {"a clip of ", record.frames, " frames in ", pixels.size(), " bytes; there may be 1 to ",
                 input::kMaxClipFrames, " frames of as many bytes each"});
  }
  const std::size_t frame_bytes = pixels.size() / record.frames;
  frames.clear();
  for (std::size_t i = 0; i < record.frames; ++i) {
    const auto frame = read_image(record, pixels.subspan(i * frame_bytes, frame_bytes));
    if (!frame) return fail(frame.error());
    frames.push_back(*frame);
  }
  return input::InputView(input::ClipView{frames});
}

template <typename View>
Result<input::InputView> widen(const Result<View>& view) {
  if (!view) return fail(view.error());
  return input::InputView(*view);
}

}  // namespace

Result<input::InputView> read_input(const sluice_input* input, std::vector<input::ImageView>& frames) {
  const Result<sluice_input> record = read_record(input, sizeof(sluice_input), "input");
  if (!record) return fail(record.error());
  const Result<Bytes> bytes = read_bytes(record->bytes.data, record->bytes.length, "input.bytes");
  if (!bytes) return fail(bytes.error());
  switch (record->modality) {
    case SLUICE_IMAGE: return widen(read_image(*record, *bytes));
    case SLUICE_CLIP: return read_clip(*record, *bytes, frames);
    case SLUICE_AUDIO:
      if (record->format > SLUICE_S16) {
        return fail(ErrorCode::kInvalidInput, {"sample format ", record->format, " does not exist"});
      }
      return widen(input::make_audio(static_cast<input::SampleFormat>(record->format), record->samples,
                                     record->channels, record->rate_hz, *bytes));
    case SLUICE_SIGNAL: return widen(input::make_signal(record->steps, record->channels, *bytes));
    case SLUICE_TEXT: return input::InputView(input::TextView{as_text(*bytes)});
    case SLUICE_TENSOR: {
      sluice_tensor tensor{};
      tensor.type = record->format;
      tensor.rank = record->rank;
      std::ranges::copy(record->dims, tensor.dims);
      tensor.bytes = record->bytes;
      return widen(read_tensor(tensor));
    }
    default: return fail(ErrorCode::kInvalidInput, {"modality ", record->modality, " does not exist"});
  }
}

Result<TensorView> read_tensor(const sluice_tensor& tensor) {
  if (tensor.rank > SLUICE_MAX_RANK) {
    return fail(ErrorCode::kShapeMismatch,
                {"a tensor of rank ", tensor.rank, "; at most ", SLUICE_MAX_RANK, " is possible"});
  }
  const auto shape = Shape::make(std::span(tensor.dims, tensor.rank));
  if (!shape) return fail(ErrorCode::kShapeMismatch, "a tensor has a negative dimension");
  const auto type = static_cast<DataType>(tensor.type);
  if (tensor.type > 0xff || element_size(type) == 0) {
    return fail(ErrorCode::kTypeMismatch, {"tensor element type ", tensor.type, " does not exist"});
  }
  const Result<Bytes> bytes = read_bytes(tensor.bytes.data, tensor.bytes.length, "tensor.bytes");
  if (!bytes) return fail(bytes.error());
  const Result<std::size_t> needed = dense_size(type, *shape, SIZE_MAX / 2);
  if (!needed) return fail(needed.error());
  if (*needed != bytes->size()) {
    return fail(ErrorCode::kShapeMismatch, {"a ", type_name(type), " tensor of shape ", to_string(*shape), " takes ",
                                            *needed, " bytes, not ", bytes->size()});
  }
  return TensorView{type, *shape, *bytes};
}

Result<std::vector<output::OutputTensor>> read_outputs(const sluice_tensor* outputs, std::uint32_t count) {
  if (outputs == nullptr && count != 0) return null_argument("outputs");
  std::vector<output::OutputTensor> read;
  for (std::uint32_t i = 0; i < count; ++i) {
    const auto view = read_tensor(outputs[i]);
    if (!view) return fail(view.error());
    const auto name = read_text(static_cast<const char*>(outputs[i].name.data), outputs[i].name.length, "output.name");
    if (!name) return fail(name.error());
    auto tensor = Tensor::copy_of(*view);
    if (!tensor) return fail(std::move(tensor).error());
    read.push_back({std::string(*name), std::move(*tensor)});
  }
  return read;
}

Result<bool> read_choice(std::uint32_t value, std::string_view name) {
  if (value > 1) return fail(ErrorCode::kInvalidArgument, {"options.", name, " is ", value, "; use 0 or 1"});
  return value == 1;
}

ErrorCode read_status(sluice_status status) {
  const bool known = status > 0 && !find_error_name(static_cast<std::uint32_t>(status)).empty();
  return known ? static_cast<ErrorCode>(status) : ErrorCode::kInternal;
}

}  // namespace sluice::c
