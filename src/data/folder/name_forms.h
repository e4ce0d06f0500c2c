// File names that people consider the same but the system does not: "é" as one character (NFC, as on most
// systems) or as two (NFD, as on a Mac), "A.TXT" and "a.txt", "a%20b.jpg" and "a b.jpg".
#pragma once

#include <string>
#include <string_view>

namespace focus::data {

/// True if this program was built with utf8proc, without which names are compared byte by byte.
bool knows_unicode_forms();

/// The name in Unicode's composed form (NFC); unchanged if it is not UTF-8.
std::string composed_name(const std::string& name);

/// The name in a form that does not depend on case, composed.
std::string folded_name(const std::string& name);

/// The composed name with its extension in lower case.
std::string alike_name(const std::string& name);

/// "%20" and the like replaced by what they stand for.
std::string percent_decoded(std::string_view name);

/// True for two names that differ, but not once "%20" and the like are decoded.
bool differ_in_encoding(const std::string& a, const std::string& b);

}  // namespace focus::data
