// Lines about what the server does, for people or as JSON objects. Never the contents of requests. Safe from any thread;
// each line is one write.
#pragma once

#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace sluice::server {

class Log {
 public:
  using Field = std::pair<std::string_view, std::string>;
  enum class Form { kHuman, kJson, kSilent };

  explicit Log(Form form) : form_(form) {}

  // `sentence` for people, `event` and `fields` for machines; people see the fields behind the sentence.
  void line(std::string_view event, std::string_view sentence, std::span<const Field> fields) const;
  void line(std::string_view event, std::string_view sentence, std::initializer_list<Field> fields = {}) const {
    line(event, sentence, std::span(fields.begin(), fields.size()));
  }

 private:
  Form form_;
};

}  // namespace sluice::server
