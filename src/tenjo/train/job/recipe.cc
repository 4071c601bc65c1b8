#include "tenjo/train/job/recipe.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#define TOML_EXCEPTIONS 1
#include <toml++/toml.h>
#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <limits>
#include <numbers>
#include <optional>
#include <set>
#include <sstream>
#include <utility>

#include "tenjo/base/atomic_file.h"
#include "tenjo/base/error.h"
#include "tenjo/base/text.h"

namespace tenjo {
namespace {

constexpr double kHuge = 1e15;

// A table of the recipe: takes keys by name and type, and knows which were never asked for.
class Section {
 public:
  Section(const toml::table* table, std::string file, std::string name)
      : table_(table), file_(std::move(file)), name_(std::move(name)) {}

  [[noreturn]] void Fail(const toml::node* node, const std::string& key,
                         const std::string& what) const {
    const auto line = node != nullptr ? node->source().begin.line : 0;
    throw Error(line > 0 ? fmt::format("{}:{}: {} {}", file_, line, Key(key), what)
                         : fmt::format("{}: {} {}", file_, Key(key), what));
  }

  const toml::node* Take(const std::string& key) {
    seen_.insert(key);
    return table_ == nullptr ? nullptr : table_->get(key);
  }

  void Text(const std::string& key, std::string* value) {
    if (const toml::node* node = Take(key)) {
      if (!node->is_string()) {
        Fail(node, key, "must be a text.");
      }
      *value = node->as_string()->get();
    }
  }

  void Path(const std::string& key, std::filesystem::path* value) {
    std::string text = value->string();
    Text(key, &text);
    *value = text;
  }

  void Flag(const std::string& key, bool* value) {
    if (const toml::node* node = Take(key)) {
      if (!node->is_boolean()) {
        Fail(node, key, "must be true or false.");
      }
      *value = node->as_boolean()->get();
    }
  }

  template <typename T>
  void Number(const std::string& key, T* value, double low, double high) {
    const toml::node* node = Take(key);
    if (node == nullptr) {
      return;
    }
    std::optional<double> number;
    if (node->is_integer()) {
      number = static_cast<double>(node->as_integer()->get());
    } else if (node->is_floating_point() && std::is_floating_point_v<T>) {
      number = node->as_floating_point()->get();
    }
    if (!number || !(*number >= low && *number <= high)) {
      Fail(node, key,
           fmt::format("must be a {} from {} to {}.",
                       std::is_floating_point_v<T> ? "number" : "whole number", low, high));
    }
    *value = static_cast<T>(*number);
  }

  // One of several words.
  template <typename T>
  void Choice(const std::string& key, T* value,
              const std::vector<std::pair<std::string, T>>& choices) {
    const toml::node* node = Take(key);
    if (node == nullptr) {
      return;
    }
    std::vector<std::string> words;
    for (const auto& [word, choice] : choices) {
      if (node->is_string() && node->as_string()->get() == word) {
        *value = choice;
        return;
      }
      words.push_back(word);
    }
    Fail(node, key, fmt::format("must be one of {}.", fmt::join(words, ", ")));
  }

  void Texts(const std::string& key, std::vector<std::string>* values) {
    if (const toml::node* node = Take(key)) {
      if (!node->is_array()) {
        Fail(node, key, "must be a list of texts.");
      }
      values->clear();
      for (const toml::node& item : *node->as_array()) {
        if (!item.is_string()) {
          Fail(&item, key, "must be a list of texts.");
        }
        values->push_back(item.as_string()->get());
      }
    }
  }

  void Wholes(const std::string& key, std::vector<std::int64_t>* values) {
    if (const toml::node* node = Take(key)) {
      if (!node->is_array()) {
        Fail(node, key, "must be a list of whole numbers.");
      }
      values->clear();
      for (const toml::node& item : *node->as_array()) {
        if (!item.is_integer()) {
          Fail(&item, key, "must be a list of whole numbers.");
        }
        values->push_back(item.as_integer()->get());
      }
    }
  }

  // WIDTHxHEIGHT.
  void Size(const std::string& key, cv::Size* value) {
    if (const toml::node* node = Take(key)) {
      const auto* text = node->as_string();
      const auto [width, height] =
          (text != nullptr ? ParseSides(text->get()) : std::nullopt).value_or(std::pair(0LL, 0LL));
      if (width < 8 || height < 8 || width > 4096 || height > 4096) {
        Fail(node, key, "must be WIDTHxHEIGHT, as \"256x256\", sides of 8 to 4096.");
      }
      *value = {static_cast<int>(width), static_cast<int>(height)};
    }
  }

