// multipart/form-data (RFC 7578).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "http/error.h"

namespace focus::http {

/// A part of a form; its content is a view of the request's body.
struct Part {
  std::string name;                      ///< of the form's field
  std::optional<std::string> file_name;  ///< none: the part is a plain field, not a file
  std::string type;                      ///< its Content-Type; may be empty
  std::string_view content;              ///< within the body
};

/// The boundary of a Content-Type "multipart/form-data; boundary=..."; none for another type. Throws
/// HttpError 400 if a type multipart/form-data has no boundary, or an invalid one.
std::optional<std::string> form_boundary(std::string_view content_type);

/// The parts in the order sent. Throws HttpError 400, saying what is wrong with the body, 413 for more than
/// `max_parts`.
std::vector<Part> read_form(std::string_view body, const std::string& boundary, size_t max_parts);

}  // namespace focus::http
