#include "tenjo/publish/window.h"

#include <dlfcn.h>
#include <fmt/format.h>

#include <cstdlib>

#include "tenjo/base/error.h"

namespace tenjo {
namespace {

bool HasDisplay() {
  const auto set = [](const char* name) {
    const char* value = std::getenv(name);
    return value != nullptr && *value != '\0';
  };
  return set("DISPLAY") || set("WAYLAND_DISPLAY");
}

}  // namespace

// OpenCV's windows bring a whole desktop toolkit with them; a service on a headless machine must
// not load it, so they live in a module of their own.
struct WindowSink::Module {
  using Show = int (*)(const char* title, const unsigned char* bgr, int width, int height,
                       std::size_t step);
  void* handle = nullptr;
  Show show = nullptr;

  Module() {
    handle = dlopen("libtenjo_window.so", RTLD_NOW | RTLD_LOCAL);
    if (handle == nullptr) {
      throw Error(fmt::format("cannot show pictures: {}", dlerror()));
    }
    show = reinterpret_cast<Show>(dlsym(handle, "tenjo_window_show"));
    if (show == nullptr) {
      throw Error("cannot show pictures: libtenjo_window.so is not Tenjo's");
    }
  }
  Module(const Module&) = delete;
  Module& operator=(const Module&) = delete;
  // The toolkit leaves threads behind, so the module stays loaded.
  ~Module() = default;
};

WindowSink::WindowSink(int every) : every_(every) {
  TENJO_CHECK(every > 0);
  if (!HasDisplay()) {
    throw Error(
        "cannot show pictures: no display (DISPLAY is not set); --video writes them to a file");
  }
  module_ = std::make_unique<Module>();
}

WindowSink::~WindowSink() = default;

void WindowSink::Write(const Frame& frame, const std::vector<Person>& people) {
  if (seen_++ % every_ != 0) {
    return;
  }
  cv::Mat drawn = frame.image.clone();
  overlay_.Draw(people, frame.time_s, drawn);
  if (module_->show("Tenjo", drawn.data, drawn.cols, drawn.rows, drawn.step[0]) != 0) {
    throw Error("cannot show pictures: the window could not be opened");
  }
}

}  // namespace tenjo
