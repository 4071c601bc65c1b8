#include "tenjo/infer/benchmark.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <memory>
#include <openvino/openvino.hpp>
#include <utility>

#include "tenjo/base/error.h"
#include "tenjo/base/latency.h"
#include "tenjo/base/stopwatch.h"
#include "tenjo/infer/backend.h"
#include "tenjo/infer/execution_graph.h"
#include "tenjo/infer/openvino_error.h"

namespace tenjo {
namespace {

// Requests that are started and waited for in turn.
class Requests {
 public:
  virtual ~Requests() = default;
  virtual int count() const = 0;
  virtual void Start(int slot) = 0;
  virtual void Wait(int slot) = 0;
};

class TenjoRequests : public Requests {
 public:
  TenjoRequests(const BenchmarkCase& wanted, cv::Size size)
      : backend_(Backend::Create(wanted.info, {.threads = wanted.threads,
                                               .width = size.width,
                                               .height = size.height,
                                               .bf16 = wanted.bf16,
                                               .streams = wanted.streams,
                                               .requests = wanted.streams})) {
    for (int slot = 0; slot < backend_->num_slots(); ++slot) {
      cv::Mat input = backend_->Input(slot, size);
      for (int y = 0; y < input.rows; ++y) {
        for (int x = 0; x < input.cols * 3; ++x) {
          input.ptr(y)[x] = static_cast<std::uint8_t>((x * 7 + y * 13) % 256);
        }
      }
    }
  }
  int count() const override { return backend_->num_slots(); }
  void Start(int slot) override { backend_->Start(slot); }
  void Wait(int slot) override { backend_->Wait(slot); }

 private:
  std::unique_ptr<Backend> backend_;
};

class RawRequests : public Requests {
 public:
  RawRequests(const BenchmarkCase& wanted, cv::Size size) {
    auto model = core_.read_model(wanted.info.path.string());
    model->reshape(ov::PartialShape{1, 3, size.height, size.width});
    ov::AnyMap properties = {
        ov::hint::performance_mode(ov::hint::PerformanceMode::THROUGHPUT),
        ov::hint::inference_precision(wanted.bf16 ? ov::element::bf16 : ov::element::f32),
        ov::num_streams(wanted.streams)};
    if (wanted.threads > 0) {
      properties.emplace(ov::inference_num_threads(wanted.threads));
    }
    compiled_ = core_.compile_model(model, "CPU", properties);
    for (int i = 0; i < wanted.streams; ++i) {
      auto& request = requests_.emplace_back(compiled_.create_infer_request());
      ov::Tensor input = request.get_input_tensor();
      float* values = input.data<float>();
      for (std::size_t n = 0; n < input.get_size(); ++n) {
        values[n] = static_cast<float>(n * 7 % 256) / 256.0F - 0.5F;
      }
    }
  }
  int count() const override { return static_cast<int>(requests_.size()); }
  void Start(int slot) override { requests_[static_cast<std::size_t>(slot)].start_async(); }
  void Wait(int slot) override { requests_[static_cast<std::size_t>(slot)].wait(); }

 private:
  ov::Core core_;
  ov::CompiledModel compiled_;
  std::vector<ov::InferRequest> requests_;
};

struct Measured {
  std::unique_ptr<Requests> requests;
  std::vector<double> fps;
  LatencyHistogram latency;

  void Round(double seconds) {
    const int count = requests->count();
    std::vector<Stopwatch> since(static_cast<std::size_t>(count));
    const Stopwatch watch;
    std::int64_t done = 0;
    for (int slot = 0; slot < count; ++slot) {
      since[static_cast<std::size_t>(slot)] = Stopwatch();
      requests->Start(slot);
    }
    while (watch.seconds() < seconds) {
      const int slot = static_cast<int>(done++ % count);
      requests->Wait(slot);
      latency.Add(since[static_cast<std::size_t>(slot)].seconds());
      since[static_cast<std::size_t>(slot)] = Stopwatch();
      requests->Start(slot);
    }
    for (int i = 0; i < count; ++i) {
      requests->Wait(static_cast<int>(done++ % count));
    }
    fps.push_back(static_cast<double>(done) / watch.seconds());
  }

  BenchmarkSpeed Speed() {
    if (fps.empty()) {
      return {};
    }
    std::sort(fps.begin(), fps.end());
    return {.fps = fps[fps.size() / 2],
            .p50_ms = 1e3 * latency.Percentile(0.5),
            .p95_ms = 1e3 * latency.Percentile(0.95)};
  }
};

double ResidentMb() {
  std::ifstream file("/proc/self/statm");
  double all = 0;
  double resident = 0;
  file >> all >> resident;
  return resident * static_cast<double>(sysconf(_SC_PAGESIZE)) * 1e-6;
}

std::vector<BenchmarkResult> Measure(const std::vector<BenchmarkCase>& cases,
                                     const BenchmarkOptions& options) {
  const cv::Size size(options.width, options.height);
  std::vector<BenchmarkResult> results(cases.size());
  std::vector<Measured> measured(2 * cases.size());
  for (std::size_t i = 0; i < cases.size(); ++i) {
    const ExecutionGraph graph =
        ReadExecutionGraph(cases[i].info.path, {.width = options.width,
                                                .height = options.height,
                                                .threads = cases[i].threads,
                                                .precision = cases[i].bf16 ? "bf16" : "f32"});
    results[i].convolutions = graph.convolutions;
    results[i].in_8_bits = graph.in_8_bits;
    const double before = ResidentMb();
    measured[2 * i + 1].requests = std::make_unique<RawRequests>(cases[i], size);
    measured[2 * i + 1].Round(0);
    results[i].memory_mb = ResidentMb() - before;
    if (cases[i].info.task == "pose") {
      measured[2 * i].requests = std::make_unique<TenjoRequests>(cases[i], size);
      measured[2 * i].Round(0);
    }
  }
  for (Measured& one : measured) {
    one.fps.clear();
    one.latency = LatencyHistogram();
  }
  const int total = options.rounds * static_cast<int>(measured.size());
  for (int done = 0; done < total; ++done) {
    Measured& one = measured[static_cast<std::size_t>(done) % measured.size()];
    if (one.requests) {
      one.Round(options.seconds);
    }
    if (options.progress) {
      options.progress(done + 1, total);
    }
  }
  for (std::size_t i = 0; i < cases.size(); ++i) {
    results[i].tenjo = measured[2 * i].Speed();
    results[i].raw = measured[2 * i + 1].Speed();
  }
  return results;
}

}  // namespace

std::vector<BenchmarkResult> RunBenchmark(const std::vector<BenchmarkCase>& cases,
                                          const BenchmarkOptions& options) {
  try {
    return Measure(cases, options);
  } catch (const ov::Exception& error) {
    throw Error(fmt::format("OpenVINO cannot run the networks at {}x{}: {}", options.width,
                            options.height, OneLine(error.what())));
  }
}

}  // namespace tenjo
