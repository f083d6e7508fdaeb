"""The whole chain at toy size; what it must reach is asserted by the script itself."""

import os
import subprocess
import sys
from pathlib import Path


def test_the_whole_chain(tmp_path):
    script = Path(__file__).resolve().parents[1] / "runs" / "tiny.sh"
    done = subprocess.run([script, tmp_path / "work"], capture_output=True, text=True, env=os.environ | {"PYTHON": sys.executable})
    assert done.returncode == 0, f"{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    assert "gold correctness" in done.stdout.splitlines()[-1]
