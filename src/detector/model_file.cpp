#include "detector/model_file.h"

#include <algorithm>

#include "base/error.h"
#include "base/human.h"
#include "base/json.h"
#include "io/safetensors/safetensors.h"
#include "models/architectures.h"
#include "models/checkpoints/name_maps.h"
#include "models/checkpoints/state_dict.h"
#include "nn/initialise.h"

namespace focus::detector {
namespace {

constexpr const char* kKey = "focus_detr";
constexpr int64_t kFormat = 1;
constexpr const char* kTrainingImagesFormerly =
    "training_pictures";  ///< What older files call the field 'training_images'.

/// Architecture names are stored with underscores, as in the first files.
std::string stored_name(std::string architecture) {
  std::replace(architecture.begin(), architecture.end(), '-', '_');
  return architecture;
}

/// The architecture a description names. Throws Error if it is unknown.
std::string read_architecture(const nlohmann::json& description, const std::string& source) {
  const auto found = description.value("architecture", nlohmann::json());
  for (const auto& name : models::architecture_names()) {
    if (found == stored_name(name)) return name;
  }
  fail("{}: architecture is {}; this program runs {}", source, in_quotes(found.dump()),
       fmt::join(models::architecture_names(), ", "));
}

/// `text` without folders if it is a path: a model file tells what it was made from, not on whose computer.
std::string without_folders(const std::string& text) {
  const bool is_path = text.starts_with('/') || text.starts_with('~') || text.starts_with("\\\\") ||
                       text.starts_with("./") || text.starts_with("../") ||
                       (text.size() > 2 && text[1] == ':' && (text[2] == '\\' || text[2] == '/'));
  if (!is_path) return text;
  const size_t end = text.find_last_not_of("/\\");
  if (end == std::string::npos) return "";
  return text.substr(0, end + 1).substr(text.find_last_of("/\\", end) + 1);
}

nlohmann::json without_folders(nlohmann::json tree) {
  std::vector<nlohmann::json*> waiting{&tree};
  while (!waiting.empty()) {
    auto& node = *waiting.back();
    waiting.pop_back();
    if (node.is_string()) {
      node = without_folders(node.get_ref<const std::string&>());
    } else if (node.is_structured()) {
      for (auto& value : node) waiting.push_back(&value);
    }
  }
  return tree;
}

/// The provenance with file names only: these two options are paths even where they do not look like one.
nlohmann::json told_provenance(const nlohmann::json& provenance) {
  auto told = without_folders(provenance);
  for (const char* option : {"/run/start/model", "/run/start/backbone_weights"}) {
    const nlohmann::json::json_pointer at(option);
    if (!told.contains(at) || !told[at].is_string()) continue;
    told[at] = std::filesystem::path(told[at].get<std::string>()).filename().string();
  }
  return told;
}

nlohmann::json description(const ModelInfo& info) {
  auto categories = nlohmann::json::array();
  for (const auto& category : info.categories)
    categories.push_back({{"id", category.id}, {"name", category.name}});
  nlohmann::json json = {{"format", kFormat},
                         {"architecture", stored_name(info.model.architecture)},
                         {"model", options_to_json(info.model)},
                         {"preprocess", options_to_json(info.preprocess)},
                         {"exif_orientation", images::option_of(info.reading)},
                         {"categories", categories},
                         {"provenance", told_provenance(info.provenance)}};
  if (info.calibration.images > 0) json["calibration"] = info.calibration.to_json();
  return json;
}

/// In files older than this field, the options of the training run say it, if `train` wrote the file.
images::ImageReading read_reading(const nlohmann::json& description, const nlohmann::json& provenance,
                                  const std::string& source) {
  const auto field = description.find("exif_orientation");
  if (field != description.end()) {
    return images::image_reading_of(field->is_string() ? field->get<std::string>() : field->dump(), source);
  }
  const auto option = nlohmann::json::json_pointer("/run/loader/exif_orientation");
  const bool turned = provenance.contains(option) && provenance.at(option) == true;
  return turned ? images::ImageReading::kUpright : images::ImageReading::kByDataset;
}

ModelInfo parse_description(const std::string& text, const std::string& source) {
  const auto json = parse_json(text, source + ": metadata '" + kKey + "'");
  if (!json.is_object()) fail("{}: metadata '{}' is not a JSON object; is the file damaged?", source, kKey);
  const auto format = json.find("format");
  if (format == json.end() || !format->is_number_integer()) fail("{}: metadata has no format number", source);
  if (format->get<int64_t>() > kFormat) {
    fail("{}: model format {} is newer than this program's {}; update focus-detr", source,
         format->get<int64_t>(), kFormat);
  }
  const auto architecture = read_architecture(json, source);
  ModelInfo info;
  const auto read_options = [&](const char* name, auto& options) {
    const auto found = json.find(name);
    if (found == json.end()) fail("{}: metadata has no '{}' options", source, name);
    OptionTable table;
    options.describe(table);
    try {
      table.set_json(*found, source + ": " + name);
    } catch (const UsageError& error) {
      throw Error(error.what());  // The file is wrong, not the command.
    }
  };
  read_options("model", info.model);
  if (info.model.architecture != architecture) {
    fail("{}: architecture is {}, but its model options say {}", source,
         in_quotes(json["architecture"].dump()), info.model.architecture);
  }
  read_options("preprocess", info.preprocess);
  try {
    images::Preprocess check(info.preprocess);
  } catch (const UsageError& error) {
    fail("{}: {}", source, error.what());
  }
  const auto categories = json.find("categories");
  if (categories == json.end() || !categories->is_array())
    fail("{}: metadata has no list of categories", source);
  for (const auto& entry : *categories) {
    const bool good = entry.is_object() && entry.contains("id") && entry["id"].is_number_integer() &&
                      entry.contains("name") && entry["name"].is_string();
    if (!good) fail("{}: category {} needs an integer 'id' and a text 'name'", source, entry.dump());
    info.categories.push_back({entry["id"].get<int64_t>(), entry["name"].get<std::string>()});
  }
  if (static_cast<int64_t>(info.categories.size()) != info.model.classes) {
    fail("{}: {} categories for {} classes", source, info.categories.size(), info.model.classes);
  }
  info.provenance = json.value("provenance", nlohmann::json::object());
  if (info.provenance.contains(kTrainingImagesFormerly)) {
    info.provenance["training_images"] = info.provenance[kTrainingImagesFormerly];
    info.provenance.erase(kTrainingImagesFormerly);
  }
  info.reading = read_reading(json, info.provenance, source);
  const auto calibration = json.find("calibration");
  if (calibration != json.end()) info.calibration = Calibration::from_json(*calibration, source);
  return info;
}

/// A malicious file must not make us build a model far larger than itself: before anything is allocated, the
/// sizes that matter are checked against tensors that the file really contains.
void check_sizes(const ModelInfo& info, const models::StateDict& tensors,
                 const std::map<std::string, std::string>& unread, const std::string& source) {
  const auto expect = [&](const std::string& name, std::vector<int64_t> shape) {
    const auto found = tensors.find(name);
    if (found == tensors.end()) {
      models::refuse_unread(models::name_map("detrex"), unread, {name}, source);
      fail("{}: tensor '{}' is missing; is the file complete?", source, name);
    }
    if (found->second.sizes() != at::IntArrayRef(shape)) {
      fail("{}: tensor '{}' has shape [{}], the options in its metadata need [{}]", source, name,
           fmt::join(found->second.sizes(), ", "), fmt::join(shape, ", "));
    }
  };
  for (const auto& [name, shape] :
       models::find_architecture(info.model.architecture).telling_shapes(info.model))
    expect(name, shape);
}

LoadedModel build(ModelInfo info, io::TensorFile&& file, const std::string& source) {
  LoadedModel loaded;
  loaded.info = std::move(info);
  models::StateDict tensors;
  for (auto& [name, tensor] : file.tensors) {
    const auto to = models::canonical_name(name, loaded.info.model.transformer.decoder_layers);
    tensors[to.empty() ? name : to] = std::move(tensor);
  }
  check_sizes(loaded.info, tensors, file.unread, source);
  try {
    const nn::WithoutInitialisation all_is_in_the_file;
    loaded.model = models::make_detector(loaded.info.model);
  } catch (const UsageError& error) {
    fail("{}: {}", source, error.what());
  }
  models::check_weights(*loaded.model, tensors, source);
  const auto report = models::give_state_dict(*loaded.model, std::move(tensors), source);
  models::refuse_unread(models::name_map("detrex"), file.unread, report.missing, source);
  if (!report.missing.empty()) {
    fail("{}: {} tensors are missing, the first is '{}'", source, report.missing.size(),
         report.missing.front());
  }
  if (!report.unexpected.empty()) {
    fail("{}: {} tensors have no place in the model, the first is '{}'", source, report.unexpected.size(),
         report.unexpected.front());
  }
  loaded.model->eval();
  return loaded;
}

}  // namespace

void save_model(const std::filesystem::path& path, const models::Detector& model, const ModelInfo& info) {
  io::TensorFile file;
  file.tensors = models::state_dict(model);
  file.metadata = model_metadata(info);
  io::write_safetensors(path, file);
}

LoadedModel load_model(const std::filesystem::path& path) {
  auto file = io::read_safetensors(path);
  io::restore_aliases(file);
  const auto found = file.metadata.find(kKey);
  if (found == file.metadata.end()) {
    fail("{}: not a Focus-DETR model file (its metadata has no '{}'); train or convert one first",
         path.string(), kKey);
  }
  auto info = parse_description(found->second, path.string());
  return build(std::move(info), std::move(file), path.string());
}

std::map<std::string, std::string> model_metadata(const ModelInfo& info) {
  return {{kKey, description(info).dump()}};
}

std::optional<ModelInfo> find_model_info(const std::map<std::string, std::string>& metadata,
                                         const std::string& source) {
  const auto found = metadata.find(kKey);
  if (found == metadata.end()) return std::nullopt;
  return parse_description(found->second, source);
}

LoadedModel load_tensors(const std::filesystem::path& path, ModelInfo info) {
  return build(std::move(info), io::read_safetensors(path), path.string());
}

}  // namespace focus::detector
