#include "serve/model_repository.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <mutex>
#include <optional>

#include "base/error.h"
#include "base/human.h"
#include "detector/model_file.h"
#include "serve/memory_short.h"
#include "serve/model_source.h"

namespace focus::serve {
class ModelRepository::Impl {
 public:
  Impl(const std::vector<std::string>& sources, const detector::Placement& placement,
       std::vector<ModelChange>* changes)
      : placement_(placement) {
    if (sources.empty()) fail_usage("there is no model to serve; name one with --model");
    for (const auto& text : sources) sources_.push_back(model_source(text));
    std::map<std::string, std::filesystem::path> names;
    std::string why_none;
    for (size_t i = 0; i < sources_.size(); ++i) {
      for (const auto& file : models_of(sources_[i])) {
        const auto [at, first] = names.emplace(file.name, file.path);
        if (!first) {
          fail_usage("two models have the name '{}': {} and {}; rename one of them: --model NAME=FILE",
                     file.name, in_quotes(at->second.string()), in_quotes(file.path.string()));
        }
      }
    }
    for (size_t i = 0; i < sources_.size(); ++i) {
      for (const auto& file : models_of(sources_[i])) {
        if (!sources_[i].folder) {
          add_first(i, file);
          continue;
        }
        if (auto change = look_at(i, file)) {
          if (change->what == ModelChange::What::kFailed && why_none.empty()) why_none = change->message;
          if (changes != nullptr) changes->push_back(std::move(*change));
        }
      }
    }
    if (list()->empty()) {
      if (!why_none.empty()) fail("{}: none of its models can be loaded: {}", folders(), why_none);
      fail("{}: no model in this folder; models are files *{}", folders(), kModelExtension);
    }
  }

  std::shared_ptr<const Models> list() const {
    const std::lock_guard lock(mutex_);
    return models_;
  }

  std::vector<ModelChange> scan() {
    const std::lock_guard one_at_a_time(scanning_);
    std::vector<ModelChange> changes;
    for (size_t i = 0; i < sources_.size(); ++i) {
      std::vector<ModelFile> files;
      try {
        files = models_of(sources_[i]);
        unreadable_.erase(i);
      } catch (const Error& error) {
        if (unreadable_.emplace(i, error.what()).second) {
          changes.push_back({ModelChange::What::kFailed, "", error.what()});
        }
        continue;
      }
      drop_others(i, files, changes);
      for (const auto& file : files) {
        if (auto change = look_at(i, file)) changes.push_back(std::move(*change));
      }
    }
    return changes;
  }

 private:
  /// The state of a model's file.
  struct Known {
    std::optional<FileStamp> seen;      ///< version that is served, or that could not be loaded
    std::optional<FileStamp> reported;  ///< version that was reported as wrong
    ServedModelPointer model;           ///< none if no version could be loaded
  };
  using Key = std::pair<size_t, std::string>;  ///< source, name

  std::string folders() const {
    std::string all;
    for (const auto& source : sources_) all += (all.empty() ? "" : ", ") + source.path.string();
    return all;
  }

  ServedModelPointer load(const ModelFile& file, const ServedModelPointer& before) const {
    auto model = std::make_shared<ServedModel>();
    model->name = file.name;
    model->detector = std::make_shared<detector::Detector>(detector::load_model(file.path), placement_);
    model->categories = model->detector->info().categories;
    if (before) model->statistics = before->statistics;
    return model;
  }

  /// Loads a file that was named explicitly; throws if it cannot be loaded.
  void add_first(size_t source, const ModelFile& file) {
    auto& known = known_[{source, file.name}];
    known.seen = stamp_of(file.path);
    known.model = load(file, nullptr);
    publish();
  }

