"""`runs/tiny.sh`: the whole chain, asserted by the script itself."""

import os
import subprocess
import sys
from pathlib import Path

TRAINING = Path(__file__).resolve().parents[1]


def test_the_whole_chain_learns(tmp_path):
    done = subprocess.run(["bash", str(TRAINING / "runs/tiny.sh"), str(tmp_path)], env=os.environ | {"PYTHON": sys.executable},
                          capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    assert "sampledReward" in done.stdout.splitlines()[-1]
