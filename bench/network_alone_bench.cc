// The network alone: the same compiled network, streams and requests as `tenjo run`, but no video,
// no decoding, no tracking. Its frames per second are what `tenjo run` is measured against.
// Prints one line of JSON; first_result_s is counted from the start of the process.
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <exception>
#include <fstream>
#include <opencv2/core.hpp>
#include <sstream>
#include <string>
#include <string_view>

#include "tenjo/infer/backend.h"
#include "tenjo/model/model_info.h"

namespace {

using Clock = std::chrono::steady_clock;

struct Options {
  std::string model;
  double seconds = 10;
  double warm_up_s = 1;
  tenjo::BackendOptions backend;
};

[[noreturn]] void Usage() {
  std::fprintf(stderr,
               "usage: network_alone_bench MODEL [--threads N] [--seconds S] [--warm-up S] "
               "[--size WxH] [--requests N] [--device NAME] [--cache FOLDER]\n");
  std::exit(2);
}

Options Parse(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string_view name = argv[i];
    if (!name.starts_with("--")) {
      options.model = name;
      continue;
    }
    if (++i == argc) {
      Usage();
    }
    if (name == "--threads") {
      options.backend.threads = std::atoi(argv[i]);
    } else if (name == "--requests") {
      options.backend.requests = std::atoi(argv[i]);
    } else if (name == "--seconds") {
      options.seconds = std::atof(argv[i]);
    } else if (name == "--warm-up") {
      options.warm_up_s = std::atof(argv[i]);
    } else if (name == "--device") {
      options.backend.device = argv[i];
    } else if (name == "--cache") {
      options.backend.cache_dir = argv[i];
    } else if (name != "--size" || std::sscanf(argv[i], "%dx%d", &options.backend.width,
                                               &options.backend.height) != 2) {
      Usage();
    }
  }
  if (options.model.empty()) {
    Usage();
  }
  return options;
}

double SecondsSinceProcessStart() {
  std::ifstream file("/proc/self/stat");
  std::string text;
  std::getline(file, text);
  std::istringstream fields(text.substr(text.rfind(')') + 1));
  std::string field;
  for (int i = 3; i <= 22; ++i) {  // field 22 of proc(5): start in clock ticks since boot
    fields >> field;
  }
  timespec now = {};
  clock_gettime(CLOCK_BOOTTIME, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9 -
         std::stod(field) / static_cast<double>(sysconf(_SC_CLK_TCK));
}

// Keeps every slot busy for some seconds; returns frames per second.
double Run(tenjo::Backend* backend, double seconds) {
  const int slots = backend->num_slots();
  for (int slot = 0; slot < slots; ++slot) {
    backend->Start(slot);
  }
  const auto begin = Clock::now();
  const auto elapsed = [&] { return std::chrono::duration<double>(Clock::now() - begin).count(); };
  long frames = 0;
  while (elapsed() < seconds) {
    const int slot = static_cast<int>(frames % slots);
    backend->Wait(slot);
    backend->Start(slot);
    ++frames;
  }
  const double fps = static_cast<double>(frames) / elapsed();
  for (int slot = 0; slot < slots; ++slot) {
    backend->Wait(slot);
  }
  return fps;
}

}  // namespace

int main(int argc, char** argv) {
  Options options = Parse(argc, argv);
  try {
    const tenjo::ModelInfo info = tenjo::ReadModelInfo(options.model);
    if (options.backend.height == 0) {
      options.backend.width = info.input_width;
      options.backend.height = info.input_height;
    }
    const auto backend = tenjo::Backend::Create(info, options.backend);
    cv::RNG random(1);
    for (int slot = 0; slot < backend->num_slots(); ++slot) {
      cv::Mat image = backend->Input(slot, {options.backend.width, options.backend.height});
      random.fill(image, cv::RNG::UNIFORM, 0, 256);
    }
    backend->Start(0);
    backend->Wait(0);
    const double first_result_s = SecondsSinceProcessStart();
    Run(backend.get(), options.warm_up_s);
    const double fps = Run(backend.get(), options.seconds);
    std::fprintf(stderr, "%s\n", backend->Describe().c_str());
    std::printf("{\"fps\": %.3f, \"streams\": %d, \"requests\": %d, \"first_result_s\": %.3f}\n",
                fps, backend->num_streams(), backend->num_slots(), first_result_s);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
  return 0;
}
