// The files below one folder as HTTP answers: type by extension, ETag, single ranges, and the headers that a page with
// WebAssembly and workers needs under a strict policy. Only regular files that really lie below the root are served; no
// request can name anything else. Reads the file system at each call; safe from any thread.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/result.hpp"
#include "server/http/exchange.hpp"

namespace sluice::server {

// The media type by the file's extension; application/octet-stream for those not known.
std::string_view media_type(std::string_view file_name);

// A request path as a relative file path: percent-decoded and free of "..", hidden names, backslashes and control bytes;
// nullopt for anything else.
std::optional<std::string> clean_path(std::string_view path);

// Policy headers of every answer: no sniffing, cross-origin isolation, and the content security policy of pages.
void add_page_policy(HttpReply& reply);

class StaticFiles {
 public:
  // kIoError when `root` is no folder.
  static Result<StaticFiles> open(const std::filesystem::path& root);

  // 200, 206, 304, 404 or 416. `head.method` is GET or HEAD.
  HttpReply get(const HttpHead& head) const;

 private:
  explicit StaticFiles(std::filesystem::path root);
  std::optional<std::filesystem::path> find(std::string_view path) const;
  std::filesystem::path root_;  // canonical
};

}  // namespace sluice::server
