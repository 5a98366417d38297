#include "server/http/static_files.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <utility>

namespace sluice::server {

namespace {

namespace fs = std::filesystem;

constexpr std::array<std::pair<std::string_view, std::string_view>, 21> kMediaTypes = {{
    {".html", "text/html; charset=utf-8"},
    {".js", "text/javascript; charset=utf-8"},
    {".mjs", "text/javascript; charset=utf-8"},
    {".css", "text/css; charset=utf-8"},
    {".json", "application/json"},
    {".map", "application/json"},
    {".webmanifest", "application/manifest+json"},
    {".wasm", "application/wasm"},
    {".txt", "text/plain; charset=utf-8"},
    {".md", "text/plain; charset=utf-8"},
    {".svg", "image/svg+xml"},
    {".png", "image/png"},
    {".jpg", "image/jpeg"},
    {".jpeg", "image/jpeg"},
    {".webp", "image/webp"},
    {".ico", "image/x-icon"},
    {".mp4", "video/mp4"},
    {".webm", "video/webm"},
    {".woff2", "font/woff2"},
    {".onnx", "application/octet-stream"},
    {".bin", "application/octet-stream"},
}};

// A range answer may be shorter than what was asked for; this bounds what one request keeps open.
constexpr std::uint64_t kMaxRangeBytes = std::uint64_t{8} << 20;

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::string make_etag(const fs::path& path, std::uint64_t size) {
  std::error_code error;
  const auto changed = fs::last_write_time(path, error).time_since_epoch();
  std::array<char, 64> text{};
  std::snprintf(
      text.data(), text.size(), "\"%llx-%llx\"", static_cast<unsigned long long>(size),
      static_cast<unsigned long long>(std::chrono::duration_cast<std::chrono::microseconds>(changed).count()));
  return text.data();
}

struct ByteRange {
  std::uint64_t first = 0;
  std::uint64_t length = 0;
};
enum class RangeForm { kNone, kValid, kUnsatisfiable };

std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// "bytes=first-last", "bytes=first-" or "bytes=-suffix" (RFC 9110, 14.1.2). Several ranges are answered as none.
RangeForm parse_range(std::string_view text, std::uint64_t size, ByteRange& range) {
  constexpr std::string_view kUnit = "bytes=";
  const auto dash = text.find('-');
  if (!text.starts_with(kUnit) || dash == std::string_view::npos || text.find(',') != std::string_view::npos) {
    return RangeForm::kNone;
  }
  const auto first_text = text.substr(kUnit.size(), dash - kUnit.size());
  const auto last_text = text.substr(dash + 1);
  std::uint64_t last = size == 0 ? 0 : size - 1;
  if (first_text.empty()) {
    const auto suffix = number(last_text);
    if (!suffix) return RangeForm::kNone;
    if (*suffix == 0 || size == 0) return RangeForm::kUnsatisfiable;
    range.first = size - std::min(size, *suffix);
  } else {
    const auto first = number(first_text);
    const auto given_last = last_text.empty() ? std::optional(last) : number(last_text);
    if (!first || !given_last) return RangeForm::kNone;
    if (*first >= size) return RangeForm::kUnsatisfiable;
    if (*given_last < *first) return RangeForm::kNone;
    range.first = *first;
    last = std::min(last, *given_last);
  }
  range.length = std::min(last - range.first + 1, kMaxRangeBytes);
  return RangeForm::kValid;
}

}  // namespace

std::string_view media_type(std::string_view file_name) {
  const auto dot = file_name.rfind('.');
  if (dot != std::string_view::npos) {
    const auto extension = file_name.substr(dot);
    for (const auto& [known, type] : kMediaTypes) {
      if (extension == known) return type;
    }
  }
  return "application/octet-stream";
}

std::optional<std::string> clean_path(std::string_view path) {
  if (!path.starts_with('/')) return std::nullopt;
  std::string decoded;
  for (std::size_t i = 1; i < path.size(); ++i) {
    char c = path[i];
    if (c == '%') {
      if (path.size() - i < 3) return std::nullopt;
      const int high = hex_digit(path[i + 1]);
      const int low = hex_digit(path[i + 2]);
      if (high < 0 || low < 0) return std::nullopt;
      c = static_cast<char>(high * 16 + low);
      i += 2;
    }
    if (c == '\\' || c == ':' || static_cast<unsigned char>(c) < 0x20 || c == 0x7f) return std::nullopt;
    decoded += c;
  }
  // Hidden names cover "." and "..".
  std::size_t start = 0;
  while (start <= decoded.size()) {
    const auto end = std::min(decoded.find('/', start), decoded.size());
    const bool last = end == decoded.size();
    if (end == start ? !last : decoded[start] == '.') return std::nullopt;
    start = end + 1;
  }
  return decoded;
}

void add_page_policy(HttpReply& reply) {
  reply.set("X-Content-Type-Options", "nosniff");
  reply.set("Referrer-Policy", "no-referrer");
  reply.set("Cross-Origin-Opener-Policy", "same-origin");
  reply.set("Cross-Origin-Embedder-Policy", "require-corp");
  reply.set("Cross-Origin-Resource-Policy", "same-origin");
  reply.set("Content-Security-Policy",
            "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; connect-src 'self' ws: wss:; "
            "img-src 'self' data: blob:; media-src 'self' blob:; style-src 'self' 'unsafe-inline'; object-src 'none'; "
            "base-uri 'none'; form-action 'none'; frame-ancestors 'none'");
}

StaticFiles::StaticFiles(fs::path root) : root_(std::move(root)) {}

Result<StaticFiles> StaticFiles::open(const fs::path& root) {
  std::error_code error;
  auto canonical = fs::canonical(root, error);
  if (error || !fs::is_directory(canonical, error)) {
    return fail(ErrorCode::kIoError, "--web-root " + root.string() + " is not a folder");
  }
  return StaticFiles(std::move(canonical));
}

std::optional<fs::path> StaticFiles::find(std::string_view path) const {
  const auto relative = clean_path(path);
  if (!relative) return std::nullopt;
  auto candidate = root_ / *relative;
  std::error_code error;
  if (fs::is_directory(candidate, error)) candidate /= "index.html";
  // canonical() follows symbolic links, so one that leads out of the root is seen here.
  auto real = fs::canonical(candidate, error);
  if (error || !fs::is_regular_file(real, error)) return std::nullopt;
  const auto [root_end, ignored] = std::mismatch(root_.begin(), root_.end(), real.begin(), real.end());
  if (root_end != root_.end()) return std::nullopt;
  return real;
}

HttpReply StaticFiles::get(const HttpHead& head) const {
  const auto path = find(head.path());
  if (!path) {
    auto reply = text_reply(404, "There is no such page.\n");
    add_page_policy(reply);
    return reply;
  }
  std::error_code error;
  const auto size = fs::file_size(*path, error);
  if (error) return text_reply(404, "The file cannot be read.\n");
  HttpReply reply;
  add_page_policy(reply);
  const auto etag = make_etag(*path, size);
  reply.set("ETag", etag);
  // The bundler puts a hash into the names below assets/, so those never change.
  reply.set("Cache-Control", head.path().starts_with("/assets/") ? "public, max-age=31536000, immutable" : "no-cache");
  if (head.if_none_match == etag) {
    reply.status = 304;
    return reply;
  }
  reply.set("Content-Type", std::string(media_type(path->filename().string())));
  reply.set("Accept-Ranges", "bytes");
  reply.file = {*path, 0, size};
  ByteRange range;
  switch (parse_range(head.range, size, range)) {
    case RangeForm::kNone: break;
    case RangeForm::kUnsatisfiable:
      reply.status = 416;
      reply.file = {};
      reply.set("Content-Range", "bytes */" + std::to_string(size));
      break;
    case RangeForm::kValid:
      reply.status = 206;
      reply.file = {*path, range.first, range.length};
      reply.set("Content-Range", "bytes " + std::to_string(range.first) + "-" +
                                     std::to_string(range.first + range.length - 1) + "/" + std::to_string(size));
      break;
  }
  return reply;
}

}  // namespace sluice::server
