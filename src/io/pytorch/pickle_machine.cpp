#include "io/pytorch/pickle_machine.h"

#include <bit>
#include <limits>

#include "base/error.h"
#include "base/human.h"
#include "base/numbers.h"
#include "io/pytorch/pickle_text.h"

namespace focus::io {

PickleMachine::PickleMachine(std::shared_ptr<const ByteSource> source, uint64_t offset, std::string name)
    : name_(std::move(name)), reader_(*source, offset, name_ + ": pickle") {
  result_.source_ = std::move(source);
  // Shared, so that one byte of a pickle does not take the memory of a whole value.
  none_ = add({});
  PickleValue value;
  value.kind = PickleKind::kBool;
  false_ = add(value);
  value.number = 1;
  true_ = add(value);
}

void PickleMachine::damaged(const std::string& what) const {
  fail("{}: not a readable pickle: at byte {}: {}", name_, reader_.position(), what);
}

Pickle PickleMachine::run() {
  for (uint64_t steps = 0; !stopped_; ++steps) {
    if (steps == kMaxPickleSteps) damaged(fmt::format("it has more than {} instructions", kMaxPickleSteps));
    const uint8_t code = reader_.byte();
    if (!run_memo(code) && !run_text(code) && !run_number(code) && !run_container(code) && !run_stack(code) &&
        !run_object(code)) {
      damaged(fmt::format("unknown instruction 0x{:02x}", code));
    }
  }
  return std::move(result_);
}

PickleRef PickleMachine::add(PickleValue value) {
  if (result_.values_.size() == kMaxPickleValues) {
    damaged(fmt::format("it has more than {} values", kMaxPickleValues));
  }
  result_.values_.push_back(std::move(value));
  return static_cast<PickleRef>(result_.values_.size() - 1);
}

/// Limits the copies of values that the memo can repeat: a benign pickle copies each once, so no more in all
/// than the pickle has bytes.
void PickleMachine::charge_copy(uint64_t units) {
  constexpr uint64_t kSlack = 1 << 20;
  copied_ += units;
  if (copied_ > result_.source_->size() + kSlack) damaged("it repeats the same content too often");
}

PickleRef PickleMachine::add(PickleKind kind, std::vector<PickleRef> items) {
  PickleValue value;
  value.kind = kind;
  value.items = std::move(items);
  return add(std::move(value));
}

void PickleMachine::push_int(int64_t number) {
  PickleValue value;
  value.kind = PickleKind::kInt;
  value.number = number;
  push(add(std::move(value)));
}

void PickleMachine::push_text(PickleKind kind, std::string text) {
  PickleValue value;
  value.kind = kind;
  value.text = std::move(text);
  push(add(std::move(value)));
}

PickleRef& PickleMachine::top() {
  if (stack_.size() <= (marks_.empty() ? 0 : marks_.back())) damaged("a value is missing on the stack");
  return stack_.back();
}

PickleRef PickleMachine::pop() {
  const PickleRef ref = top();
  stack_.pop_back();
  return ref;
}

std::vector<PickleRef> PickleMachine::pop_to_mark() {
  if (marks_.empty()) damaged("a mark is missing on the stack");
  const auto begin = stack_.begin() + static_cast<std::ptrdiff_t>(marks_.back());
  std::vector<PickleRef> items(begin, stack_.end());
  stack_.erase(begin, stack_.end());
  marks_.pop_back();
  return items;
}

void PickleMachine::remember(uint64_t index) {
  if (index < memo_.size()) {
    memo_[index] = top();
  } else if (index == memo_.size()) {
    memo_.push_back(top());
  } else {
    odd_memo_[index] = top();
  }
}

void PickleMachine::recall(uint64_t index) {
  if (index < memo_.size()) return push(memo_[index]);
  const auto found = odd_memo_.find(index);
  if (found == odd_memo_.end()) damaged(fmt::format("memo {} was never stored", index));
  push(found->second);
}

int64_t PickleMachine::number_line() {
  const std::string line = reader_.line();
  const auto value = parse_number<int64_t>(line);
  if (!value) damaged(in_quotes(line) + " is not a number");
  return *value;
}

bool PickleMachine::run_stack(uint8_t code) {
  switch (code) {
    case '(':
      marks_.push_back(stack_.size());
      return true;
    case '.':
      result_.root_ = pop();
      if (!stack_.empty() || !marks_.empty()) damaged("it stops with values left on the stack");
      result_.end_ = reader_.position();
      stopped_ = true;
      return true;
    case '0':
      if (!marks_.empty() && marks_.back() == stack_.size()) {
        marks_.pop_back();
      } else {
        pop();
      }
      return true;
    case '1':
      pop_to_mark();
      return true;
    case '2':
      push(top());
      return true;
    case 0x80:
      if (const uint8_t protocol = reader_.byte(); protocol > 5) {
        damaged(fmt::format("protocol {} is not known", protocol));
      }
      return true;
    case 0x95:
      if (reader_.little_endian(8) > reader_.left()) damaged("a frame goes beyond the end");
      return true;
    default:
      return false;
  }
}

bool PickleMachine::run_memo(uint8_t code) {
  switch (code) {
    case 'p':
      remember(static_cast<uint64_t>(number_line()));
      return true;
    case 'q':
      remember(reader_.byte());
      return true;
    case 'r':
      remember(reader_.little_endian(4));
      return true;
    case 0x94:
      remember(memo_.size() + odd_memo_.size());
      return true;
    case 'g':
      recall(static_cast<uint64_t>(number_line()));
      return true;
    case 'h':
      recall(reader_.byte());
      return true;
    case 'j':
      recall(reader_.little_endian(4));
      return true;
    default:
      return false;
  }
}

bool PickleMachine::run_number(uint8_t code) {
  switch (code) {
    case 'N':
      push(none_);
      return true;
    case 0x88:
      push(true_);
      return true;
    case 0x89:
      push(false_);
      return true;
    case 'J':
      push_int(static_cast<int32_t>(reader_.little_endian(4)));
      return true;
    case 'K':
      push_int(reader_.byte());
      return true;
    case 'M':
      push_int(static_cast<int64_t>(reader_.little_endian(2)));
      return true;
    case 0x8a:
      long_number(reader_.byte());
      return true;
    case 0x8b:
      long_number(reader_.little_endian(4));
      return true;
    case 'I':
    case 'L':
      decimal_line();
      return true;
    case 'G':
    case 'F': {
      PickleValue value;
      value.kind = PickleKind::kFloat;
      if (code == 'G') {
        uint64_t bits = 0;  // the only number in pickles with its most significant byte first
        for (int i = 0; i < 8; ++i) bits = bits << 8 | reader_.byte();
        value.real = std::bit_cast<double>(bits);
      } else {
        const std::string line = reader_.line();
        const auto real = number_of(line);
        if (!real) damaged(in_quotes(line) + " is not a number");
        value.real = *real;
      }
      push(add(std::move(value)));
      return true;
    }
    default:
      return false;
  }
}

void PickleMachine::long_number(uint64_t bytes) {
  if (bytes > reader_.left()) damaged("a number goes beyond the end");
  std::string digits = reader_.take(bytes);
  if (bytes > 8) return push_text(PickleKind::kLargeInt, std::move(digits));
  uint64_t value = 0;
  for (size_t i = 0; i < bytes; ++i) value |= uint64_t{static_cast<uint8_t>(digits[i])} << (8 * i);
  const bool negative = bytes > 0 && (static_cast<uint8_t>(digits.back()) & 0x80) != 0;
  if (negative && bytes < 8) value |= ~uint64_t{0} << (8 * bytes);
  push_int(static_cast<int64_t>(value));
}

void PickleMachine::decimal_line() {
  std::string line = reader_.line();
  if (line == "00") return push(false_);
  if (line == "01") return push(true_);
  if (!line.empty() && line.back() == 'L') line.pop_back();
  if (const auto value = parse_number<int64_t>(line)) return push_int(*value);
  if (!is_beyond_range(line, true)) damaged(in_quotes(line) + " is not a number");
  push_text(PickleKind::kLargeInt, "");
}

bool PickleMachine::run_text(uint8_t code) {
  switch (code) {
    case 'X':
    case 'T':
      counted_text(PickleKind::kString, 4);
      return true;
    case 0x8c:
    case 'U':
      counted_text(PickleKind::kString, 1);
      return true;
    case 0x8d:
      counted_text(PickleKind::kString, 8);
      return true;
    case 'B':
      counted_text(PickleKind::kBytes, 4);
      return true;
    case 'C':
      counted_text(PickleKind::kBytes, 1);
      return true;
    case 0x8e:
    case 0x96:
      counted_text(PickleKind::kBytes, 8);
      return true;
    case 'S':
    case 'V': {
      const std::string line = reader_.line();
      auto text = code == 'S' ? unquote_python(line) : decode_raw_unicode_escape(line);
      if (!text) damaged(in_quotes(line) + " is not a string");
      push_text(PickleKind::kString, std::move(*text));
      return true;
    }
    default:
      return false;
  }
}

void PickleMachine::counted_text(PickleKind kind, int length_bytes) {
  const uint64_t bytes = reader_.little_endian(length_bytes);
  if (bytes > reader_.left()) damaged(fmt::format("a string of {} bytes goes beyond the end", bytes));
  if (bytes <= kFarText) return push_text(kind, reader_.take(bytes));
  PickleValue value;
  value.kind = kind;
  value.far = true;
  value.offset = reader_.position();
  value.far_bytes = bytes;
  push(add(std::move(value)));
  reader_.skip(bytes);
}

}  // namespace focus::io
