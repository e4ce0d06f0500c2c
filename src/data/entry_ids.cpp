#include "data/entry_ids.h"

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>
#include <string_view>

#include "base/numbers.h"

namespace focus::data {
namespace {

constexpr int64_t kLowest = std::numeric_limits<int64_t>::min();
// Provisional numbers of texts lie below this; an integer as low as that is handled like text, which is
// harmless.
constexpr int64_t kFirstNumber = kLowest + (int64_t{1} << 40);

/// The number that is usually written as `text`: exists for "12", but not for "012" or "+12".
std::optional<int64_t> number_of_text(std::string_view text) {
  const auto number = parse_number<int64_t>(text);
  return number && std::to_string(*number) == text ? number : std::nullopt;
}

/// The part between the quotes of a JSON string; nothing for a number.
std::optional<std::string_view> unquoted(const std::string& token) {
  if (token.size() < 2 || token.front() != '"') return {};
  return std::string_view(token).substr(1, token.size() - 2);
}

std::string cut(std::string text) {
  constexpr size_t kLongest = 60;
  if (text.size() > kLongest) text.replace(kLongest - 3, std::string::npos, "...");
  return text;
}

}  // namespace

void EntryIds::add(int64_t stand_in, std::string token) {
  stand_ins_.emplace(token, stand_in);
  tokens_.emplace(stand_in, std::move(token));
}

std::string EntryIds::json_of(int64_t id) const {
  const auto found = tokens_.find(id);
  return found == tokens_.end() ? std::to_string(id) : found->second;
}

nlohmann::json EntryIds::value_of(int64_t id) const {
  const auto found = tokens_.find(id);
  if (found == tokens_.end()) return id;
  return unquoted(found->second) ? nlohmann::json::parse(found->second) : nlohmann::json(found->second);
}

std::string EntryIds::shown(int64_t id) const { return cut(json_of(id)); }

std::optional<StatedId> EntryIds::other_writing(const StatedId& id) {
  if (id.token.empty()) return StatedId{0, '"' + std::to_string(id.number) + '"'};
  if (const auto text = unquoted(id.token)) {
    if (const auto number = number_of_text(*text)) return StatedId{*number, {}};
    const bool digits = !text->empty() &&
                        std::all_of(text->begin(), text->end(), [](char c) { return c >= '0' && c <= '9'; });
    return digits ? std::optional(StatedId{0, std::string(*text)}) : std::nullopt;
  }
  return StatedId{0, '"' + id.token + '"'};
}

std::string shown(const StatedId& id) { return id.token.empty() ? std::to_string(id.number) : cut(id.token); }

int64_t IdsInTheMaking::provisional(const StatedId& id) {
  if (id.token.empty() && id.number >= kFirstNumber) return id.number;
  std::string token = id.token.empty() ? std::to_string(id.number) : id.token;
  const auto [entry, fresh] =
      provisional_.emplace(std::move(token), kLowest + static_cast<int64_t>(tokens_.size()));
  if (fresh) tokens_.push_back(entry->first);
  return entry->second;
}

StatedId IdsInTheMaking::stated(int64_t provisional) const {
  if (provisional >= kFirstNumber) return {provisional, {}};
  return {0, tokens_.at(static_cast<size_t>(provisional - kLowest))};
}

void IdsInTheMaking::settle(bool keep_numbers) {
  std::vector<int64_t> texts;
  std::unordered_set<int64_t> taken;
  for (const int64_t id : claimed_) {
    if (id < kFirstNumber) {
      texts.push_back(id);
    } else {
      taken.insert(id);
    }
  }
  const auto token_of = [&](int64_t id) -> const std::string& {
    return tokens_[static_cast<size_t>(id - kLowest)];
  };
  std::sort(texts.begin(), texts.end(), [&](int64_t a, int64_t b) { return token_of(a) < token_of(b); });
  const auto own_number = [&](int64_t id) -> std::optional<int64_t> {
    const auto text = unquoted(token_of(id));
    const auto number = text ? number_of_text(*text) : std::nullopt;
    return number && !taken.contains(*number) ? number : std::nullopt;
  };
  const bool numbers = keep_numbers && std::all_of(texts.begin(), texts.end(), own_number);
  int64_t next = 1;
  for (const int64_t id : texts) {
    while (!numbers && taken.contains(next)) ++next;
    const int64_t number = numbers ? *own_number(id) : next++;
    final_.emplace(id, number);
    settled_.add(number, token_of(id));
  }
}

int64_t IdsInTheMaking::settled(int64_t provisional) const {
  return provisional >= kFirstNumber ? provisional : final_.at(provisional);
}

}  // namespace focus::data
