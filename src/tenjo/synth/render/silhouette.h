#pragma once

#include "tenjo/camera/camera.h"
#include "tenjo/synth/scene/scene.h"

namespace tenjo::synth {

//! Pixels of the picture that a person of the scene would cover if nothing were in front: what of
//! the body's mask there is to see at all. Triangles are filled between their projected corners
//! (Pineda 1988), which for the small ones of bodies differs from tracing by a pixel on the
//! outline. 0 if the lens sees nothing of the body.
int SilhouetteArea(const Scene& scene, int person, const Camera& camera);

}  // namespace tenjo::synth
