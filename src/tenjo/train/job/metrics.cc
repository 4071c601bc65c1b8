#include "tenjo/train/job/metrics.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>
#include <string_view>

#include "tenjo/base/atomic_file.h"
#include "tenjo/base/error.h"

namespace tenjo {
namespace {

// Keys keep the order in which they are written here.
using Json = nlohmann::ordered_json;

Json ToJson(const StepMetrics& m) {
  Json json = {{"step", m.step}, {"loss", m.loss}};
  if (m.classification >= 0) {
    json["classification"] = m.classification;
    json["triplet"] = m.triplet;
    json["contrast"] = m.contrast;
  } else if (m.places >= 0) {
    json["places"] = m.places;
    json["seen"] = m.seen;
    json["person"] = m.person;
  } else {
    json["heatmaps"] = m.heatmaps;
    json["pafs"] = m.pafs;
  }
  if (m.hints >= 0) {
    json["hints"] = m.hints;
  }
  if (m.centres >= 0) {
    json["centres"] = m.centres;
    json["boxes"] = m.boxes;
  }
  json["rate"] = m.rate;
  json["gradient_norm"] = m.gradient_norm;
  json["images_per_s"] = m.images_per_s;
  json["waited"] = m.waited;
  return json;
}

Json ToJson(const ValidationMetrics& m) {
  Json json = {{"step", m.step}, {"validation", m.set}, {"loss", m.loss}};
  if (m.rank1 >= 0) {
    json["mAP"] = m.ap;
    json["rank1"] = m.rank1;
    json["rank1_within"] = m.rank1_within;
  } else if (m.ap >= 0) {
    json["ap"] = m.ap;
    json["ap50"] = m.ap50;
  }
  if (m.box_ap >= 0) {
    json["box_ap"] = m.box_ap;
    json["box_ap50"] = m.box_ap50;
  }
  json["images"] = m.images;
  json["best"] = m.best;
  return json;
}

StepMetrics StepFrom(const Json& json) {
  StepMetrics m;
  m.step = json.at("step").get<std::int64_t>();
  m.loss = json.at("loss").get<double>();
  m.classification = json.value("classification", -1.0);
  m.triplet = json.value("triplet", -1.0);
  m.contrast = json.value("contrast", -1.0);
  m.places = json.value("places", -1.0);
  m.seen = json.value("seen", -1.0);
  m.person = json.value("person", -1.0);
  if (m.classification < 0 && m.places < 0) {
    m.heatmaps = json.at("heatmaps").get<std::vector<double>>();
    m.pafs = json.at("pafs").get<std::vector<double>>();
  }
  m.hints = json.value("hints", -1.0);
  m.centres = json.value("centres", -1.0);
  m.boxes = json.value("boxes", -1.0);
  m.rate = json.at("rate").get<double>();
  m.gradient_norm = json.at("gradient_norm").get<double>();
  m.images_per_s = json.at("images_per_s").get<double>();
  m.waited = json.at("waited").get<double>();
  return m;
}

ValidationMetrics ValidationFrom(const Json& json) {
  ValidationMetrics m;
  m.step = json.at("step").get<std::int64_t>();
  m.set = json.at("validation").get<std::string>();
  m.loss = json.at("loss").get<double>();
  m.ap = json.value("ap", -1.0);
  m.ap50 = json.value("ap50", -1.0);
  m.box_ap = json.value("box_ap", -1.0);
  m.box_ap50 = json.value("box_ap50", -1.0);
  m.rank1 = json.value("rank1", -1.0);
  m.rank1_within = json.value("rank1_within", -1.0);
  m.ap = json.value("mAP", m.ap);
  m.images = json.at("images").get<int>();
  m.best = json.at("best").get<bool>();
  return m;
}

}  // namespace

MetricsLog::MetricsLog(const std::filesystem::path& path, std::int64_t step) : path_(path) {
  if (path.empty()) {
    return;
  }
  std::string kept;
  if (step > 0 && std::filesystem::exists(path)) {
    const std::string text = ReadFile(path);
    std::string_view rest = text;
    while (!rest.empty()) {
      const std::size_t end = rest.find('\n');
      const std::string_view line = rest.substr(0, end);
      rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
      try {
        const Json json = Json::parse(line);
        if (json.at("step").get<std::int64_t>() > step) {
          continue;
        }
        if (json.contains("validation")) {
          validations_.push_back(ValidationFrom(json));
        } else {
          steps_.push_back(StepFrom(json));
        }
        kept += std::string(line) + "\n";
      } catch (const Json::exception&) {
        continue;  // a line that the end of the program cut
      }
    }
  }
  WriteFile(path, kept);
  file_ = std::fopen(path.c_str(), "ab");
  if (file_ == nullptr) {
    throw Error(fmt::format("{} cannot be written: {}.", path.string(), std::strerror(errno)));
  }
}

MetricsLog::~MetricsLog() {
  if (file_ != nullptr) {
    std::fclose(file_);
  }
}

void MetricsLog::Add(const StepMetrics& metrics) {
  steps_.push_back(metrics);
  Write(ToJson(metrics).dump());
}

void MetricsLog::Add(const ValidationMetrics& metrics) {
  validations_.push_back(metrics);
  Write(ToJson(metrics).dump());
}

void MetricsLog::Write(const std::string& line) {
  if (file_ == nullptr) {
    return;
  }
  if (std::fwrite(line.data(), 1, line.size(), file_) != line.size() ||
      std::fputc('\n', file_) == EOF || std::fflush(file_) != 0) {
    throw Error(fmt::format("{} cannot be written: {}.", path_.string(), std::strerror(errno)));
  }
}

}  // namespace tenjo
