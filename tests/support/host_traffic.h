// What a device would wait for: values that go to it or come back from it while a model runs.
#pragma once

#include <c10/core/Device.h>

#include <string>
#include <vector>

namespace focus::test {

/// While one lives, notes the operations of the calling thread that bring a tensor to a device or back, or
/// ask a device for a value or for how many there are. One may live at a time.
class HostTraffic {
 public:
  explicit HostTraffic(c10::Device device);
  ~HostTraffic();
  HostTraffic(const HostTraffic&) = delete;
  HostTraffic& operator=(const HostTraffic&) = delete;

  /// Names and shapes, in order.
  const std::vector<std::string>& seen() const;

 private:
  uint64_t callback_;
};

}  // namespace focus::test
