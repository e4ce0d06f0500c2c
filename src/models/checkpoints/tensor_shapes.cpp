#include "models/checkpoints/tensor_shapes.h"

#include "base/error.h"

namespace focus::models {

int64_t TensorShapes::size(const std::string& name, int64_t dims, int64_t dim) const {
  const auto found = tensors_.find(name);
  if (found == tensors_.end()) {
    refuse_unread(names_, unread_, {name}, path_);
    fail("{}: tensor '{}' is missing, so the options of the model cannot be derived; is the file complete?",
         path_, name);
  }
  if (found->second.dim() != dims) {
    fail("{}: tensor '{}' has shape [{}], which is not {}-dimensional", path_, name,
         fmt::join(found->second.sizes(), ", "), dims);
  }
  return found->second.size(dim);
}

void TensorShapes::expect(const std::string& name, const std::vector<int64_t>& shape) const {
  size(name, static_cast<int64_t>(shape.size()), 0);
  const auto sizes = tensors_.at(name).sizes();
  if (sizes != at::IntArrayRef(shape)) {
    fail("{}: tensor '{}' has shape [{}], the other tensors need [{}]; is the file damaged?", path_, name,
         fmt::join(sizes, ", "), fmt::join(shape, ", "));
  }
}

}  // namespace focus::models
