// Which world a scene of codes is set in.
#pragma once

namespace focus::scenes {

/// What one style has as backgrounds, surfaces and look-alikes the other lacks, so that a model trained in
/// the first can be measured in a world it has not seen. Codes, text, light and cameras are common to both.
enum class CodesStyle { kEveryday, kHeldOut };

}  // namespace focus::scenes
