// The two styles of scenes of codes.
#pragma once

namespace focus::scenes {

/// The styles have no backgrounds, surfaces or look-alikes in common, so that a model trained on one can be
/// measured on surroundings that it has not seen. Codes, text, light and cameras are the same in both.
enum class CodesStyle { kEveryday, kHeldOut };

}  // namespace focus::scenes