  Section Table(const std::string& key) {
    const toml::node* node = Take(key);
    if (node != nullptr && !node->is_table()) {
      Fail(node, key, "must be a table.");
    }
    return {node != nullptr ? node->as_table() : nullptr, file_, Key(key)};
  }

  std::vector<Section> Tables(const std::string& key) {
    std::vector<Section> sections;
    const toml::node* node = Take(key);
    if (node == nullptr) {
      return sections;
    }
    if (!node->is_array()) {
      Fail(node, key, fmt::format("must be a list of tables, each begun by [[{}]].", Key(key)));
    }
    for (const toml::node& item : *node->as_array()) {
      if (!item.is_table()) {
        Fail(&item, key, fmt::format("must be a list of tables, each begun by [[{}]].", Key(key)));
      }
      sections.emplace_back(item.as_table(), file_,
                            fmt::format("{}.{}", Key(key), sections.size()));
    }
    return sections;
  }

  // All keys with their values as text.
  std::map<std::string, std::string> Values() {
    std::map<std::string, std::string> values;
    if (table_ == nullptr) {
      return values;
    }
    for (const auto& [key, node] : *table_) {
      const std::string name(key.str());
      seen_.insert(name);
      std::ostringstream text;
      if (const auto* plain = node.as_string()) {
        text << plain->get();
      } else if (node.is_integer()) {
        text << node.as_integer()->get();
      } else if (node.is_floating_point()) {
        text << node.as_floating_point()->get();
      } else {
        Fail(&node, name, "must be a text or a number.");
      }
      values[name] = text.str();
    }
    return values;
  }

  bool there() const { return table_ != nullptr; }
  const toml::node* node() const { return table_; }

  // Throws for a key that nobody asked for.
  void End() const {
    if (table_ == nullptr) {
      return;
    }
    for (const auto& [key, node] : *table_) {
      if (!seen_.contains(std::string(key.str()))) {
        std::vector<std::string> known(seen_.begin(), seen_.end());
        Fail(&node, std::string(key.str()),
             fmt::format("is not known; known are {}.", fmt::join(known, ", ")));
      }
    }
  }

 private:
  std::string Key(const std::string& key) const { return name_.empty() ? key : name_ + "." + key; }

