#include <array>

#include "base/error.h"
#include "base/human.h"
#include "io/pytorch/pickle_machine.h"
#include "io/pytorch/pickle_text.h"

// The instructions that build containers, and those for classes and calls.
namespace focus::io {

Pickle read_pickle(const std::shared_ptr<const ByteSource>& source, uint64_t offset,
                   const std::string& name) {
  return PickleMachine(source, offset, name).run();
}

bool PickleMachine::run_container(uint8_t code) {
  switch (code) {
    case ')':
      push(add(PickleKind::kTuple, {}));
      return true;
    case ']':
      push(add(PickleKind::kList, {}));
      return true;
    case '}':
      push(add(PickleKind::kDict, {}));
      return true;
    case 0x8f:
      push(add(PickleKind::kSet, {}));
      return true;
    case 't':
      push(add(PickleKind::kTuple, pop_to_mark()));
      return true;
    case 'l':
      push(add(PickleKind::kList, pop_to_mark()));
      return true;
    case 0x91:
      push(add(PickleKind::kSet, pop_to_mark()));
      return true;
    case 'd': {
      std::vector<PickleRef> items = pop_to_mark();
      if (items.size() % 2 != 0) damaged("a key has no value");
      push(add(PickleKind::kDict, std::move(items)));
      return true;
    }
    case 0x85:
    case 0x86:
    case 0x87: {
      std::vector<PickleRef> items(code - 0x84u);
      for (size_t i = items.size(); i > 0; --i) items[i - 1] = pop();
      push(add(PickleKind::kTuple, std::move(items)));
      return true;
    }
    case 'a': {
      const PickleRef item = pop();
      extend(top(), {item}, false);
      return true;
    }
    case 'e':
    case 0x90: {
      const std::vector<PickleRef> items = pop_to_mark();
      extend(top(), items, false);
      return true;
    }
    case 's': {
      const PickleRef value = pop(), key = pop();
      extend(top(), {key, value}, true);
      return true;
    }
    case 'u': {
      const std::vector<PickleRef> items = pop_to_mark();
      extend(top(), items, true);
      return true;
    }
    default:
      return false;
  }
}

void PickleMachine::extend(PickleRef container, const std::vector<PickleRef>& added, bool pairs) {
  PickleValue& value = result_.values_[container];
  const bool takes = value.kind == PickleKind::kObject ||
                     (pairs ? value.kind == PickleKind::kDict
                            : value.kind == PickleKind::kList || value.kind == PickleKind::kSet);
  if (!takes) damaged("something is added to a " + result_.describe(container));
  if (pairs && added.size() % 2 != 0) damaged("a key has no value");
  value.items.insert(value.items.end(), added.begin(), added.end());
}

void PickleMachine::push_global(std::string_view module, std::string_view name) {
  charge_copy(module.size() + name.size());
  push_text(PickleKind::kGlobal, fmt::format("{}.{}", module, name));
}

bool PickleMachine::run_object(uint8_t code) {
  switch (code) {
    case 'c': {
      const std::string module = reader_.line();
      push_global(module, reader_.line());
      return true;
    }
    case 0x93: {
      const PickleRef name = pop(), module = pop();
      const auto name_text = result_.string(name), module_text = result_.string(module);
      if (!name_text || !module_text) damaged("the name of a class is not a string");
      push_global(std::string(*module_text), std::string(*name_text));
      return true;
    }
    case 0x82:
    case 0x83:
    case 0x84:
      push_global("extension registry", std::to_string(reader_.little_endian(1 << (code - 0x82))));
      return true;
    case 'R':
    case 0x81: {
      const PickleRef arguments = pop(), callee = pop();
      call(callee, arguments);
      return true;
    }
    case 0x92: {
      const PickleRef keywords = pop(), arguments = pop(), callee = pop();
      call(callee, arguments);
      PickleValue& object = result_.values_[top()];
      if (object.kind == PickleKind::kObject) object.items.push_back(keywords);
      return true;
    }
    case 'i': {
      const std::string module = reader_.line(), name = reader_.line();
      const PickleRef arguments = add(PickleKind::kTuple, pop_to_mark());
      push_global(module, name);
      call(pop(), arguments);
      return true;
    }
    case 'o': {
      std::vector<PickleRef> items = pop_to_mark();
      if (items.empty()) damaged("an object has no class");
      const PickleRef callee = items.front();
      items.erase(items.begin());
      call(callee, add(PickleKind::kTuple, std::move(items)));
      return true;
    }
    case 'b': {
      const PickleRef state = pop();
      PickleValue& object = result_.values_[top()];
      // The attributes of dictionaries and other containers are not part of their content.
      if (object.kind == PickleKind::kObject) object.items[2] = state;
      return true;
    }
    case 'P': {
      push_text(PickleKind::kString, reader_.line());
      push(add(PickleKind::kPersistentId, {pop()}));
      return true;
    }
    case 'Q':
      push(add(PickleKind::kPersistentId, {pop()}));
      return true;
    case 0x97:
    case 0x98:
      damaged("it needs out-of-band buffers, which are not in the file");
    default:
      return false;
  }
}

void PickleMachine::call(PickleRef callee, PickleRef arguments) {
  const PickleValue& function = result_.values_[callee];
  const PickleValue& given = result_.values_[arguments];
  if (function.kind == PickleKind::kGlobal && given.kind == PickleKind::kTuple && given.items.size() <= 4) {
    // Copies, because the call adds values, which moves the existing ones.
    if (call_known(std::string(function.text), std::vector<PickleRef>(given.items))) return;
  }
  push(add(PickleKind::kObject, {callee, arguments, none_}));
}

/// Evaluates the few calls by which Python writes its own containers. False: it is none of them.
bool PickleMachine::call_known(std::string_view callee, const std::vector<PickleRef>& arguments) {
  charge_copy(1);
  const bool one_list = arguments.size() == 1 && (result_[arguments[0]].kind == PickleKind::kList ||
                                                  result_[arguments[0]].kind == PickleKind::kTuple);
  if (callee == "collections.OrderedDict") {
    std::vector<PickleRef> items;
    if (one_list) {
      charge_copy(result_[arguments[0]].items.size());
      for (const PickleRef pair : result_[arguments[0]].items) {
        const PickleValue& value = result_[pair];
        const bool is_pair = value.kind == PickleKind::kList || value.kind == PickleKind::kTuple;
        if (!is_pair || value.items.size() != 2) return false;
        items.insert(items.end(), value.items.begin(), value.items.end());
      }
    } else if (!arguments.empty()) {
      return false;
    }
    push(add(PickleKind::kDict, std::move(items)));
    return true;
  }
  if (callee == "collections.defaultdict") {
    push(add(PickleKind::kDict, {}));
    return true;
  }
  static constexpr std::array<std::string_view, 4> kSets{"__builtin__.set", "builtins.set",
                                                         "__builtin__.frozenset", "builtins.frozenset"};
  for (const auto name : kSets) {
    if (callee != name || (!one_list && !arguments.empty())) continue;
    if (one_list) charge_copy(result_[arguments[0]].items.size());
    push(add(PickleKind::kSet, one_list ? result_[arguments[0]].items : std::vector<PickleRef>()));
    return true;
  }
  static constexpr std::array<std::string_view, 4> kBytes{"__builtin__.bytes", "builtins.bytes",
                                                          "__builtin__.bytearray", "builtins.bytearray"};
  for (const auto name : kBytes) {
    if (callee != name) continue;
    if (arguments.empty()) return push_text(PickleKind::kBytes, ""), true;
    if (arguments.size() == 1 && result_[arguments[0]].kind == PickleKind::kBytes) {
      return push(arguments[0]), true;
    }
  }
  // How torch::pickle_save states the type of a dictionary or list.
  static constexpr std::array<std::pair<std::string_view, size_t>, 5> kTypeTags{
      {{"torch.jit._pickle.restore_type_tag", 2},
       {"torch.jit._pickle.build_intlist", 1},
       {"torch.jit._pickle.build_tensorlist", 1},
       {"torch.jit._pickle.build_doublelist", 1},
       {"torch.jit._pickle.build_boollist", 1}}};
  for (const auto& [name, count] : kTypeTags) {
    if (callee == name && arguments.size() == count) return push(arguments[0]), true;
  }
  if (callee == "_codecs.encode" && arguments.size() == 2 &&
      result_[arguments[0]].kind == PickleKind::kString) {
    const auto encoding = result_.string(arguments[1]);
    if (encoding != "latin1" && encoding != "latin-1") return false;
    PickleValue value;
    value.kind = PickleKind::kBytes;
    const PickleValue& text = result_[arguments[0]];
    if (text.far) {
      value.far = value.latin1 = true;
      value.offset = text.offset;
      value.far_bytes = text.far_bytes;
    } else {
      charge_copy(text.text.size());
      auto bytes = bytes_of_latin1(text.text);
      if (!bytes) damaged("a string that encodes bytes has a character above 255");
      value.text = std::move(*bytes);
    }
    push(add(std::move(value)));
    return true;
  }
  return false;
}

}  // namespace focus::io
