#include "io/pytorch/pickle.h"

#include "io/handmade.h"
#include "io/pytorch/pickle_text.h"

namespace {

using focus::io::Pickle;
using focus::io::PickleKind;
using focus::io::PickleRef;
using focus::io::PickleValue;
using focus::test::dict;
using focus::test::global;
using focus::test::little_endian;
using focus::test::number;
using focus::test::text;

Pickle parse(const std::string& bytes) {
  return focus::io::read_pickle(focus::io::memory_bytes(bytes, "p"), 0, "p");
}

std::string error_of(const std::string& bytes) {
  try {
    parse(bytes);
  } catch (const focus::Error& error) {
    return error.what();
  }
  return "";
}

std::string bytes(std::initializer_list<int> values) {
  std::string made;
  for (const int value : values) made += static_cast<char>(value);
  return made;
}

/// A value as Python would show it.
std::string shown(const Pickle& pickle, PickleRef ref) {
  const PickleValue& value = pickle[ref];
  const auto items = [&](const char* open, const char* close) {
    std::string made = open;
    for (const PickleRef item : value.items) made += shown(pickle, item) + ",";
    return made + close;
  };
  switch (value.kind) {
    case PickleKind::kBool:
      return value.number ? "True" : "False";
    case PickleKind::kInt:
      return std::to_string(value.number);
    case PickleKind::kFloat:
      return fmt::format("{}", value.real);
    case PickleKind::kString:
      return "'" + value.text + "'";
    case PickleKind::kBytes:
      return "b'" + value.text + "'";
    case PickleKind::kTuple:
      return items("(", ")");
    case PickleKind::kList:
      return items("[", "]");
    case PickleKind::kDict:
    case PickleKind::kSet:
      return items("{", "}");
    case PickleKind::kPersistentId:
      return items("pid<", ">");
    case PickleKind::kGlobal:
      return value.text;
    case PickleKind::kObject:
      return items("object<", ">");
    case PickleKind::kLargeInt:
      return "large";
    case PickleKind::kNone:
      break;
  }
  return "None";
}

std::string shown(const std::string& bytes) {
  const Pickle pickle = parse(bytes);
  EXPECT_EQ(pickle.end(), bytes.size());
  return shown(pickle, pickle.root());
}

TEST(Pickle, Numbers) {
  EXPECT_EQ(shown("N."), "None");
  EXPECT_EQ(shown("\x80\x02\x88."), "True");
  EXPECT_EQ(shown("I00\n."), "False");
  EXPECT_EQ(shown("I-12\n."), "-12");
  EXPECT_EQ(shown("L9223372036854775807L\n."), "9223372036854775807");
  EXPECT_EQ(shown("L9223372036854775808L\n."), "large");
  EXPECT_EQ(shown("K\xff."), "255");
  EXPECT_EQ(shown("M\xe9\x03."), "1001");
  EXPECT_EQ(shown("J\xff\xff\xff\xff."), "-1");
  EXPECT_EQ(shown(bytes({0x8a, 0, '.'})), "0");
  EXPECT_EQ(shown(bytes({0x8a, 1, 0x80, '.'})), "-128");
  EXPECT_EQ(shown(bytes({0x8a, 2, 0x80, 0, '.'})), "128");
  EXPECT_EQ(shown(bytes({0x8b, 3, 0, 0, 0, 1, 0, 0x80, '.'})), "-8388607");
  EXPECT_EQ(shown(bytes({0x8a, 9}) + std::string(9, '\1') + "."), "large");
  EXPECT_EQ(shown("F2.5\n."), "2.5");
  EXPECT_EQ(shown("G" + bytes({0xc0, 4, 0, 0, 0, 0, 0, 0}) + "."), "-2.5");
}

TEST(Pickle, Text) {
  EXPECT_EQ(shown(text("ü") + "."), "'ü'");
  EXPECT_EQ(shown("\x8c\x02hi."), "'hi'");
  EXPECT_EQ(shown("\x8d" + little_endian(2, 8) + "hi."), "'hi'");
  EXPECT_EQ(shown("U\x02hi."), "'hi'");
  EXPECT_EQ(shown("T" + little_endian(2, 4) + "hi."), "'hi'");
  EXPECT_EQ(shown("S'a\\'\\x41\\n\\101'\n."), "'a'A\nA'");
  EXPECT_EQ(shown("V\\u00fc\\U0001F600\xfc\n."), "'ü😀ü'");
  EXPECT_EQ(shown("C\x02hi."), "b'hi'");
  EXPECT_EQ(shown("B" + little_endian(2, 4) + "hi."), "b'hi'");
  EXPECT_EQ(shown("\x8e" + little_endian(2, 8) + "hi."), "b'hi'");
  EXPECT_EQ(shown("\x96" + little_endian(2, 8) + "hi."), "b'hi'");
  EXPECT_EQ(shown(global("_codecs", "encode") + text("\xc3\xbf") + text("latin1") + "\x86R."), "b'\xff'");
  EXPECT_EQ(shown(global("__builtin__", "bytes") + ")R."), "b''");
}

TEST(Pickle, Containers) {
  EXPECT_EQ(shown("(K\1K\2t."), "(1,2,)");
  EXPECT_EQ(shown(")."), "()");
  EXPECT_EQ(shown("K\1\x85."), "(1,)");
  EXPECT_EQ(shown("K\1K\2K\3\x87."), "(1,2,3,)");
  EXPECT_EQ(shown("]K\1a(K\2K\3e."), "[1,2,3,]");
  EXPECT_EQ(shown("(K\1l."), "[1,]");
  EXPECT_EQ(shown("}K\1K\2s(K\3K\4u."), "{1,2,3,4,}");
  EXPECT_EQ(shown("(K\1K\2d."), "{1,2,}");
  EXPECT_EQ(shown("\x8f(K\1K\2\x90."), "{1,2,}");
  EXPECT_EQ(shown("(K\1\x91."), "{1,}");
  EXPECT_EQ(shown(global("__builtin__", "set") + "](K\1e\x85R."), "{1,}");
  EXPECT_EQ(shown(global("collections", "OrderedDict") + ")R(K\1K\2u}b."), "{1,2,}");
  EXPECT_EQ(shown(global("collections", "OrderedDict") + "](](K\1K\2ee\x85R."), "{1,2,}");
  EXPECT_EQ(shown(global("collections", "defaultdict") + global("__builtin__", "list") + "\x85RK\1K\2s."),
            "{1,2,}");
}

TEST(Pickle, StackAndMemo) {
  EXPECT_EQ(shown("K\1K\2"
                  "0."),
            "1");
  EXPECT_EQ(shown("K\1(K\2"
                  "1."),
            "1");
  EXPECT_EQ(shown("K\1"
                  "2\x86."),
            "(1,1,)");
  EXPECT_EQ(shown("K\1q\5K\2h\5\x86\x86."), "(1,(2,1,),)");
  EXPECT_EQ(shown("K\1p7\nK\2g7\n\x87."), "(1,2,1,)");
  EXPECT_EQ(shown("K\1r" + little_endian(7, 4) + "K\2j" + little_endian(7, 4) + "\x87."), "(1,2,1,)");
  EXPECT_EQ(shown("\x80\4K\1\x94K\2\x94h\1h" + bytes({0}) + "\x86\x87."), "(1,2,(2,1,),)");
  EXPECT_EQ(shown("\x80\4\x95" + little_endian(3, 8) + "K\1."), "1");
}

TEST(Pickle, NothingIsCalled) {
  const std::string marker = "/tmp/focus_detr_pickle_was_here";
  std::filesystem::remove(marker);
  EXPECT_EQ(shown(global("posix", "system") + text("touch " + marker) + "\x85R."),
            "object<posix.system,('touch " + marker + "',),None,>");
  EXPECT_EQ(shown(global("builtins", "eval") + text("1/0") + "\x85\x81."),
            "object<builtins.eval,('1/0',),None,>");
  EXPECT_EQ(shown("(K\1ia\nb\n."), "object<a.b,(1,),None,>");
  EXPECT_EQ(shown("(" + global("a", "b") + "K\1o."), "object<a.b,(1,),None,>");
  EXPECT_EQ(shown(text("a") + text("b") + "\x93)R}b."), "object<a.b,(),{},>");
  EXPECT_EQ(shown(global("a", "b") + ")}\x92."), "object<a.b,(),None,{},>");
  EXPECT_EQ(shown(global("a", "b") + ")R(K\1K\2u."), "object<a.b,(),None,1,2,>");
  EXPECT_EQ(shown("\x82\7."), "extension registry.7");
  EXPECT_EQ(shown("Pid\n."), "pid<'id',>");
  EXPECT_EQ(shown("K\1Q."), "pid<1,>");
  EXPECT_FALSE(std::filesystem::exists(marker));
}

TEST(Pickle, LongTextStaysInTheSource) {
  std::string content(200'000, '\0');
  for (size_t i = 0; i < content.size(); ++i) content[i] = static_cast<char>(i * 7);
  const Pickle pickle = parse("B" + little_endian(content.size(), 4) + content + ".");
  EXPECT_TRUE(pickle[pickle.root()].text.empty());
  std::string back(content.size(), '\0');
  EXPECT_TRUE(pickle.read_text(pickle.root(), back.data(), back.size()));
  EXPECT_EQ(back, content);
  EXPECT_FALSE(pickle.read_text(pickle.root(), back.data(), back.size() - 1));

  std::string utf8;
  for (const char c : content) {
    const auto byte = static_cast<uint8_t>(c);
    if (byte < 0x80) {
      utf8 += c;
    } else {
      utf8 += static_cast<char>(0xc0 | byte >> 6);
      utf8 += static_cast<char>(0x80 | (byte & 0x3f));
    }
  }
  const Pickle old = parse(global("_codecs", "encode") + text(utf8) + text("latin1") + "\x86R.");
  back.assign(content.size(), '\0');
  EXPECT_TRUE(old.read_text(old.root(), back.data(), back.size()));
  EXPECT_EQ(back, content);
  EXPECT_FALSE(old.read_text(old.root(), back.data(), back.size() - 1));
}

TEST(Pickle, DepthAndCyclesCostNothing) {
  const std::string deep(100'000, ']');
  EXPECT_EQ(error_of(deep + std::string(99'999, 'a') + "."), "");
  EXPECT_EQ(error_of("N" + std::string(1'000'000, '\x85') + "."), "");
  const Pickle cycle = parse("]q\1h\1a.");
  EXPECT_EQ(cycle[cycle.root()].items[0], cycle.root());
}

TEST(Pickle, BombsAreRefused) {
  EXPECT_NE(error_of(std::string(5'000'000, ']')).find("values"), std::string::npos);
  // A list of ten doubled again and again: shared, so it needs no memory.
  std::string shared = "](K\1K\1K\1K\1K\1K\1K\1K\1K\1K\1e";
  for (int i = 0; i < 10'000; ++i) shared += "2\x86";
  EXPECT_EQ(error_of(shared + "."), "");
  // One long list made into sets over and over: those are copies.
  std::string copies = "](" + std::string(100'000, 'N') +
                       "e\x85q\1"
                       "0" +
                       global("builtins", "set") +
                       "q\2"
                       "0(";
  for (int i = 0; i < 100'000; ++i) copies += "h\2h\1R";
  EXPECT_NE(error_of(copies + "t.").find("repeats the same content"), std::string::npos);
}

TEST(Pickle, DamageIsNamed) {
  const struct {
    std::string bytes;
    const char* message;
  } cases[] = {
      {"", "ends at byte 0"},
      {".", "missing on the stack"},
      {"K\1K\2.", "values left"},
      {"(K\1.", "values left"},
      {"K\1(000.", "missing on the stack"},
      {"(0K\1t.", "mark is missing"},
      {"K\1a.", "missing on the stack"},
      {"K\1K\2a.", "added to a int"},
      {"](K\1K\2u.", "added to a list"},
      {"}(K\1u.", "has no value"},
      {"(K\1d.", "has no value"},
      {"h\1.", "never stored"},
      {"g-1\n.", "never stored"},
      {"gx\n.", "not a number"},
      {"I1x\n.", "not a number"},
      {"L\n.", "not a number"},
      {"Fx\n.", "not a number"},
      {"Sx\n.", "not a string"},
      {"V\\u12\n.", "not a string"},
      {"q\1.", "missing on the stack"},
      {"\xff.", "unknown instruction 0xff"},
      {bytes({0x80, 9}) + "N.", "protocol 9"},
      {bytes({0x95}) + little_endian(uint64_t{1} << 60, 8) + "N.", "frame goes beyond"},
      {bytes({0x8d}) + little_endian(uint64_t{1} << 60, 8) + "a.", "string of 1152921504606846976 bytes"},
      {"X\xff\xff\xff\xff"
       "a.",
       "string of 4294967295 bytes"},
      {bytes({0x8b, 255, 255, 255, 255}) + ".", "number goes beyond"},
      {bytes({0x97}) + ".", "buffers"},
      {"NN\x93.", "not a string"},
      {"(o.", "has no class"},
      {global("_codecs", "encode") + text("\xc4\x80") + text("latin1") + "\x86R.", "a character above 255"},
  };
  for (const auto& c : cases) {
    const std::string error = error_of(c.bytes);
    EXPECT_NE(error.find(c.message), std::string::npos) << c.message << ": " << error;
    EXPECT_EQ(error.rfind("p: ", 0), 0u) << error;
  }
}

TEST(Pickle, EveryTruncationIsRefused) {
  const std::string whole = "\x80\4\x95" + little_endian(0, 8) + dict({{"a", number(3)}, {"b", "](K\1e"}}) +
                            global("x", "y") + ")RC\2hi\x87.";
  EXPECT_EQ(error_of(whole), "");
  for (size_t length = 0; length < whole.size(); ++length) {
    EXPECT_NE(error_of(whole.substr(0, length)), "") << length;
  }
}

TEST(Pickle, FindTakesTheLastOfAKey) {
  const Pickle pickle = parse(dict({{"a", "K\1"}, {"b", "K\2"}, {"a", "K\3"}}) + ".");
  EXPECT_EQ(pickle.integer(*pickle.find(pickle.root(), "a")), 3);
  EXPECT_FALSE(pickle.find(pickle.root(), "c"));
}

}  // namespace
