#include "native/train/record_store.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace sluice::train {
namespace {

struct FileHeader {
  char magic[8] = {'S', 'L', 'U', 'R', 'E', 'C', '1', '\0'};
  std::uint64_t key = 0;
};

// Before each record: how long its parts are, and a hash of the head, which tells a record from a torn write.
struct RecordHeader {
  std::uint32_t head_bytes = 0;
  std::uint32_t data_bytes = 0;
  std::uint64_t head_hash = 0;
};

// One tensor in a record's head; its name follows, padded to 4 bytes.
struct FieldHeader {
  std::uint32_t type = 0;
  std::uint32_t rank = 0;
  std::uint32_t name_bytes = 0;
  std::uint32_t data_offset = 0;  // within the record's data
  std::uint32_t data_bytes = 0;
  std::uint32_t unused = 0;
  std::int64_t dims[Shape::kMaxRank] = {};
};

// FNV-1a.
std::uint64_t hash(std::string_view text) {
  std::uint64_t value = 14695981039346656037ULL;
  for (const char c : text) value = (value ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
  return value;
}

bool read_all(int file, void* to, std::size_t bytes, std::size_t offset) {
  auto* at = static_cast<char*>(to);
  while (bytes > 0) {
    const ssize_t got = pread(file, at, bytes, static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    at += got;
    bytes -= static_cast<std::size_t>(got);
    offset += static_cast<std::size_t>(got);
  }
  return true;
}

bool write_all(int file, const void* from, std::size_t bytes, std::size_t offset) {
  const auto* at = static_cast<const char*>(from);
  while (bytes > 0) {
    const ssize_t put = pwrite(file, at, bytes, static_cast<off_t>(offset));
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) return false;
    at += put;
    bytes -= static_cast<std::size_t>(put);
    offset += static_cast<std::size_t>(put);
  }
  return true;
}

std::size_t padded(std::size_t bytes) { return (bytes + 3) & ~std::size_t{3}; }

template <typename T>
void append_bytes(std::string& text, const T& value) {
  text.append(reinterpret_cast<const char*>(&value), sizeof(value));
}

}  // namespace

Result<TensorView> field(const Record& record, std::string_view name) {
  const auto found = std::ranges::find(record, name, &output::OutputTensor::name);
  if (found == record.end()) return fail(ErrorCode::kNotFound, {"a record has no tensor '", name, "'"});
  return found->tensor.view();
}

Failure RecordStore::io_failure(std::string_view what) const {
  return fail(ErrorCode::kIoError, {path_.string(), ": ", what});
}

Result<RecordStore> RecordStore::open(const std::filesystem::path& path, std::string_view key) {
  RecordStore store;
  store.path_ = path;
  std::error_code error;
  std::filesystem::create_directories(path.parent_path(), error);
  store.file_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (store.file_ < 0) return store.io_failure(std::strerror(errno));

  FileHeader wanted;
  wanted.key = hash(key);
  FileHeader found;
  struct stat status{};
  if (fstat(store.file_, &status) == 0 && read_all(store.file_, &found, sizeof(found), 0) &&
      std::memcmp(&found, &wanted, sizeof(found)) == 0) {
    if (auto scanned = store.scan(static_cast<std::uint64_t>(status.st_size)); !scanned) return fail(scanned.error());
    return store;
  }
  if (ftruncate(store.file_, 0) != 0 || !write_all(store.file_, &wanted, sizeof(wanted), 0))
    return store.io_failure(std::strerror(errno));
  store.end_ = sizeof(FileHeader);
  return store;
}

// Finds the records by their lengths; what follows the last whole one is written over.
Result<void> RecordStore::scan(std::uint64_t file_bytes) {
  end_ = sizeof(FileHeader);
  std::string head;
  RecordHeader header;
  while (end_ + sizeof(header) <= file_bytes && read_all(file_, &header, sizeof(header), end_)) {
    const std::uint64_t next = end_ + sizeof(header) + header.head_bytes + header.data_bytes;
    if (next > file_bytes || header.head_bytes > kMaxRecordBytes) break;
    head.resize(header.head_bytes);
    if (!read_all(file_, head.data(), head.size(), end_ + sizeof(header)) || hash(head) != header.head_hash) break;
    records_.push_back({end_ + sizeof(header), header.head_bytes, header.data_bytes});
    end_ = next;
  }
  if (ftruncate(file_, static_cast<off_t>(end_)) != 0) return io_failure(std::strerror(errno));
  return {};
}

RecordStore::RecordStore(RecordStore&& other) noexcept { *this = std::move(other); }

RecordStore& RecordStore::operator=(RecordStore&& other) noexcept {
  std::swap(file_, other.file_);
  std::swap(path_, other.path_);
  std::swap(records_, other.records_);
  std::swap(end_, other.end_);
  return *this;
}

RecordStore::~RecordStore() {
  if (file_ >= 0) ::close(file_);
}

Result<void> RecordStore::append(std::span<const NamedView> tensors) {
  if (tensors.empty() || tensors.size() > kMaxFields) {
    return fail(ErrorCode::kInvalidArgument, {"a record has 1 to ", kMaxFields, " tensors, not ", tensors.size()});
  }
  std::string head;
  std::string data;
  for (const NamedView& tensor : tensors) {
    FieldHeader field;
    field.type = static_cast<std::uint32_t>(tensor.tensor.type);
    field.rank = static_cast<std::uint32_t>(tensor.tensor.shape.rank());
    field.name_bytes = static_cast<std::uint32_t>(tensor.name.size());
    field.data_offset = static_cast<std::uint32_t>(data.size());
    field.data_bytes = static_cast<std::uint32_t>(tensor.tensor.bytes.size());
    for (std::size_t axis = 0; axis < field.rank; ++axis) field.dims[axis] = tensor.tensor.shape[axis];
    append_bytes(head, field);
    head.append(tensor.name);
    head.resize(padded(head.size()));
    data.append(reinterpret_cast<const char*>(tensor.tensor.bytes.data()), tensor.tensor.bytes.size());
    if (data.size() > kMaxRecordBytes) {
      return fail(ErrorCode::kInvalidArgument, {"a record of more than ", kMaxRecordBytes, " bytes is not stored"});
    }
  }
  // The header comes last: what a kill leaves behind is then no record.
  const RecordHeader header{static_cast<std::uint32_t>(head.size()), static_cast<std::uint32_t>(data.size()),
                            hash(head)};
  const std::uint64_t at = end_ + sizeof(header);
  if (!write_all(file_, head.data(), head.size(), at) ||
      !write_all(file_, data.data(), data.size(), at + head.size()) ||
      !write_all(file_, &header, sizeof(header), end_)) {
    return io_failure(std::strerror(errno));
  }
  records_.push_back({at, header.head_bytes, header.data_bytes});
  end_ = at + head.size() + data.size();
  return {};
}

Result<Record> RecordStore::read(std::size_t index, std::span<const std::string_view> names) const {
  const auto damaged = [&] { return io_failure(join_text({"record ", index, " cannot be read"})); };
  if (index >= records_.size()) return damaged();
  const Extent& extent = records_[index];
  std::string head(extent.head_bytes, '\0');
  if (!read_all(file_, head.data(), head.size(), extent.offset)) return damaged();
  Record record(names.size());
  std::size_t found = 0;
  for (std::size_t at = 0; at < head.size();) {
    FieldHeader field;
    if (at + sizeof(field) > head.size()) return damaged();
    std::memcpy(&field, head.data() + at, sizeof(field));
    at += sizeof(field);
    if (field.rank > Shape::kMaxRank || at + field.name_bytes > head.size()) return damaged();
    const std::string_view name(head.data() + at, field.name_bytes);
    at = padded(at + field.name_bytes);
    const auto place = std::ranges::find(names, name);
    if (!names.empty() && place == names.end()) continue;
    const auto shape = Shape::make({field.dims, field.rank});
    if (!shape) return damaged();
    auto tensor = Tensor::create(static_cast<DataType>(field.type), *shape);
    if (!tensor) return fail(tensor.error());
    const auto bytes = tensor->mutable_view().bytes;
    if (bytes.size() != field.data_bytes || std::uint64_t{field.data_offset} + field.data_bytes > extent.data_bytes ||
        !read_all(file_, bytes.data(), bytes.size(), extent.offset + extent.head_bytes + field.data_offset)) {
      return damaged();
    }
    if (names.empty()) record.emplace_back();
    output::OutputTensor& target =
        names.empty() ? record.back() : record[static_cast<std::size_t>(place - names.begin())];
    target = {std::string(name), std::move(*tensor)};
    ++found;
  }
  if (!names.empty() && found != names.size())
    return io_failure(join_text({"record ", index, " lacks a tensor that is asked for"}));
  return record;
}

}  // namespace sluice::train