  const toml::table* table_;
  std::string file_;
  std::string name_;
  std::set<std::string> seen_;
};

void ReadLook(Section* section, AugmentOptions* o) {
  section->Number("brightness", &o->brightness, 0, 1);
  section->Number("contrast", &o->contrast, 0, 1);
  section->Number("saturation", &o->saturation, 0, 1);
  section->Number("tint", &o->tint, 0, 1);
  section->Number("grey", &o->grey, 0, 1);
  section->Number("gamma", &o->gamma, 0, 10);
  section->Number("blur", &o->blur, 0, 1);
  section->Number("blur_sigma", &o->blur_sigma, 0, 20);
  section->Number("noise", &o->noise, 0, 1);
  section->Number("noise_sigma", &o->noise_sigma, 0, 255);
  section->Number("compression", &o->compression, 0, 1);
  section->Number("compression_quality", &o->compression_quality, 1, 100);
}

void ReadIdentityAugment(Section section, IdentityAugment* o) {
  section.Number("rotation", &o->rotation_deg, 0, 180);
  section.Number("shift", &o->shift, 0, 1);
  section.Number("scale", &o->scale, 0, 0.9);
  section.Number("flip", &o->flip, 0, 1);
  section.Number("erase", &o->erase, 0, 1);
  section.Number("low_resolution", &o->low_resolution, 0, 1);
  ReadLook(&section, &o->look);
  section.End();
}

void ReadAppearance(Section section, RecipeAppearance* appearance) {
  section.Number("people", &appearance->people, 2, 1024);
  section.Number("views", &appearance->views, 2, 64);
  section.Number("numbers", &appearance->numbers, 2, 4096);
  section.Choice<CropMask>(
      "mask", &appearance->mask,
      {{"none", CropMask::kNone}, {"box", CropMask::kBox}, {"ellipse", CropMask::kEllipse}});
  section.Number("label_smoothing", &appearance->label_smoothing, 0, 0.99);
  section.Number("margin", &appearance->margin, 0, 2);
  section.Number("classification_weight", &appearance->classification_weight, 0, kHuge);
  section.Number("triplet_weight", &appearance->triplet_weight, 0, kHuge);
  section.Number("contrast_weight", &appearance->contrast_weight, 0, kHuge);
  section.Number("scale", &appearance->scale, 0, 1000);
  section.Number("class_margin", &appearance->class_margin, 0, 1);
  section.Number("temperature", &appearance->temperature, 0.001, 10);
  section.End();
}

void ReadAugment(Section section, AugmentOptions* o) {
  section.Number("rotation", &o->rotation_deg, 0, 180);
  section.Number("person_min", &o->person_min, 0.01, 10);
  section.Number("person_max", &o->person_max, 0.01, 10);
  section.Number("whole", &o->whole, 0, 1);
  section.Number("whole_min", &o->whole_min, 0.01, 10);
  section.Number("whole_max", &o->whole_max, 0.01, 10);
  section.Number("person_scale", &o->person_scale, 0, 0.9);
  section.Number("nobody", &o->nobody, 0, 1);
  section.Number("shift", &o->shift, 0, 1);
  section.Number("largest_enlargement", &o->largest_enlargement, 0.01, 100);
  section.Number("flip", &o->flip, 0, 1);
  ReadLook(&section, o);
  section.End();
  o->Check();
}

RecipeData ReadData(Section section, const AugmentOptions& augment) {
  RecipeData data;
  data.augment = augment;
  section.Text("name", &data.name);
  section.Path("annotations", &data.annotations);
  section.Path("images", &data.images);
  section.Number("weight", &data.weight, 0, 1e9);
  section.Flag("unlabelled", &data.unlabelled);
  section.Flag("taught", &data.taught);
  section.Choice<HiddenKeypoints>("hidden", &data.hidden,
                                  {{"learn", HiddenKeypoints::kLearn},
                                   {"background", HiddenKeypoints::kBackground},
                                   {"ignore", HiddenKeypoints::kIgnore}});
  ReadAugment(section.Table("augment"), &data.augment);
  data.synth = section.Table("synth").Values();
  section.End();
  const bool rendered = !data.synth.empty();
  if (rendered && (data.unlabelled || !data.annotations.empty() || !data.images.empty())) {
    section.Fail(section.node(), "synth",
                 "renders a set, so annotations, images and unlabelled go without it.");
  }
  if (data.unlabelled && (data.images.empty() || !data.annotations.empty())) {
    section.Fail(section.node(), "images",
                 "must name the folder of the unlabelled pictures, and annotations be left out.");
  }
  if (data.unlabelled && !data.taught) {
    section.Fail(section.node(), "taught", "must stay true for unlabelled pictures.");
  }
  if (!rendered && !data.unlabelled && data.annotations.empty()) {
    section.Fail(section.node(), "annotations", "must name a COCO file or a set's folder.");
  }
  if (data.name.empty()) {
    data.name = rendered ? "rendered" : (data.unlabelled ? data.images : data.annotations).string();
  }
  return data;
}

void ReadNetwork(Section section, RecipeNetwork* network) {
  for (const char* key : {"base", "width", "activation"}) {
    network->build = section.Take(key) != nullptr || network->build;
  }
  section.Path("start", &network->start);
  section.Flag("random", &network->random);
  section.Number("stages", &network->stages, 0, 3);
  section.Number("narrow", &network->narrow, 0.01, 1);
  section.Number("hints", &network->hints, 0, kHuge);
  section.Choice<PoseBase>("base", &network->pose.base,
                           {{"mobilenet_v1", PoseBase::kMobileNetV1}, {"vgg19", PoseBase::kVgg19}});
  section.Number("width", &network->pose.width, 0.05, 2);
  section.Choice<Activation>("activation", &network->pose.activation,
                             {{"relu", Activation::kRelu}, {"elu", Activation::kElu}});
  cv::Size input(network->pose.input_width, network->pose.input_height);
  section.Size("input_size", &input);
  network->pose.input_width = input.width;
  network->pose.input_height = input.height;
  section.Flag("insert_batch_norm", &network->insert_batch_norm);
  section.Flag("person_heads", &network->pose.person_heads);
  section.Texts("freeze", &network->freeze);
  section.Texts("learn", &network->learn);
  section.Text("training_data", &network->training_data);
  section.Text("licence", &network->licence);
  section.End();
  if (const toml::node* narrow = section.Take("narrow");
      narrow != nullptr && network->start.empty()) {
    section.Fail(narrow, "narrow", "cuts a network to start from, so network.start must name one.");
  }
  if (const toml::node* hints = section.Take("hints");
      network->hints > 0 && (network->narrow == 1 || network->build || network->random)) {
    section.Fail(hints, "hints",
                 "are of a network that is cut, so network.narrow must be below 1.");
  }
  if (network->stages >= 0) {
    network->pose.stages = network->stages;
  }
}

void ReadTrain(Section section, RecipeTrain* t) {
  section.Number("steps", &t->steps, 1, kHuge);
  section.Number("batch", &t->batch, 1, 4096);
  section.Size("crop", &t->crop);
  section.Choice<MaskMode>("mask", &t->mask,
                           {{"segmentation", MaskMode::kSegmentation},
                            {"box", MaskMode::kBox},
                            {"none", MaskMode::kNone}});
  section.Choice<Optimizer>("optimizer", &t->optimizer,
                            {{"adam", Optimizer::kAdam}, {"adamw", Optimizer::kAdamW}});
  section.Number("learning_rate", &t->learning_rate, 0, kHuge);
  section.Number("weight_decay", &t->weight_decay, 0, 1);
  section.Number("beta1", &t->beta1, 0, 0.99999);
  section.Number("beta2", &t->beta2, 0, 0.9999999);
  section.Number("warmup", &t->warmup, 0, kHuge);
  section.Choice<Schedule>("schedule", &t->schedule,
                           {{"constant", Schedule::kConstant},
                            {"cosine", Schedule::kCosine},
                            {"step", Schedule::kStep}});
  section.Number("final_rate", &t->final_rate, 0, 1);
  section.Wholes("decay_at", &t->decay_at);
  section.Number("decay", &t->decay, 0, 1);
  section.Number("clip", &t->clip, 0, kHuge);
  section.Number("ema", &t->ema, 0, 0.9999999);
  section.Choice<TrainPrecision>("precision", &t->precision,
                                 {{"auto", TrainPrecision::kAuto},
                                  {"fp32", TrainPrecision::kFp32},
                                  {"bf16", TrainPrecision::kBf16},
                                  {"fp16", TrainPrecision::kFp16}});
  section.Flag("channels_last", &t->channels_last);
  section.Number("heatmap_weight", &t->heatmap_weight, 0, kHuge);
  section.Number("paf_weight", &t->paf_weight, 0, kHuge);
  section.Number("centre_weight", &t->centre_weight, 0, kHuge);
  section.Number("box_weight", &t->box_weight, 0, kHuge);
  section.Number("heatmap_sigma", &t->encoder.heatmap_sigma, 0.5, 100);
  section.Number("paf_half_width", &t->encoder.paf_half_width, 0.5, 100);
  section.Number("seed", &t->seed, 0, 9e15);
  section.Number("threads", &t->threads, 0, 1024);
  section.Number("workers", &t->workers, 0, 1024);
  section.Text("device", &t->device);
  section.Number("checkpoint_every", &t->checkpoint_every, 1, kHuge);
  section.Number("keep", &t->keep, 1, 1000000);
  section.Number("log_every", &t->log_every, 1, kHuge);
  section.End();
}

void ReadValidation(Section section, RecipeValidation* validation) {
  section.Number("every", &validation->every, 1, kHuge);
  section.Number("images", &validation->images, 0, 1e9);
  section.Number("height", &validation->height, 32, 4096);
  for (Section& data : section.Tables("data")) {
    validation->data.push_back(ReadData(std::move(data), NoAugmentation()));
  }
  section.End();
}

void ReadTeacher(Section section, RecipeTeacher* teacher) {
  section.Path("network", &teacher->network);
  section.Number("weight", &teacher->weight, 0, 1);
  section.End();
}

void ReadQuantize(Section section, RecipeQuantize* quantize) {
  section.Flag("on", &quantize->on);
  section.Choice<QuantizeRanges>(
      "ranges", &quantize->ranges,
      {{"learned", QuantizeRanges::kLearned}, {"running", QuantizeRanges::kRunning}});
  section.Number("weight_bits", &quantize->weight_bits, 7, 8);
  section.Flag("symmetric", &quantize->symmetric);
  section.Number("calibration_batches", &quantize->calibration_batches, 1, 10000);
  section.End();
}

// The node that a key's part names, made if need be.
toml::node* Descend(toml::node* node, std::string_view part, const std::string& override_text) {
  if (toml::array* array = node->as_array()) {
    const std::optional<long long> index = ParseInt(part);
    if (!index || *index < 0 || *index >= static_cast<long long>(array->size())) {
      throw Error(fmt::format("{}: {} must be a place in a list of {}, counted from 0.",
                              override_text, part, array->size()));
    }
    return array->get(static_cast<std::size_t>(*index));
  }
  toml::table* table = node->as_table();
  if (table == nullptr) {
    throw Error(fmt::format("{}: {} lies below what is no table.", override_text, part));
  }
  if (!table->contains(part)) {
    table->insert(part, toml::table{});
  }
  return table->get(part);
}

void Override(toml::table* root, const std::string& text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string::npos || equals == 0) {
    throw Error(fmt::format("{} must be KEY=VALUE, as train.steps=100.", text));
  }
  const std::string value = text.substr(equals + 1);
  std::string key = text.substr(0, equals);
  const std::vector<std::string_view> parts = Split(key, '.');
  toml::node* node = root;
  for (std::size_t i = 0; i + 1 < parts.size(); ++i) {
    node = Descend(node, parts[i], text);
  }
  toml::table parsed;
  try {
    parsed = toml::parse("value = " + value);
  } catch (const toml::parse_error&) {
    parsed = toml::table{{"value", value}};
  }
  if (parsed.size() != 1) {
    parsed = toml::table{{"value", value}};
  }
  toml::table* table = node->as_table();
  if (table == nullptr || parts.back().empty()) {
    throw Error(fmt::format("{}: {} must be a key of a table.", text, parts.back()));
  }
  parsed.get("value")->visit(
      [&](const auto& found) { table->insert_or_assign(parts.back(), found); });
}

std::string FormatToml(const toml::table& table) {
  std::ostringstream text;
  text << toml::toml_formatter(table) << '\n';
  return text.str();
}

// Keys that a task has no use for.
struct UselessKeys {
  const char* task;
  std::vector<const char*> root;
  std::vector<const char*> network;
  std::vector<const char*> train;
  std::vector<const char*> data;
};

UselessKeys UselessForAppearance() {
  return {"appearance",
          {"teacher", "quantize"},
          {"stages", "base", "activation", "input_size", "random", "insert_batch_norm", "hints"},
          {"batch", "mask", "heatmap_weight", "paf_weight", "heatmap_sigma", "paf_half_width"},
          {"weight", "hidden", "unlabelled", "taught", "augment"}};
}

UselessKeys UselessForRefine() {
  return {"refine",
          {"teacher"},
          {"stages", "base", "activation", "input_size", "random", "hints", "person_heads"},
          {"mask", "heatmap_weight", "paf_weight", "centre_weight", "box_weight", "heatmap_sigma",
           "paf_half_width"},
          {"hidden", "unlabelled", "taught"}};
}

void RejectKeys(const toml::table& table, const std::string& name, const UselessKeys& useless) {
  const auto reject = [&](const toml::node* node, const std::string& section,
                          const std::vector<const char*>& keys) {
    for (const char* key : keys) {
      const toml::node* found =
          node != nullptr && node->is_table() ? node->as_table()->get(key) : nullptr;
      if (found != nullptr) {
        throw Error(fmt::format("{}:{}: {}{} does not go with the task {}.", name,
                                found->source().begin.line, section, key, useless.task));
      }
    }
  };
  reject(&table, "", useless.root);
  reject(table.get("network"), "network.", useless.network);
  reject(table.get("train"), "train.", useless.train);
  const toml::node* validation = table.get("validation");
  reject(validation, "validation.", {"height"});
  const bool validates = validation != nullptr && validation->is_table();
  for (const toml::node* list :
       {table.get("data"), validates ? validation->as_table()->get("data") : nullptr}) {
    if (list != nullptr && list->is_array()) {
      for (const toml::node& data : *list->as_array()) {
        reject(&data, "data.", useless.data);
      }
    }
  }
}

void CheckRecipe(const Recipe& recipe, const std::string& name) {
  if (recipe.data.empty()) {
    throw Error(fmt::format("{}: there is no data; each set is begun by [[data]].", name));
  }
  for (const RecipeData& data : recipe.data) {
    if (data.unlabelled && recipe.teacher.network.empty()) {
      throw Error(
          fmt::format("{}: {} is unlabelled; only a teacher (teacher.network) can explain it.",
                      name, data.name));
    }
  }
  for (const RecipeData& data : recipe.validation.data) {
    if (data.unlabelled) {
      throw Error(fmt::format("{}: {} is unlabelled and cannot validate.", name, data.name));
    }
  }
  if (recipe.train.crop.width % recipe.train.encoder.stride != 0 ||
      recipe.train.crop.height % recipe.train.encoder.stride != 0) {
    throw Error(fmt::format("{}: train.crop is {}x{}; both sides must be multiples of {}.", name,
                            recipe.train.crop.width, recipe.train.crop.height,
                            recipe.train.encoder.stride));
  }
  if (recipe.quantize.on && recipe.network.insert_batch_norm) {
    throw Error(fmt::format(
        "{}: network.insert_batch_norm puts back what training in 8 bits folds away.", name));
  }
}

}  // namespace

