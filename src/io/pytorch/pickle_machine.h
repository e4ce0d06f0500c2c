// The stack machine behind read_pickle.
#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "io/pytorch/pickle.h"

namespace focus::io {

/// Runs one pickle. All state is in vectors, so that nesting in the pickle does not become recursion.
class PickleMachine {
 public:
  PickleMachine(std::shared_ptr<const ByteSource> source, uint64_t offset, std::string name);
  Pickle run();

 private:
  [[noreturn]] void damaged(const std::string& what) const;

  // The steps of which instructions consist.
  PickleRef add(PickleValue value);
  void charge_copy(uint64_t units);
  PickleRef add(PickleKind kind, std::vector<PickleRef> items);
  void push(PickleRef ref) { stack_.push_back(ref); }
  void push_int(int64_t number);
  void push_text(PickleKind kind, std::string text);
  PickleRef pop();
  PickleRef& top();
  std::vector<PickleRef> pop_to_mark();
  void remember(uint64_t index);
  void recall(uint64_t index);

  // Instructions, grouped by what they leave on the stack. False: the code is not one of the group.
  bool run_stack(uint8_t code);
  bool run_number(uint8_t code);
  bool run_text(uint8_t code);
  bool run_container(uint8_t code);
  bool run_memo(uint8_t code);
  bool run_object(uint8_t code);

  int64_t number_line();
  void long_number(uint64_t bytes);
  void decimal_line();
  void counted_text(PickleKind kind, int length_bytes);
  void extend(PickleRef container, const std::vector<PickleRef>& added, bool pairs);
  void push_global(std::string_view module, std::string_view name);
  void call(PickleRef callee, PickleRef arguments);
  bool call_known(std::string_view callee, const std::vector<PickleRef>& arguments);

  Pickle result_;
  std::string name_;
  ByteReader reader_;
  std::vector<PickleRef> stack_;
  std::vector<size_t> marks_;
  std::vector<PickleRef> memo_;                       // entries numbered in order
  std::unordered_map<uint64_t, PickleRef> odd_memo_;  // all others
  uint64_t copied_ = 0;
  PickleRef none_ = 0, false_ = 0, true_ = 0;
  bool stopped_ = false;
};

}  // namespace focus::io
