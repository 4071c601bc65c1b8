#!/usr/bin/env bash
# Every benchmark that docs/benchmarks.md quotes, one after another, on an otherwise idle machine.
#   bench/all.sh BUILD_FOLDER
set -euo pipefail
cd "$(dirname "$0")/.."
build=$1
python=build/venv/bin/python3
mkdir -p build/bench
run() {
  echo "== $1"
  "${@:2}" 2>&1 | tee "build/bench/$1.txt"
}
run decode "$python" bench/decode.py --bench "$build/bench/decode_bench"
run sort "$python" bench/sort.py --program "$build/bench/sort_bench"
run eval_pose "$python" bench/eval_pose.py --bench "$build/bench/eval_pose_bench"
run eval_track "$python" bench/eval_track.py --bench "$build/bench/eval_track_bench"
run network_table "$build/bench/network_table_bench"
run person_heads "$build/bench/person_heads_bench"
run track "$build/bench/track_bench"
[ ! -x "$build/bench/network_training_bench" ] || run network_training "$build/bench/network_training_bench"
run synth "$python" bench/synth.py "$build/tenjo"
rm -rf build/bench/set && "$build/tenjo" synth build/bench/set --images 200 --seed 5 --quiet
run training_loader "$python" bench/training_loader.py "$build/tenjo" build/bench/set
if [ -e ../shared/data/video ]; then
  run trackers "$python" bench/trackers.py mot15 "$build/tenjo"
  run run_speed "$python" bench/run_speed.py "$build/tenjo"
  run int8_runtimes "$python" bench/int8_runtimes.py models/tenjo-pose-int8.onnx
  run preprocess "$python" bench/preprocess.py ../shared/data/omz/human-pose-estimation-0001/human-pose-estimation-0001.xml
  run first_result "$python" bench/first_result.py "$build/tenjo"
  run run_vs_network "$python" bench/run_vs_network.py "$build"
  run one_by_one "$python" bench/one_by_one.py "$build/tenjo"
  run coco_ap "$python" bench/coco_ap.py "$build/tenjo"
  run synth_realism "$python" bench/synth_realism.py "$build/tenjo"
  run memory "$python" bench/memory.py "$build/tenjo"
  run serve_load "$python" bench/serve.py load "$build/tenjo"
  run serve_kill "$python" bench/serve.py kill "$build/tenjo"
  run serve_start "$python" bench/serve.py start "$build/tenjo"
else
  echo "The measuring data is absent: the benchmarks on real video and COCO images are left out."
fi