Recipe ParseRecipe(const std::string& text, const std::string& name,
                   const std::vector<std::string>& overrides) {
  toml::table table;
  try {
    table = toml::parse(text, name);
  } catch (const toml::parse_error& error) {
    throw Error(fmt::format("{}:{}: {}", name, error.source().begin.line,
                            std::string(error.description())));
  }
  for (const std::string& item : overrides) {
    Override(&table, item);
  }
  Recipe recipe;
  Section root(&table, name, "");
  root.Text("name", &recipe.name);
  if (recipe.name.empty()) {
    recipe.name = std::filesystem::path(name).stem().string();
  }
  root.Choice<TrainTask>("task", &recipe.task,
                         {{"pose", TrainTask::kPose},
                          {"appearance", TrainTask::kAppearance},
                          {"refine", TrainTask::kRefine}});
  AugmentOptions augment;
  if (recipe.task == TrainTask::kRefine) {
    RejectKeys(table, name, UselessForRefine());
    recipe.train.encoder.stride = 16;
    recipe.train.crop = {96, 128};
    recipe.network.pose.width = 0.5;
    augment.rotation_deg = 25;
    augment.shift = 0.12F;
  }
  if (recipe.task == TrainTask::kAppearance) {
    RejectKeys(table, name, UselessForAppearance());
    recipe.train.crop = {64, 128};
    recipe.validation.images = 0;
    ReadAppearance(root.Table("appearance"), &recipe.appearance);
    ReadIdentityAugment(root.Table("augment"), &recipe.appearance.augment);
    recipe.train.batch = recipe.appearance.people * recipe.appearance.views;
  } else {
    ReadAugment(root.Table("augment"), &augment);
  }
  ReadNetwork(root.Table("network"), &recipe.network);
  ReadTrain(root.Table("train"), &recipe.train);
  for (Section& data : root.Tables("data")) {
    recipe.data.push_back(ReadData(std::move(data), augment));
  }
  ReadValidation(root.Table("validation"), &recipe.validation);
  ReadTeacher(root.Table("teacher"), &recipe.teacher);
  ReadQuantize(root.Table("quantize"), &recipe.quantize);
  root.End();
  CheckRecipe(recipe, name);
  recipe.text = FormatToml(table);
  return recipe;
}

