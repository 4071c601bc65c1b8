#include "tenjo/synth/set/cloth_pictures.h"

#include <algorithm>

#include "tenjo/synth/people/dye.h"

namespace tenjo::synth {

void WearPictures(Actor& actor, const Assets& assets, std::uint64_t seed) {
  if (!assets.textures.empty()) {
    Random random(seed, 0xc107);
    actor.outfit = DyeWithPictures(*actor.outfit, static_cast<int>(assets.textures.size()), random);
  }
}

void TakePictures(Scene& scene, std::size_t first_mesh, const Assets& assets) {
  for (std::size_t m = first_mesh; m < scene.meshes.size(); ++m) {
    Mesh& mesh = scene.meshes[m];
    if (mesh.person < 0 || mesh.material.pattern != Pattern::kTexture) {
      continue;
    }
    const TextureImage& wanted = assets.textures[static_cast<std::size_t>(mesh.material.texture)];
    const auto found =
        std::find_if(scene.textures.begin(), scene.textures.end(), [&](const TextureImage& t) {
          return t.width == wanted.width && t.height == wanted.height && t.rgb == wanted.rgb;
        });
    mesh.material.texture = static_cast<int>(found - scene.textures.begin());
    if (found == scene.textures.end()) {
      scene.textures.push_back(wanted);
    }
    for (Vec3f& at : mesh.rest) {
      at = Vec3f(0, at.y() + 0.6F * at.x(), at.z());  // must not smear over the sides
    }
  }
}

}  // namespace tenjo::synth
