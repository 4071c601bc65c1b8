#!/usr/bin/env python3
"""Who is it, across cameras and within one: appearance networks on rendered people whom no training showed.

    bench/appearance.py TENJO SET [--networks appearance,FILE,...]

SET is a folder of `tenjo synth --identities 500 --views 6 --split test`. Open Model Zoo's
person-reidentification-retail-0288, trained on upright people, is the last row; "errors" are 1 - rank-1 over its.
"""
import argparse
import json
import pathlib
import subprocess
import sys

DATA = pathlib.Path(__file__).resolve().parent.parent.parent / "shared" / "data"
PEER = DATA / "omz" / "person-reidentification-retail-0288" / "person-reidentification-retail-0288.xml"
MODELS = pathlib.Path(__file__).resolve().parent.parent / "models"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tenjo")
    parser.add_argument("set")
    parser.add_argument("--networks", default="appearance")
    args = parser.parse_args()
    figures = {}
    for name in [*args.networks.split(","), str(PEER)]:
        file = pathlib.Path(name) if "/" in name or "." in name else MODELS / f"tenjo-{name}.onnx"
        done = subprocess.run([args.tenjo, "eval", "appearance", "--model", str(file), "--data", args.set, "--json", "-", "--quiet"],
                              capture_output=True, text=True)
        if done.returncode != 0:
            sys.exit(done.stderr)
        figures[file.stem] = json.loads(done.stdout)
    worst = 1 - figures[PEER.stem]["across"]["rank1"]
    print("| network | rank-1 | rank-5 | mAP | errors | rank-1 within a camera |\n| --- | --- | --- | --- | --- | --- |")
    for name, found in figures.items():
        across = found["across"]
        print(f"| {name} | {across['rank1']:.4f} | {across['rank5']:.4f} | {across['mAP']:.4f} | "
              f"{(1 - across['rank1']) / worst if worst > 0 else 0:.2f} | {found['within']['rank1']:.4f} |")


if __name__ == "__main__":
    main()
