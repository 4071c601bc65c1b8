#pragma once

#include <cstdint>

#include "tenjo/synth/people/body.h"
#include "tenjo/synth/people/palette.h"

namespace tenjo::synth {

enum class TopKind : std::uint8_t {
  kTShirt,
  kLongSleeve,
  kPolo,
  kShirt,
  kBlouse,
  kTankTop,
  kJumper,
  kTurtleneck,
  kHoodie,
  kRuffleTop,  //!< kTest only
};
enum class OuterKind : std::uint8_t {
  kNone,
  kCardigan,
  kJacket,
  kBlazer,
  kPuffer,
  kParka,
  kLongCoat,
  kDownVest,  //!< kTest only
};
enum class BottomKind : std::uint8_t {
  kSlim,
  kStraight,
  kWide,
  kShorts,
  kShortSkirt,
  kMidiSkirt,
  kFlaredSkirt,
  kLongSkirt,
  kShortDress,
  kLongDress,
  kCulottes,  //!< kTest only
};
enum class ShoeKind : std::uint8_t { kSneaker, kLowShoe, kPump, kBoot, kHighBoot };
enum class HairKind : std::uint8_t {
  kNone,
  kBaldTop,
  kBuzz,
  kShort,
  kQuiff,
  kBowl,
  kBob,
  kLong,
  kLongFringe,
  kPonytail,
  kBun,
  kCurly,
  kAfro,
  kPigtails,
  kTopKnot,  //!< kTest only
};
enum class HatKind : std::uint8_t {
  kNone,
  kCap,
  kCapBackwards,
  kBeanie,
  kPomBeanie,
  kBrimmed,
  kBucket,
  kHeadscarf,
  kHood,
  kStaffCap,
  kBeret,     //!< kTest only
  kStrawHat,  //!< kTest only
};
enum class BagKind : std::uint8_t {
  kNone,
  kBackpack,
  kSmallBackpack,
  kCrossbody,
  kShoulderBag,
  kTote,
  kWaistBag,  //!< kTest only
};
enum class Eyewear : std::uint8_t { kNone, kGlasses, kSunglasses };

//! What someone chose to wear, before it is cut to the body.
struct OutfitStyle {
  OutfitSplit split = OutfitSplit::kTrain;
  TopKind top = TopKind::kTShirt;
  OuterKind outer = OuterKind::kNone;
  BottomKind bottom = BottomKind::kStraight;
  ShoeKind shoe = ShoeKind::kSneaker;
  HairKind hair = HairKind::kShort;
  HatKind hat = HatKind::kNone;
  BagKind bag = BagKind::kNone;
  Eyewear eyewear = Eyewear::kNone;
  bool outer_open = false;
  bool hooded = false;  //!< a hood hangs down the back (up: HatKind::kHood)
  bool tucked = false;
  bool long_sleeves = false;
  bool apron = false;
  bool bib = false;  //!< the apron has one
  bool beard = false;
  bool scarf = false;
  bool legwear = false;  //!< tights or socks
  bool bag_left = false;
  float looseness = 0.4F;  //!< 0..1
  float length = 0.5F;     //!< of the top, 0..1
  std::uint32_t seed = 0;  //!< for everything that is cut
};

bool IsSkirt(BottomKind bottom);
bool IsDress(BottomKind bottom);

//! Draws what goes together, with the habits of sex and age.
OutfitStyle DrawStyle(const BodyShape& shape, OutfitSplit split, OutfitRole role, Random& random);

}  // namespace tenjo::synth