Recipe ReadRecipe(const std::filesystem::path& path, const std::vector<std::string>& overrides) {
  return ParseRecipe(ReadFile(path), path.string(), overrides);
}

double LearningRateFactor(const RecipeTrain& train, std::int64_t step) {
  const double warm =
      step < train.warmup ? static_cast<double>(step + 1) / static_cast<double>(train.warmup) : 1;
  double factor = 1;
  if (train.schedule == Schedule::kCosine) {
    const double begin = static_cast<double>(std::min(train.warmup, train.steps - 1));
    const double length = std::max(1.0, static_cast<double>(train.steps - 1) - begin);
    const double at = std::clamp((static_cast<double>(step) - begin) / length, 0.0, 1.0);
    factor =
        train.final_rate + (1 - train.final_rate) * 0.5 * (1 + std::cos(at * std::numbers::pi));
  } else if (train.schedule == Schedule::kStep) {
    for (const std::int64_t at : train.decay_at) {
      factor *= step >= at ? train.decay : 1;
    }
  }
  return warm * factor;
}

DataSource ReadSource(const RecipeData& data) {
  DataSource source;
  source.name = data.name;
  source.set =
      data.unlabelled ? ListPictures(data.images) : ReadCocoSet(data.annotations, data.images);
  source.weight = data.weight;
  source.unlabelled = data.unlabelled;
  source.taught = data.taught;
  source.hidden = data.hidden;
  source.augment = data.augment;
  for (const std::string& sentence : source.set.skipped.Sentences(data.name)) {
    spdlog::warn("{}.", sentence);
  }
  if (!data.unlabelled && source.set.num_labelled() == 0) {
    throw Error(fmt::format("{} has no person with labelled keypoints.", data.name));
  }
  return source;
}

}  // namespace tenjo
