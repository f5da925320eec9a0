"""Whatever the shell is like that starts the tests, they and their commands begin alike."""

import json
import os
import subprocess
import sys
from pathlib import Path

HOSTILE = {
    "AWS_PROFILE": "somebody",
    "CDK_OUTDIR": "/nowhere",
    "PIP_USER": "1",
    "HTTPS_PROXY": "http://nowhere:1",
    "http_proxy": "nonsense",
    "FORCE_COLOR": "1",
    "NO_COLOR": "1",
    "LC_ALL": "tr_TR.ISO-8859-9",
    "LANGUAGE": "tr",
}

PROBE = """
import inherited, json, os, signal, subprocess, sys
inherited.set_right()
child = "import json, os, signal; print(json.dumps([os.umask(0), dict(os.environ), *(" \
    "int(signal.getsignal(number) is not signal.SIG_IGN) for number in (1, 2, 15))]))"
print(subprocess.run([sys.executable, "-c", child], capture_output=True, text=True).stdout)
"""


def test_what_tests_start_begins_alike_in_the_background_under_nohup_and_in_any_shell() -> None:
    done = subprocess.run(
        [
            "sh",
            "-c",
            'trap "" INT HUP TERM; umask 077; exec "$@"',
            "sh",
            sys.executable,
            "-c",
            PROBE,
        ],
        env={**os.environ, **HOSTILE, "PIP_INDEX_URL": "kept"},
        cwd=Path(__file__).parent,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    umask, environ, *heeded = json.loads(done.stdout)
    assert umask == 0o022
    assert heeded == [True, True, True]
    assert environ["LC_ALL"] == "C.UTF-8"
    assert set(environ) & (HOSTILE.keys() - {"LC_ALL"}) == set()
    assert environ["PIP_INDEX_URL"] == "kept"


def test_a_run_of_the_tests_is_such_a_beginning() -> None:
    assert os.environ["LC_ALL"] == "C.UTF-8"
    assert set(os.environ) & (HOSTILE.keys() - {"LC_ALL"}) == set()
