#include "nn/reference_path.h"

namespace focus::nn {
namespace {

thread_local int living_reference_paths = 0;

}  // namespace

ReferencePath::ReferencePath() { ++living_reference_paths; }

ReferencePath::~ReferencePath() { --living_reference_paths; }

bool ReferencePath::active() { return living_reference_paths > 0; }

}  // namespace focus::nn
