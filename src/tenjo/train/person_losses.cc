#include "tenjo/train/person_losses.h"

#include "tenjo/base/error.h"
#include "tenjo/pose/person_encoder.h"

namespace tenjo {
namespace {

// A difference beyond which the loss is linear; in shares of a box, of a logarithm, of a circle.
constexpr double kSmooth = 0.1;
// What the angle of a square counts against that of a box of sides 1 to e or more.
constexpr double kAngleOfSquare = 0.2;

torch::Tensor Plane(const torch::Tensor& maps, int plane, int count = 1) {
  return maps.narrow(1, plane, count);
}

torch::Tensor SmoothL1(const torch::Tensor& difference) {
  const torch::Tensor size = difference.abs();
  return torch::where(size < kSmooth, size.square() / (2 * kSmooth), size - kSmooth / 2);
}

torch::Tensor CentreLoss(const torch::Tensor& logits, const torch::Tensor& targets) {
  const torch::Tensor heat = Plane(targets, kPersonHeat);
  const torch::Tensor weight = Plane(targets, kPersonHeatWeight);
  const torch::Tensor peaks = (heat >= 1).to(torch::kFloat32) * weight;
  const torch::Tensor p = torch::sigmoid(logits);
  const torch::Tensor found = (1 - p).square() * torch::log_sigmoid(logits) * peaks;
  const torch::Tensor far = (1 - heat).square().square() * weight * (1 - peaks);
  const torch::Tensor missing = p.square() * torch::log_sigmoid(-logits) * far;
  return -(found + missing).sum() / peaks.sum().clamp_min(1);
}

torch::Tensor BoxLoss(const torch::Tensor& boxes, const torch::Tensor& targets) {
  const torch::Tensor known = Plane(targets, kPersonDx, 6);
  const torch::Tensor error = boxes - known;
  const torch::Tensor log_w = Plane(targets, kPersonLogW);
  const torch::Tensor log_h = Plane(targets, kPersonLogH);
  const torch::Tensor half_size = (0.5 * torch::exp((log_w + log_h) / 2)).clamp_min(0.5);
  const torch::Tensor place = SmoothL1(Plane(error, 0, 2) / half_size).sum(1, true);
  const torch::Tensor sides = SmoothL1(Plane(error, 2, 2)).sum(1, true);
  const torch::Tensor slender = (kAngleOfSquare + (log_h - log_w).abs()).clamp_max(1);
  const torch::Tensor angle = SmoothL1(Plane(error, 4, 2)).sum(1, true) * slender;
  const torch::Tensor place_weight = Plane(targets, kPersonPlaceWeight);
  const torch::Tensor shape_weight = Plane(targets, kPersonShapeWeight);
  return (place * place_weight).sum() / place_weight.sum().clamp_min(1) +
         ((sides + angle) * shape_weight).sum() / shape_weight.sum().clamp_min(1);
}

}  // namespace

PersonLosses LossesOfPeople(const torch::Tensor& centres, const torch::Tensor& boxes,
                            const torch::Tensor& targets) {
  TENJO_CHECK(targets.dim() == 4 && targets.size(1) == kNumPersonPlanes);
  TENJO_CHECK(centres.size(1) == 1 && boxes.size(1) == 6 && centres.size(2) == targets.size(2) &&
              centres.size(3) == targets.size(3));
  return {CentreLoss(centres.to(torch::kFloat32), targets),
          BoxLoss(boxes.to(torch::kFloat32), targets)};
}

}  // namespace tenjo
