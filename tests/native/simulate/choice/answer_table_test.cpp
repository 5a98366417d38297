// Tables of answers: the shipped one, a small one, and lines that are none.
#include "native/simulate/choice/answer_table.hpp"

#include <doctest/doctest.h>

#include "tests/native/simulate/choice/toy_answers.hpp"

using namespace sluice::simulate;
using sluice::ErrorCode;

TEST_CASE("the shipped table has every kind of answer, for all its pictures") {
  const auto table = parse_answer_table(shipped_answer_table());
  REQUIRE(table.has_value());
  CHECK(table->guess_percent.size() >= 2000);
  CHECK(table->gate_targets.size() == 5);
  CHECK(table->find_frames("stream") != nullptr);
  CHECK(table->find_frames("night") == nullptr);
  for (const char* kind : {"exit", "here", "split", "small", "whole"}) {
    CAPTURE(kind);
    bool found = false;
    for (const AnswerColumn& column : table->columns) {
      found = found || column.kind == kind;
      CHECK(column.cells.size() == table->guess_percent.size());
    }
    CHECK(found);
  }
}

TEST_CASE("cells have an index, bytes and whether they agree") {
  const auto table = parse_answer_table(test::toy_answers(8));
  REQUIRE(table.has_value());
  REQUIRE(table->columns.size() == 4);
  CHECK(table->columns[0].cost_of(0).device_kmac == 10'000);
  CHECK(table->columns[0].cost_of(2).device_kmac == 40'000);
  CHECK_FALSE(table->columns[0].cells[2].agrees);
  CHECK(table->columns[2].cells[5].bytes == 3000);
  CHECK(table->columns[2].cells[5].agrees);
}

TEST_CASE("a table without what there is to reckon by is refused, and what it lacks is named") {
  for (const std::string lacks : {"gate-cost", "cost,here", "frame"}) {
    CAPTURE(lacks);
    std::string text;
    std::string good = test::toy_answers(4);
    while (!good.empty()) {
      const std::string line = good.substr(0, good.find('\n') + 1);
      good.erase(0, line.size());
      if (!line.starts_with(lacks + ',')) text += line;
    }
    const auto table = parse_answer_table(text);
    REQUIRE_FALSE(table.has_value());
    CHECK(table.error().code == ErrorCode::kInvalidArgument);
    CHECK(table.error().message.find("'" + lacks) != std::string::npos);
  }
}

TEST_CASE("a line that is none is named") {
  const std::string good = test::toy_answers(4);
  for (const char* bad :
       {"nonsense,1\n", "gate,0.9,0.8\n", "frame,day,rrr\n", "frame,day,rx\n", "option,a,teleport,0\n",
        "cost,here,0,1,2,3\n", "cost,split-0,1,-1,2,3,4\n", "cost,other,1,1,2,3,4\n", "picture,95,,,/3000\n",
        "picture,101,,,/3000,\n", "picture,95,7,,/3000,\n", "picture,95,x,,/3000,\n", "picture,95,,,/-3,\n"}) {
    CAPTURE(bad);
    const auto table = parse_answer_table(good + bad);
    REQUIRE_FALSE(table.has_value());
    CHECK(table.error().code == ErrorCode::kInvalidArgument);
    CHECK(table.error().message.find("line") != std::string::npos);
  }
  CHECK_FALSE(parse_answer_table("").has_value());
  CHECK_FALSE(parse_answer_table(test::toy_answers(1)).has_value());
}
