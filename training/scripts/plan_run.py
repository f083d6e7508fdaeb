"""A dry run: memory and hours of the reinforcement stage for a larger model, from arithmetic (`rlhf/sizing.py`).

    python scripts/plan_run.py                                # 1.7 B and 8 B on 1 and 8 GPUs
    python scripts/plan_run.py --model 8B --gpus 8 --lora 16 --episodes 200000
    python scripts/plan_run.py --measure 135M                 # the same arithmetic against what this machine does
"""

import argparse
import dataclasses
import sys
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from rlhf.sizing import CPU, H100, SHAPES, forward_gflop, plan
from rlhf.throughput import measured


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", choices=SHAPES, action="append", help="default: 1.7B and 8B")
    parser.add_argument("--gpus", type=int, action="append", help="default: 1 and 8")
    parser.add_argument("--lora", type=int, default=0, metavar="RANK", help="train adapters of this rank only")
    parser.add_argument("--episodes", type=int, default=100_000)
    parser.add_argument("--measure", choices=SHAPES, help="time a forward and an update of a model of this shape here, and nothing else")
    args = parser.parse_args()
    if args.measure:
        torch.set_num_threads(1)
        m = measured(SHAPES[args.measure])
        print(f"{args.measure}, fp32, one thread, tokens a second of processor time; matrix products {m['matrixGflops']:.0f} GFLOP/s")
        for name in ("forward", "update"):
            print(f"{name:8} measured {m[name]:8.1f}  by arithmetic {m[name + 'Expected']:8.1f}  ratio {m[name] / m[name + 'Expected']:.2f}")
        return
    print(f"check: 135M forward on {CPU.name}: {CPU.tflops * 1000 / forward_gflop(SHAPES['135M']):.0f} tokens/s by this arithmetic (530 to 590 measured)")
    print(f"{'model':8}{'GPUs':>5}{'LoRA':>6}{'GB each':>10}{'fits 80':>9}{'rollout h':>11}{'scores h':>10}{'updates h':>11}{'hours':>8}")
    for name in args.model or ["1.7B", "8B"]:
        for devices in args.gpus or [1, 8]:
            p = plan(SHAPES[name], dataclasses.replace(H100, devices=devices), episodes=args.episodes, lora_rank=args.lora)
            print(f"{name:8}{devices:5}{args.lora:6}{p.gigabytes_per_device:10.1f}{'yes' if p.fits else 'no':>9}{p.rollout_hours:11.2f}{p.score_hours:10.2f}"
                  f"{p.update_hours:11.2f}{p.hours:8.2f}")


if __name__ == "__main__":
    main()