  /// Loads a file if it is new or has changed.
  std::optional<ModelChange> look_at(size_t source, const ModelFile& file) {
    using What = ModelChange::What;
    const auto now = stamp_of(file.path);
    auto& known = known_[{source, file.name}];
    if (!now || now == known.seen) return std::nullopt;
    const auto failed = [&](const std::string& why) -> std::optional<ModelChange> {
      if (known.reported == now) return std::nullopt;
      known.reported = now;
      return ModelChange{What::kFailed, file.name,
                         why + (known.model ? "; the previous model stays" : "; it is not served")};
    };
    if (!is_model_name(file.name)) return failed(fmt::format("{}: {}", file.path.string(), kModelNameRule));
    if (const auto other = find(file.name); other && other != known.model) {
      return failed(fmt::format("{}: there is another model '{}'", file.path.string(), file.name));
    }
    try {
      auto loaded = load(file, known.model);
      // The file changed while it was read: the model may be half old, half new.
      if (stamp_of(file.path) != now) return std::nullopt;
      const bool first = known.model == nullptr;
      known = {now, std::nullopt, std::move(loaded)};
      publish();
      return ModelChange{first ? What::kLoaded : What::kReloaded, file.name,
                         file.path.string() + (first ? ": loaded" : ": reloaded")};
    } catch (const std::exception& error) {
      if (stamp_of(file.path) != now) return std::nullopt;
      // Lack of memory may pass: try again at the next scan.
      if (!is_memory_short(std::current_exception())) known.seen = now;
      return failed(error.what());
    }
  }

  /// Drops the models of a folder whose files are gone.
  void drop_others(size_t source, const std::vector<ModelFile>& files, std::vector<ModelChange>& changes) {
    if (!sources_[source].folder) return;
    for (auto at = known_.lower_bound({source, ""}); at != known_.end() && at->first.first == source;) {
      const auto& name = at->first.second;
      const bool stays =
          std::any_of(files.begin(), files.end(), [&](const ModelFile& file) { return file.name == name; });
      if (stays) {
        ++at;
        continue;
      }
      const bool served = at->second.model != nullptr;
      const auto path = sources_[source].path / (name + kModelExtension);
      if (served)
        changes.push_back({ModelChange::What::kDropped, name, path.string() + ": gone; no longer served"});
      at = known_.erase(at);
      if (served) publish();
    }
  }

  ServedModelPointer find(const std::string& name) const {
    for (const auto& [key, known] : known_) {
      if (key.second == name && known.model) return known.model;
    }
    return nullptr;
  }

  void publish() {
    auto models = std::make_shared<Models>();
    for (const auto& entry : known_) {
      if (entry.second.model) models->push_back(entry.second.model);
    }
    std::shared_ptr<const Models> before = std::move(models);
    const std::lock_guard lock(mutex_);
    models_.swap(before);
  }

  detector::Placement placement_;
  std::vector<ModelSource> sources_;
  std::mutex scanning_;
  std::map<Key, Known> known_;                ///< in the order of sources and names
  std::map<size_t, std::string> unreadable_;  ///< folders already reported as unreadable
  mutable std::mutex mutex_;
  std::shared_ptr<const Models> models_ = std::make_shared<Models>();
};

ModelRepository::ModelRepository(const std::vector<std::string>& sources,
                                 const detector::Placement& placement, std::vector<ModelChange>* changes)
    : impl_(std::make_unique<Impl>(sources, placement, changes)) {}

ModelRepository::~ModelRepository() = default;

ServedModelPointer ModelRepository::find(const std::string& name) const {
  const auto models = impl_->list();
  const auto found = std::find_if(models->begin(), models->end(),
                                  [&](const ServedModelPointer& model) { return model->name == name; });
  return found == models->end() ? nullptr : *found;
}

ServedModelPointer ModelRepository::first() const {
  const auto models = impl_->list();
  return models->empty() ? nullptr : models->front();
}

ModelRepository::Models ModelRepository::list() const { return *impl_->list(); }

std::vector<ModelChange> ModelRepository::scan() { return impl_->scan(); }

}  // namespace focus::serve
