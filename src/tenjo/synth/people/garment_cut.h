#pragma once

#include "tenjo/synth/people/garment_form.h"

namespace tenjo::synth {

// Fields that garments are cut along: positive on the cloth's side. Parameters in metres of the
// body itself (scale them with form.scale where they stand for a standard body).

Field Both(Field a, Field b);    //!< where both are positive
Field Either(Field a, Field b);  //!< where either is

//! Above a level hem; the arms, which hang beside it, stay.
Field AboveHem(const Form& form, float z);
//! Below a level waistband, without arms.
Field BelowWaist(const Form& form, float z);
//! The sleeve as far as `along_m` from the shoulder joint.
Field SleeveTo(const Form& form, float along_m);
//! The leg as far as `along_m` from the hip joint.
Field LegTo(const Form& form, float along_m);
//! The leg from `along_m` on: socks, boots.
Field LegFrom(const Form& form, float along_m);
//! No sleeve at all: cut around the shoulder.
Field Armhole(const Form& form, float inset_m);
//! Round neckline close to the neck, `drop_m` below where the neck begins (negative: up the neck),
//! no wider than `radius_m` on the shoulders.
Field CrewNeck(const Form& form, float drop_m, float radius_m);
//! Wide round neckline.
Field ScoopNeck(const Form& form, float half_width_m, float front_drop_m);
//! V in front that ends `depth_m` below the neck; behind like CrewNeck.
Field VNeck(const Form& form, float depth_m);
//! Open in front, half as wide as told at the bottom of the trunk and at the neck.
Field OpenFront(const Form& form, float half_width_low_m, float half_width_high_m);
//! The front of the trunk between two heights, as wide as told: bibs.
Field FrontPanel(const Form& form, float low_z, float high_z, float half_low_m, float half_high_m);

}  // namespace tenjo::synth
