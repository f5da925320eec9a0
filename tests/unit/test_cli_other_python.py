"""A run in the embedded AWS says once that its Python is another than AWS's."""

import json
from pathlib import Path

from fan_out.cli.other_python import THIS_PYTHON, other_python


def assembly(folder: Path, **runtimes: object) -> Path:
    nested = folder / "assembly-Stage"
    nested.mkdir()
    for place, names in ((folder, list(runtimes)[:1]), (nested, list(runtimes)[1:])):
        resources = {
            name: {"Type": "AWS::Lambda::Function", "Properties": {"Runtime": runtimes[name]}}
            for name in names
        }
        (place / "Stack.template.json").write_text(json.dumps({"Resources": resources}))
    (folder / "Empty.template.json").write_text("{}")
    return folder


def test_each_other_python_of_the_app_is_named_once_in_order(tmp_path: Path) -> None:
    said = other_python(assembly(tmp_path, a="python3.40", b="python3.9", c="python3.40"))
    assert said == (
        f"note: functions run on this machine's Python {THIS_PYTHON} here, in AWS on 3.9, 3.40"
    )


def test_nothing_is_said_of_the_same_python_and_of_other_languages(tmp_path: Path) -> None:
    same = f"python{THIS_PYTHON}"
    assert other_python(assembly(tmp_path, a=same, b="nodejs22.x", c={"Ref": "Runtime"})) is None
