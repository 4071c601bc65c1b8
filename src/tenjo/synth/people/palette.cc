#include "tenjo/synth/people/palette.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <span>
#include <vector>

#include "tenjo/synth/scene/material.h"

namespace tenjo::synth {
namespace {

using Rgb = std::array<std::uint8_t, 3>;

constexpr std::array<Rgb, 8> kSkins{{{247, 218, 196},
                                     {238, 200, 170},
                                     {226, 180, 146},
                                     {208, 158, 120},
                                     {182, 128, 92},
                                     {148, 98, 68},
                                     {110, 70, 48},
                                     {78, 48, 34}}};

// Every fifth colour of each list (the 5th, 10th, ...) is held out for tests.
constexpr std::array<Rgb, 15> kDark{{{18, 18, 20},
                                     {26, 28, 34},
                                     {34, 36, 40},
                                     {22, 28, 48},
                                     {30, 44, 40},
                                     {44, 40, 38},
                                     {48, 50, 54},
                                     {28, 30, 44},
                                     {38, 32, 34},
                                     {52, 30, 34},
                                     {16, 20, 28},
                                     {42, 44, 52},
                                     {30, 32, 30},
                                     {56, 54, 52},
                                     {36, 30, 50}}};
constexpr std::array<Rgb, 15> kNeutral{{{96, 98, 100},
                                        {128, 130, 132},
                                        {158, 156, 150},
                                        {190, 186, 178},
                                        {112, 104, 110},
                                        {176, 160, 136},
                                        {148, 134, 112},
                                        {116, 104, 90},
                                        {204, 192, 170},
                                        {140, 146, 138},
                                        {84, 88, 94},
                                        {180, 180, 184},
                                        {132, 118, 100},
                                        {214, 206, 194},
                                        {168, 150, 152}}};
constexpr std::array<Rgb, 10> kWhite{{{236, 236, 234},
                                      {226, 226, 226},
                                      {240, 236, 226},
                                      {222, 226, 232},
                                      {232, 222, 214},
                                      {244, 244, 244},
                                      {216, 216, 212},
                                      {238, 232, 220},
                                      {228, 232, 230},
                                      {214, 222, 226}}};
constexpr std::array<Rgb, 20> kBright{
    {{184, 34, 40},  {214, 92, 34},  {224, 178, 44}, {40, 116, 70}, {150, 24, 92},
     {36, 84, 164},  {28, 132, 152}, {118, 60, 140}, {206, 60, 96}, {120, 168, 40},
     {232, 120, 60}, {60, 60, 180},  {20, 104, 96},  {200, 36, 70}, {230, 90, 130},
     {90, 140, 210}, {240, 200, 80}, {34, 140, 60},  {170, 50, 30}, {64, 190, 180}}};
constexpr std::array<Rgb, 15> kPastel{{{178, 198, 216},
                                       {214, 182, 186},
                                       {196, 212, 186},
                                       {224, 212, 176},
                                       {188, 178, 214},
                                       {236, 204, 188},
                                       {172, 208, 204},
                                       {216, 196, 214},
                                       {204, 216, 226},
                                       {222, 190, 160},
                                       {190, 206, 230},
                                       {230, 198, 206},
                                       {206, 200, 172},
                                       {180, 190, 180},
                                       {170, 220, 190}}};
constexpr std::array<Rgb, 15> kEarth{{{104, 78, 54},
                                      {132, 96, 62},
                                      {86, 88, 58},
                                      {74, 58, 44},
                                      {108, 54, 40},
                                      {156, 124, 86},
                                      {98, 104, 72},
                                      {122, 74, 56},
                                      {84, 70, 66},
                                      {140, 110, 40},
                                      {112, 96, 70},
                                      {70, 76, 56},
                                      {146, 106, 78},
                                      {92, 60, 48},
                                      {128, 84, 96}}};
constexpr std::array<Rgb, 10> kDenimBlue{{{36, 48, 78},
                                          {52, 70, 104},
                                          {74, 96, 130},
                                          {108, 130, 158},
                                          {62, 86, 110},
                                          {26, 32, 50},
                                          {140, 158, 178},
                                          {44, 60, 92},
                                          {40, 42, 48},
                                          {96, 108, 120}}};
constexpr std::array<Rgb, 10> kLeather{{{40, 28, 22},
                                        {20, 18, 18},
                                        {92, 58, 36},
                                        {128, 84, 50},
                                        {66, 40, 50},
                                        {54, 38, 28},
                                        {150, 110, 74},
                                        {30, 30, 34},
                                        {108, 40, 34},
                                        {84, 90, 84}}};
constexpr std::array<Rgb, 10> kHairs{{{16, 13, 12},
                                      {28, 21, 18},
                                      {46, 32, 24},
                                      {70, 48, 32},
                                      {84, 62, 44},
                                      {104, 74, 46},
                                      {146, 112, 70},
                                      {184, 152, 104},
                                      {110, 54, 30},
                                      {130, 64, 36}}};
constexpr std::array<Rgb, 5> kDyes{
    {{150, 40, 50}, {60, 90, 150}, {190, 120, 150}, {200, 190, 180}, {70, 130, 100}}};

Vec3f Linear(const Rgb& rgb) { return FromSrgb(rgb[0], rgb[1], rgb[2]); }

bool HeldOut(std::size_t index) { return index % 5 == 4; }

Vec3f PickColour(std::span<const Rgb> list, OutfitSplit split, Random& random) {
  const int fifths = static_cast<int>(list.size()) / 5;
  const int draw = random.Index(split == OutfitSplit::kTest ? fifths : 4 * fifths);
  const int index = split == OutfitSplit::kTest ? 5 * draw + 4 : draw + draw / 4;
  return Linear(list[static_cast<std::size_t>(index)]);
}

//! Shares of the lists of colours, in the order dark, neutral, white, bright, pastel, earth, denim,
//! leather.
struct Mixture {
  std::array<float, 8> share;
};

Mixture MixtureOf(ClothUse use) {
  switch (use) {
    case ClothUse::kTop:
      return {{0.28F, 0.14F, 0.2F, 0.18F, 0.12F, 0.08F, 0, 0}};
    case ClothUse::kShirt:
      return {{0.14F, 0.08F, 0.4F, 0.1F, 0.18F, 0.04F, 0.06F, 0}};
    case ClothUse::kKnit:
      return {{0.25F, 0.22F, 0.13F, 0.14F, 0.1F, 0.16F, 0, 0}};
    case ClothUse::kCoat:
      return {{0.48F, 0.18F, 0.04F, 0.07F, 0.02F, 0.17F, 0.02F, 0.02F}};
    case ClothUse::kPuffer:
      return {{0.5F, 0.12F, 0.06F, 0.2F, 0.02F, 0.1F, 0, 0}};
    case ClothUse::kTrousers:
      return {{0.5F, 0.14F, 0.06F, 0.02F, 0.02F, 0.2F, 0.06F, 0}};
    case ClothUse::kDenim:
      return {{0, 0, 0.03F, 0, 0, 0, 0.97F, 0}};
    case ClothUse::kSkirt:
      return {{0.32F, 0.14F, 0.1F, 0.16F, 0.12F, 0.12F, 0.04F, 0}};
    case ClothUse::kShoe:
      return {{0.38F, 0.08F, 0.26F, 0.08F, 0, 0, 0, 0.2F}};
    case ClothUse::kHat:
      return {{0.42F, 0.16F, 0.1F, 0.18F, 0.04F, 0.1F, 0, 0}};
    case ClothUse::kBag:
      return {{0.34F, 0.1F, 0.06F, 0.16F, 0.04F, 0.1F, 0, 0.2F}};
    case ClothUse::kApron:
      return {{0.4F, 0.12F, 0.12F, 0.14F, 0, 0.16F, 0.06F, 0}};
    case ClothUse::kScarf:
      return {{0.2F, 0.25F, 0.1F, 0.25F, 0.1F, 0.1F, 0, 0}};
    case ClothUse::kTights:
      return {{0.85F, 0.1F, 0.02F, 0, 0, 0.03F, 0, 0}};
  }
  return {{1, 0, 0, 0, 0, 0, 0, 0}};
}

Vec3f ColourOf(ClothUse use, OutfitSplit split, Random& random) {
  const std::array<std::span<const Rgb>, 8> lists{kDark,   kNeutral, kWhite,     kBright,
                                                  kPastel, kEarth,   kDenimBlue, kLeather};
  const Mixture mixture = MixtureOf(use);
  float at = random.Uniform();
  std::size_t list = 0;
  while (list + 1 < lists.size() && at >= mixture.share[list]) {
    at -= mixture.share[list++];
  }
  return PickColour(lists[list], split, random);
}

struct PatternShare {
  Pattern pattern;
  float share;
  float scale_low, scale_high;  // repeats a metre
};

std::vector<PatternShare> PatternsOf(ClothUse use) {
  switch (use) {
    case ClothUse::kTop:
      return {{Pattern::kPlain, 0.54F, 1, 1},           {Pattern::kLogo, 0.2F, 0.6F, 1.5F},
              {Pattern::kStripesAcross, 0.12F, 10, 35}, {Pattern::kPrint, 0.05F, 5, 14},
              {Pattern::kSpeckle, 0.06F, 0.5F, 1.5F},   {Pattern::kDots, 0.03F, 15, 35}};
    case ClothUse::kShirt:
      return {{Pattern::kPlain, 0.5F, 1, 1},   {Pattern::kStripesAlong, 0.14F, 30, 70},
              {Pattern::kPlaid, 0.14F, 7, 18}, {Pattern::kChecks, 0.08F, 20, 50},
              {Pattern::kPrint, 0.09F, 6, 16}, {Pattern::kDots, 0.05F, 20, 45}};
    case ClothUse::kKnit:
      return {{Pattern::kKnit, 0.72F, 6, 22},
              {Pattern::kStripesAcross, 0.16F, 5, 16},
              {Pattern::kSpeckle, 0.12F, 0.5F, 1.5F}};
    case ClothUse::kCoat:
      return {{Pattern::kPlain, 0.68F, 1, 1},
              {Pattern::kSpeckle, 0.2F, 0.5F, 2},
              {Pattern::kPlaid, 0.07F, 5, 10},
              {Pattern::kChecks, 0.05F, 25, 50}};
    case ClothUse::kTrousers:
      return {{Pattern::kPlain, 0.87F, 1, 1},
              {Pattern::kSpeckle, 0.05F, 0.5F, 2},
              {Pattern::kPlaid, 0.05F, 8, 16},
              {Pattern::kStripesAlong, 0.03F, 30, 60}};
    case ClothUse::kDenim:
      return {{Pattern::kDenim, 1, 1, 1}};
    case ClothUse::kSkirt:
      return {{Pattern::kPlain, 0.55F, 1, 1},          {Pattern::kPrint, 0.18F, 4, 12},
              {Pattern::kPlaid, 0.1F, 5, 12},          {Pattern::kDots, 0.07F, 12, 35},
              {Pattern::kStripesAlong, 0.05F, 15, 40}, {Pattern::kChecks, 0.05F, 15, 40}};
    case ClothUse::kScarf:
      return {{Pattern::kKnit, 0.4F, 8, 24},
              {Pattern::kPlaid, 0.25F, 6, 14},
              {Pattern::kPlain, 0.25F, 1, 1},
              {Pattern::kPrint, 0.1F, 6, 14}};
    case ClothUse::kHat:
      return {{Pattern::kPlain, 0.85F, 1, 1}, {Pattern::kKnit, 0.15F, 12, 26}};
    case ClothUse::kBag:
      return {{Pattern::kPlain, 0.86F, 1, 1},
              {Pattern::kPrint, 0.06F, 8, 16},
              {Pattern::kSpeckle, 0.08F, 0.5F, 2}};
    default:
      return {{Pattern::kPlain, 1, 1, 1}};
  }
}

std::uint32_t PatternSeed(OutfitSplit split, Random& random) {
  return (random.Next() & 0x00fffffeU) | (split == OutfitSplit::kTest ? 1U : 0U);
}

}  // namespace

int NumSkins() { return static_cast<int>(kSkins.size()); }

Material SkinMaterial(int skin, std::uint32_t seed) {
  Material material;
  material.pattern = Pattern::kSkin;
  const int tone = std::clamp(skin, 0, kNumSkins - 1) * NumSkins() / kNumSkins;
  material.a = Linear(kSkins[static_cast<std::size_t>(tone)]);
  material.b = material.a.cwiseProduct(Vec3f(0.82F, 0.6F, 0.55F));
  material.c = 0.3F * material.a;
  material.scale = 1;
  material.gloss = 0.08F;
  material.roughness = 0.5F;
  material.seed = seed;
  return material;
}

Material LipMaterial(int skin) {
  Material material = SkinMaterial(skin, 0);
  material.pattern = Pattern::kPlain;
  material.a = material.a.cwiseProduct(Vec3f(0.78F, 0.5F, 0.48F));
  return material;
}

Material HairMaterial(float age_years, int skin, OutfitSplit split, Random& random) {
  Material material;
  material.pattern = Pattern::kHair;
  material.scale = random.Uniform(0.7F, 1.4F);
  const float grey = std::clamp((age_years - 42) / 35, 0.0F, 1.0F);
  const float dyed = age_years > 14 && age_years < 60 ? 0.06F : 0.0F;
  if (random.Chance(0.75F * grey)) {
    const float level = random.Uniform(0.15F, 0.62F);
    material.a = level * Vec3f(1, 0.985F, 0.96F);
  } else if (random.Chance(dyed)) {
    material.a = PickColour(kDyes, split, random);
  } else {
    // Dark skin goes with dark hair.
    const std::size_t lightest = skin >= 5 ? 5 : kHairs.size();
    const float dark = random.Uniform();
    if (dark < 0.45F || lightest < kHairs.size()) {
      material.a = PickColour(std::span(kHairs).first(5), split, random);
    } else {
      material.a = PickColour(kHairs, split, random);
    }
  }
  material.a *= random.Uniform(0.85F, 1.15F);
  material.b = 0.5F * material.a;
  material.c = (1.5F * material.a).cwiseMin(1.0F);
  // Strands scatter what a smooth cap would mirror: a broad, weak sheen.
  material.gloss = random.Uniform(0.04F, 0.14F);
  material.roughness = 0.75F;
  material.seed = PatternSeed(split, random);
  return material;
}

Material BrowMaterial(const Material& hair) {
  Material material = hair;
  material.pattern = Pattern::kPlain;
  // Brows are seldom dyed.
  material.a = 0.8F * hair.a.mean() * Vec3f(1.15F, 0.98F, 0.87F);
  material.gloss = 0;
  return material;
}

Material ClothMaterial(ClothUse use, OutfitSplit split, Random& random) {
  Material material;
  const std::vector<PatternShare> patterns = PatternsOf(use);
  float at = random.Uniform();
  std::size_t chosen = 0;
  while (chosen + 1 < patterns.size() && at >= patterns[chosen].share) {
    at -= patterns[chosen++].share;
  }
  material.pattern = patterns[chosen].pattern;
  material.scale = random.Uniform(patterns[chosen].scale_low, patterns[chosen].scale_high);
  material.a = ColourOf(use, split, random);
  // A second colour that can be told from the first.
  for (int attempt = 0; attempt < 6; ++attempt) {
    material.b = ColourOf(use == ClothUse::kCoat ? ClothUse::kTop : use, split, random);
    if ((material.a - material.b).norm() > 0.25F) {
      break;
    }
  }
  material.c = ColourOf(ClothUse::kTop, split, random);
  if (material.pattern == Pattern::kSpeckle) {
    material.b = 0.65F * material.a + 0.35F * material.b;
  }
  if (material.pattern == Pattern::kKnit || material.pattern == Pattern::kDenim) {
    material.b = 0.6F * material.a;
  }
  const bool shiny = use == ClothUse::kPuffer || use == ClothUse::kShoe || use == ClothUse::kBag;
  material.gloss = shiny ? random.Uniform(0.02F, 0.3F) : random.Uniform(0, 0.03F);
  material.roughness = random.Uniform(0.4F, 0.8F);
  material.seed = PatternSeed(split, random);
  return material;
}

Vec3f ThingColour(OutfitSplit split, Random& random) {
  const std::array<std::span<const Rgb>, 4> lists{kWhite, kBright, kDark, kEarth};
  return PickColour(lists[static_cast<std::size_t>(random.Index(4))], split, random);
}

bool IsHeldOutColour(const Vec3f& colour) {
  const std::array<std::span<const Rgb>, 9> lists{kDark,  kNeutral,   kWhite,   kBright, kPastel,
                                                  kEarth, kDenimBlue, kLeather, kDyes};
  for (const std::span<const Rgb> list : lists) {
    for (std::size_t i = 0; i < list.size(); ++i) {
      if (HeldOut(i) && (Linear(list[i]) - colour).norm() < 1e-5F) {
        return true;
      }
    }
  }
  return false;
}

}  // namespace tenjo::synth
