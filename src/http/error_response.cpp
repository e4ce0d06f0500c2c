#include "http/error_response.h"

#include <new>
#include <nlohmann/json.hpp>

#include "http/error.h"

namespace focus::http {

Response error_response(int status, const std::string& message) {
  Response response;
  response.status = status;
  // Only a JSON string: objects of this library allocate memory in their destructor, which ends the program
  // when memory is short.
  const nlohmann::json text(message);
  response.body = "{\"error\":" + text.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "}";
  if (status == 503) response.headers.add("Retry-After", "1");
  return response;
}

Response error_response(const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const HttpError& known) {
    return error_response(known.status(), known.what());
  } catch (const UsageError& misuse) {
    return error_response(400, misuse.what());
  } catch (const std::bad_alloc&) {
    return error_response(503, "the server is short of memory; try again");
  } catch (const std::exception& other) {
    return error_response(500, other.what());
  } catch (...) {
    return error_response(500, "the server failed for an unknown reason");
  }
}

}  // namespace focus::http
