#!/bin/sh
# Makes assets/demo: a busy cafe from the ceiling, with its truth. Usage: tools/make_demo_clip.sh TENJO
set -eu
tenjo=$1
root=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$tenjo" synth "$work/cafe" --sequence 24 --fps 12 --seed 5 --people 8-11 --busy 2 --camera wide --tilt 0-12 --size 640x480
mkdir -p "$root/assets/demo"
# Smaller than the set's own video, which is made to be trained on.
ffmpeg -y -v error -i "$work/cafe/cam1.mp4" -c:v libx264 -preset veryslow -crf 29 -pix_fmt yuv420p \
  -movflags +faststart "$root/assets/demo/cafe.mp4"
cp "$work/cafe/truth.json" "$root/assets/demo/cafe.json"
python3 - "$root/assets/demo" <<'END'
import json, pathlib, sys
folder = pathlib.Path(sys.argv[1])
camera = json.loads((folder / "cafe.json").read_text())["cameras"][0]["camera"]
del camera["height_m"], camera["tilt"]
(folder / "cafe.camera.json").write_text(json.dumps(camera) + "\n")
END
cp "$work/cafe/cam1.gt.txt" "$root/assets/demo/cafe.gt.txt"
python3 - "$work/cafe/cam1.json" <<'END' | xz -9e -c > "$root/assets/demo/cafe.coco.json.xz"
import json, sys
labels = json.load(open(sys.argv[1]))
for person in labels["annotations"]:
    for large in ("segmentation", "full_box", "facing"):
        person.pop(large, None)
print(json.dumps(labels, separators=(",", ":")))
END
ls -l "$root/assets/demo"
