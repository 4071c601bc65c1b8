#include "tenjo/synth/people/garment_style.h"

#include <initializer_list>
#include <utility>

namespace tenjo::synth {
namespace {

template <typename Kind>
Kind Draw(Random& random, std::initializer_list<std::pair<Kind, float>> shares) {
  float sum = 0;
  for (const auto& [kind, share] : shares) {
    sum += share;
  }
  float at = sum * random.Uniform();
  for (const auto& [kind, share] : shares) {
    if (at < share) {
      return kind;
    }
    at -= share;
  }
  return shares.begin()->first;
}

HairKind DrawHair(const BodyShape& shape, bool test, Random& random) {
  const float t = test ? 0.25F : 0;
  if (shape.female) {
    return Draw<HairKind>(random, {{HairKind::kShort, 0.07F},
                                   {HairKind::kBowl, 0.03F},
                                   {HairKind::kBob, 0.2F},
                                   {HairKind::kLong, 0.2F},
                                   {HairKind::kLongFringe, 0.14F},
                                   {HairKind::kPonytail, 0.15F},
                                   {HairKind::kBun, 0.09F},
                                   {HairKind::kCurly, 0.07F},
                                   {HairKind::kAfro, shape.skin >= 5 ? 0.15F : 0.015F},
                                   {HairKind::kPigtails, shape.child ? 0.25F : 0.01F},
                                   {HairKind::kTopKnot, t}});
  }
  const bool old = shape.age_years > 45;
  return Draw<HairKind>(random, {{HairKind::kNone, old ? 0.1F : 0.03F},
                                 {HairKind::kBaldTop, old ? 0.2F : 0.01F},
                                 {HairKind::kBuzz, 0.15F},
                                 {HairKind::kShort, 0.34F},
                                 {HairKind::kQuiff, 0.17F},
                                 {HairKind::kBowl, shape.child ? 0.2F : 0.04F},
                                 {HairKind::kBob, 0.03F},
                                 {HairKind::kLong, 0.015F},
                                 {HairKind::kPonytail, 0.015F},
                                 {HairKind::kCurly, 0.09F},
                                 {HairKind::kAfro, shape.skin >= 5 ? 0.08F : 0.01F},
                                 {HairKind::kTopKnot, t}});
}

TopKind DrawTop(const BodyShape& shape, bool test, Random& random) {
  const float t = test ? 0.2F : 0;
  const float women = shape.female ? 1.0F : 0.0F;
  return Draw<TopKind>(random, {{TopKind::kTShirt, 0.24F},
                                {TopKind::kLongSleeve, 0.12F},
                                {TopKind::kPolo, shape.female ? 0.02F : 0.07F},
                                {TopKind::kShirt, shape.female ? 0.1F : 0.2F},
                                {TopKind::kBlouse, 0.15F * women},
                                {TopKind::kTankTop, 0.02F + 0.05F * women},
                                {TopKind::kJumper, 0.14F},
                                {TopKind::kTurtleneck, 0.06F},
                                {TopKind::kHoodie, shape.age_years > 60 ? 0.03F : 0.13F},
                                {TopKind::kRuffleTop, t * women}});
}

BottomKind DrawBottom(const BodyShape& shape, bool test, Random& random) {
  const float t = test ? 0.25F : 0;
  if (!shape.female) {
    return Draw<BottomKind>(random, {{BottomKind::kSlim, 0.28F},
                                     {BottomKind::kStraight, 0.46F},
                                     {BottomKind::kWide, 0.12F},
                                     {BottomKind::kShorts, shape.child ? 0.3F : 0.14F},
                                     {BottomKind::kCulottes, t}});
  }
  return Draw<BottomKind>(random, {{BottomKind::kSlim, 0.24F},
                                   {BottomKind::kStraight, 0.18F},
                                   {BottomKind::kWide, 0.14F},
                                   {BottomKind::kShorts, 0.06F},
                                   {BottomKind::kShortSkirt, 0.06F},
                                   {BottomKind::kMidiSkirt, 0.06F},
                                   {BottomKind::kFlaredSkirt, 0.07F},
                                   {BottomKind::kLongSkirt, 0.06F},
                                   {BottomKind::kShortDress, 0.07F},
                                   {BottomKind::kLongDress, 0.06F},
                                   {BottomKind::kCulottes, t}});
}

OuterKind DrawOuter(const BodyShape& shape, bool test, Random& random) {
  if (!random.Chance(0.36F)) {
    return OuterKind::kNone;
  }
  return Draw<OuterKind>(random, {{OuterKind::kCardigan, shape.female ? 0.2F : 0.08F},
                                  {OuterKind::kJacket, 0.26F},
                                  {OuterKind::kBlazer, shape.child ? 0.0F : 0.14F},
                                  {OuterKind::kPuffer, 0.16F},
                                  {OuterKind::kParka, 0.1F},
                                  {OuterKind::kLongCoat, shape.child ? 0.03F : 0.18F},
                                  {OuterKind::kDownVest, test ? 0.2F : 0.0F}});
}

HatKind DrawHat(const BodyShape& shape, bool test, Random& random) {
  if (!random.Chance(test ? 0.24F : 0.18F)) {
    return HatKind::kNone;
  }
  const float t = test ? 0.2F : 0;
  return Draw<HatKind>(random, {{HatKind::kCap, 0.32F},
                                {HatKind::kCapBackwards, shape.age_years < 40 ? 0.06F : 0.0F},
                                {HatKind::kBeanie, 0.2F},
                                {HatKind::kPomBeanie, shape.female || shape.child ? 0.12F : 0.04F},
                                {HatKind::kBrimmed, 0.12F},
                                {HatKind::kBucket, 0.12F},
                                {HatKind::kHeadscarf, shape.female && !shape.child ? 0.22F : 0.0F},
                                {HatKind::kBeret, t},
                                {HatKind::kStrawHat, t}});
}

BagKind DrawBag(const BodyShape& shape, bool test, Random& random) {
  if (!random.Chance(0.42F)) {
    return BagKind::kNone;
  }
  const float women = shape.female ? 1.0F : 0.0F;
  return Draw<BagKind>(random, {{BagKind::kBackpack, 0.34F},
                                {BagKind::kSmallBackpack, 0.12F + (shape.child ? 0.3F : 0.0F)},
                                {BagKind::kCrossbody, 0.22F},
                                {BagKind::kShoulderBag, 0.06F + 0.16F * women},
                                {BagKind::kTote, 0.06F + 0.1F * women},
                                {BagKind::kWaistBag, test ? 0.2F : 0.0F}});
}

void DressStaff(OutfitStyle& style, Random& random) {
  style.apron = random.Chance(0.85F);
  style.bib = random.Chance(0.65F);
  style.outer = OuterKind::kNone;
  style.bag = BagKind::kNone;
  style.scarf = false;
  style.hat = Draw<HatKind>(random, {{HatKind::kNone, 0.5F},
                                     {HatKind::kCap, 0.25F},
                                     {HatKind::kStaffCap, 0.2F},
                                     {HatKind::kHeadscarf, 0.05F}});
  style.top = Draw<TopKind>(random, {{TopKind::kTShirt, 0.35F},
                                     {TopKind::kShirt, 0.3F},
                                     {TopKind::kPolo, 0.25F},
                                     {TopKind::kLongSleeve, 0.1F}});
  style.bottom = random.Chance(0.5F) ? BottomKind::kSlim : BottomKind::kStraight;
}

}  // namespace

bool IsDress(BottomKind bottom) {
  return bottom == BottomKind::kShortDress || bottom == BottomKind::kLongDress;
}

bool IsSkirt(BottomKind bottom) {
  return bottom == BottomKind::kShortSkirt || bottom == BottomKind::kMidiSkirt ||
         bottom == BottomKind::kFlaredSkirt || bottom == BottomKind::kLongSkirt;
}

OutfitStyle DrawStyle(const BodyShape& shape, OutfitSplit split, OutfitRole role, Random& random) {
  const bool test = split == OutfitSplit::kTest;
  OutfitStyle style;
  style.split = split;
  style.top = DrawTop(shape, test, random);
  style.bottom = DrawBottom(shape, test, random);
  style.outer = DrawOuter(shape, test, random);
  style.hair = DrawHair(shape, test, random);
  style.hat = DrawHat(shape, test, random);
  style.bag = DrawBag(shape, test, random);
  style.eyewear = Draw<Eyewear>(random, {{Eyewear::kNone, 0.74F},
                                         {Eyewear::kGlasses, 0.2F},
                                         {Eyewear::kSunglasses, shape.child ? 0.01F : 0.06F}});
  style.beard = !shape.female && shape.age_years > 20 && random.Chance(0.25F);
  style.scarf = random.Chance(style.outer != OuterKind::kNone ? 0.22F : 0.03F);
  style.apron = random.Chance(0.03F);
  style.bib = random.Chance(0.6F);
  style.outer_open = random.Chance(style.outer == OuterKind::kCardigan ? 0.85F : 0.5F);
  style.tucked = random.Chance(IsSkirt(style.bottom) ? 0.75F : 0.22F);
  style.long_sleeves = random.Chance(0.55F);
  style.legwear = random.Chance(0.55F);
  style.bag_left = random.Chance(0.5F);
  style.looseness = random.Uniform();
  style.length = random.Uniform();
  style.shoe =
      Draw<ShoeKind>(random, {{ShoeKind::kSneaker, 0.5F},
                              {ShoeKind::kLowShoe, 0.2F},
                              {ShoeKind::kPump, shape.female && !shape.child ? 0.12F : 0.0F},
                              {ShoeKind::kBoot, 0.14F},
                              {ShoeKind::kHighBoot, shape.female ? 0.06F : 0.0F}});
  if (role == OutfitRole::kStaff) {
    DressStaff(style, random);
  }
  const bool hood_garment = style.top == TopKind::kHoodie || style.outer == OuterKind::kParka;
  style.hooded = hood_garment || (style.outer == OuterKind::kPuffer && random.Chance(0.5F)) ||
                 (style.outer == OuterKind::kJacket && random.Chance(0.3F));
  if (style.hooded && style.hat == HatKind::kNone && random.Chance(0.12F)) {
    style.hat = HatKind::kHood;
    style.hooded = false;
  }
  if (style.hat == HatKind::kHeadscarf) {
    style.hooded = false;
    style.scarf = false;
  }
  style.seed = random.Next();
  return style;
}

}  // namespace tenjo::synth
