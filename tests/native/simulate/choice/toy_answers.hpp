// A small table: every second picture is easy, which the guess tells; a gate that answers two frames in four.
#pragma once

#include <string>

#include "native/simulate/choice/answer_table.hpp"

namespace sluice::simulate::test {

inline std::string toy_answers(std::size_t pictures) {
  std::string text =
      "# toy\n"
      "gate-cost,1000\n"
      "gate,0.8,0.9\n";
  for (int i = 0; i < 400; ++i)
    text += std::string("frame,day,") + (i % 4 == 0 ? "rr" : i % 4 == 1 ? "s-" : "--") + '\n';
  text +=
      "option,exits-900,exit,900\n"
      "cost,exits-900,0,10000,0,0,0\n"
      "cost,exits-900,1,40000,0,0,0\n"
      "option,here,here,0\n"
      "cost,here,0,80000,0,0,0\n"
      "option,png,whole,100\n"
      "cost,png,0,0,80000,20,10\n"
      "option,split-0,split,0\n"
      "cost,split-0,0,300,0,0,0\n";
  for (std::size_t i = 0; i < pictures; ++i) {
    const bool easy = i / 2 % 2 == 0;
    const bool hard_exit_wrong = i / 4 % 5 == 0;
    const bool guess_wrong = !easy || i / 4 % 50 == 0;
    text += easy ? "picture,95,," : hard_exit_wrong ? "picture,30,1!," : "picture,30,1,";
    text += guess_wrong ? ",/3000,!\n" : ",/3000,\n";
  }
  return text;
}

}  // namespace sluice::simulate::test
