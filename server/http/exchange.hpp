// One HTTP request and its answer as plain data, so that routing, static files and the inference protocol know nothing of
// the HTTP library. Views in a HttpHead borrow the parsed request.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/error.hpp"

namespace sluice::server {

struct HttpHead {
  std::string_view method;
  std::string_view target;  // path and query, as received
  std::string_view host;
  std::string_view origin;
  std::string_view authorization;
  std::string_view subprotocols;
  std::string_view if_none_match;
  std::string_view range;
  std::string_view inference_header_length;
  std::string_view traceparent;

  std::string_view path() const { return target.substr(0, target.find('?')); }
};

struct FileSlice {
  std::filesystem::path path;
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
};

struct HttpReply {
  unsigned status = 200;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;  // one of the three holds the body
  std::string_view borrowed;
  std::shared_ptr<const void> lender;  // of what is borrowed
  FileSlice file;

  void set(std::string name, std::string value) { headers.emplace_back(std::move(name), std::move(value)); }
  std::uint64_t length() const { return file.path.empty() ? bytes().size() : file.length; }
  std::string_view bytes() const { return borrowed.empty() ? std::string_view(body) : borrowed; }
};

HttpReply text_reply(unsigned status, std::string text);
HttpReply json_reply(unsigned status, std::string json);

// {"error": "...", "code": "overloaded"} with the status that the code stands for; Retry-After when there is advice.
HttpReply error_reply(const Error& error, std::uint32_t retry_after_ms = 0);
HttpReply error_reply(unsigned status, const Error& error, std::uint32_t retry_after_ms = 0);

// 429 for limits that pass, 503 while draining, 504 for expired budgets, 4xx for what the client can mend, else 500.
unsigned status_of(ErrorCode code);

}  // namespace sluice::server
