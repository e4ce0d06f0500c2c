// What is said of image bytes that cannot be decoded.
#pragma once

#include <string>

#include "base/error.h"
#include "images/decode.h"
#include "images/image_bytes.h"

namespace focus::test {

/// The message for a file named "photo"; empty if it can be decoded.
inline std::string decode_error(const Bytes& file) {
  try {
    images::decode_image(file, "photo");
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

}  // namespace focus::test
