"""Several stages one after the other in one process, so that the libraries are loaded once. Each line of standard input is a script of
this folder with its options, quoted as in a shell; the first one that fails ends the run.

    printf '%s\n' "train_sft.py --rows demonstrations.jsonl .." "sample_candidates.py .." | python scripts/run_stages.py
"""

import importlib
import shlex
import sys
import time


def main() -> None:
    for line in sys.stdin.read().splitlines():
        script, *options = shlex.split(line)
        print(f"== {script} {shlex.join(options)}", flush=True)
        started, sys.argv = time.process_time(), [script, *options]
        importlib.import_module(script.removesuffix(".py")).main()
        print(f"   {time.process_time() - started:.1f} s of processor time", flush=True)


if __name__ == "__main__":
    main()
