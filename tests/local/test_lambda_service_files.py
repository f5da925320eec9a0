"""What an environment has of files: the function's code, its layers, Lambda's own packages."""

import io
import json
import stat
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from lambda_functions import Lambda, at_once, function, running, with_code, zipped

from fan_out.local.lambda_service import FunctionConfiguration, InvalidPackage


@pytest.fixture
def aws(tmp_path: Path) -> Iterator[Lambda]:
    with running(tmp_path / "lambda") as aws:
        yield aws


IMPORT = """
    import importlib

    def handler(names, context):
        found = {}
        for name in names:
            try:
                found[name] = getattr(importlib.import_module(name), "__file__", None)
            except ImportError as error:
                found[name] = str(error)
        return found
"""


def test_lambda_brings_the_aws_sdk_and_what_it_needs(aws: Lambda) -> None:
    names = ["boto3", "botocore", "s3transfer", "jmespath", "dateutil", "urllib3", "six"]

    found = aws.answer(function(IMPORT), [*names, "awslambdaric"])

    assert all("/runtime/" in found[name] for name in [*names, "awslambdaric"]), found


def test_no_other_package_of_ours_can_be_imported(aws: Lambda) -> None:
    ours = ["rich", "moto", "pytest", "aws_cdk", "fan_out", "psutil", "pip", "bootstrap"]

    found = aws.answer(function(IMPORT), ours)

    assert found == {name: f"No module named '{name}'" for name in ours}


def test_nor_can_a_python_that_the_handler_starts(aws: Lambda) -> None:
    start = function(
        """
        import subprocess, sys

        def handler(statement, context):
            command = [sys.executable, "-c", statement]
            return subprocess.run(command, capture_output=True, text=True, timeout=20).stderr
        """
    )

    assert aws.answer(start, "import boto3") == ""
    assert "No module named 'rich'" in aws.answer(start, "import rich")


def test_the_handler_s_own_aws_calls_go_to_the_embedded_aws(aws: Lambda) -> None:
    address = function(
        """
        import boto3

        def handler(event, context):
            s3 = boto3.client("s3")
            parameters = {"Bucket": "results", "Key": "a.json"}
            return [
                s3.generate_presigned_url("get_object", parameters),
                s3.meta.region_name,
                boto3.client("sqs").meta.endpoint_url,
                boto3.Session().available_profiles,
            ]
        """
    )

    url, region, sqs, profiles = aws.answer(address)

    assert url.startswith("http://localhost:1/results/a.json?")
    assert region == "us-east-1"
    assert sqs == "http://localhost:1"
    assert profiles == ["default"]


def test_an_environment_signs_as_its_function_s_role_to_its_end(aws: Lambda) -> None:
    token = function("import os\ndef handler(e, c): return os.environ['AWS_SESSION_TOKEN']")
    assert aws.answer(token) == aws.answer(token) == f"of {token.role}"
    other = replace(token, role="arn:aws:iam::123456789012:role/other")
    assert aws.answer(other) == f"of {other.role}"


WHERE = """
    import json, os, sys, tempfile, tests.some

    def handler(event, context):
        with open("data.json") as data:
            return {
                "data": json.load(data),
                "cwd": os.getcwd(),
                "path": sys.path,
                "argv": sys.argv[1:],
                "files": sorted(os.listdir()),
                "temporary": tempfile.gettempdir(),
            }
"""


def packed(**changes: Any) -> FunctionConfiguration:
    # tests are the one thing that is not compiled when it is unpacked
    files = {"app.py": WHERE, "tests/some.py": "", "data.json": "[1, 2]"}
    return with_code(zipped(files), **changes)


def test_the_function_runs_in_the_folder_of_its_own_files(aws: Lambda) -> None:
    seen = aws.answer(packed())

    assert seen["data"] == [1, 2]
    assert seen["path"][0] == seen["cwd"]
    assert seen["argv"] == []
    assert {"app.py", "data.json"} <= set(seen["files"])


def test_nothing_is_written_into_the_function_s_folder(aws: Lambda, tmp_path: Path) -> None:
    aws.answer(packed(environment={"COLD": "1"}))
    (folder,) = tmp_path.glob("lambda/*/code/*")
    before = {file: file.stat().st_mtime_ns for file in folder.rglob("*")}

    aws.answer(packed(environment={"COLD": "2"}))

    assert {file: file.stat().st_mtime_ns for file in folder.rglob("*")} == before


def test_no_cold_start_compiles_what_another_has_compiled(aws: Lambda) -> None:
    whether = function("import os\ndef handler(e, c): return os.path.exists(__spec__.cached)")

    assert aws.answer(whether)


def test_each_environment_has_a_temporary_folder_that_goes_with_it(
    aws: Lambda, tmp_path: Path
) -> None:
    keep = """
        import os, tempfile

        def handler(name, context):
            open(os.path.join(tempfile.gettempdir(), name), "w").close()
            return sorted(os.listdir(tempfile.gettempdir()))
    """
    assert aws.answer(function(keep, name="first"), "a") == ["a"]
    assert aws.answer(function(keep, name="second"), "b") == ["b"]
    assert aws.answer(function(keep, name="first"), "c") == ["a", "c"]

    assert len(list(tmp_path.glob("lambda/*/tmp-*/*"))) == 3
    aws.service.close()
    assert not list(tmp_path.glob("lambda/*"))


def layer(**files: str) -> bytes:
    return zipped({name.replace("__", "/") + ".py": text for name, text in files.items()})


USE_LAYERS = """
    import sys, tools

    def handler(event, context):
        return [tools.WHO, tools.__file__]
"""


def test_layers_are_laid_one_over_the_other(aws: Lambda) -> None:
    layers = (layer(python__tools="WHO = 1"), layer(python__tools="WHO = 2"))

    assert aws.answer(function(USE_LAYERS, layers=layers))[0] == 2
    assert aws.answer(function(USE_LAYERS, layers=layers[::-1]))[0] == 1


def test_a_layer_s_site_packages_come_before_its_python_folder(aws: Lambda) -> None:
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    both = zipped(
        {
            "python/tools.py": "WHO = 'python'",
            f"python/lib/{version}/site-packages/tools.py": "WHO = 'site-packages'",
        }
    )

    assert aws.answer(function(USE_LAYERS, layers=(both,)))[0] == "site-packages"


def test_the_function_s_own_modules_come_before_those_of_its_layers(aws: Lambda) -> None:
    code = zipped({"app.py": USE_LAYERS, "tools.py": "WHO = 'mine'"})

    mine = with_code(code, layers=(layer(python__tools="WHO = 'layer'"),))

    assert aws.answer(mine)[0] == "mine"


def test_a_function_may_bring_another_version_of_what_lambda_brings(aws: Lambda) -> None:
    code = zipped({"app.py": IMPORT, "boto3/__init__.py": "", "json.py": "handler = None"})

    found = aws.answer(with_code(code), ["boto3"])

    assert "/runtime/" not in found["boto3"]


def test_a_layer_s_programs_are_on_the_path(aws: Lambda) -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        program = zipfile.ZipInfo("bin/greet")
        program.external_attr = (stat.S_IFREG | 0o755) << 16
        archive.writestr(program, "#!/bin/sh\necho hello")
    call = "import subprocess\ndef handler(e, c): return subprocess.getoutput('greet')"

    assert aws.answer(function(call, layers=(stream.getvalue(),))) == "hello"


def test_links_within_a_package_are_kept(aws: Lambda) -> None:
    code = package_with_link("library.so.1")

    assert aws.answer(code) == "library"


def package_with_link(target: str) -> FunctionConfiguration:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        link = zipfile.ZipInfo("lib/library.so")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, target)
        archive.writestr("lib/", "")
        archive.writestr("lib/library.so.1", "library")
        archive.writestr("app.py", "def handler(e, c): return open('lib/library.so').read()")
    return with_code(stream.getvalue())


@pytest.mark.parametrize("target", ["../../outside", "/etc/passwd", "../../../../../etc/passwd"])
def test_a_link_out_of_the_package_is_refused(aws: Lambda, target: str) -> None:
    with pytest.raises(InvalidPackage, match="the code of worker must stay in its folder"):
        aws.invoke(package_with_link(target))


@pytest.mark.parametrize("name", ["../escaped.txt", "/tmp/escaped.txt", "a/../../escaped.txt"])
def test_a_file_out_of_the_package_is_refused(aws: Lambda, tmp_path: Path, name: str) -> None:
    with pytest.raises(InvalidPackage, match="must stay in its folder, got a file"):
        aws.invoke(with_code(zipped({"app.py": "", name: "escaped"})))

    assert not list(tmp_path.rglob("escaped.txt"))


@pytest.mark.parametrize("content", [b"", b"no zip", zipped({"app.py": "x" * 99})[:-30]])
def test_what_is_no_zip_is_refused(aws: Lambda, content: bytes) -> None:
    with pytest.raises(InvalidPackage, match="the code of worker must be a zip file"):
        aws.invoke(with_code(content))
    with pytest.raises(InvalidPackage, match="a layer of worker must be a zip file"):
        aws.invoke(function("", layers=(content,)))


def test_a_refused_package_takes_no_environment(tmp_path: Path) -> None:
    with running(tmp_path, max_environments=1) as aws:
        for _ in range(2):
            with pytest.raises(InvalidPackage):
                aws.invoke(with_code(b"no zip"))

        assert aws.answer(function("def handler(e, c): return 1")) == 1


def test_the_same_code_is_unpacked_once(aws: Lambda, tmp_path: Path) -> None:
    same = [packed(name=f"worker{n}") for n in range(4)]
    at_once(lambda: aws.answer(same.pop()), 4)

    (folder,) = tmp_path.glob("lambda/*/code/*")
    assert json.loads((folder / "data.json").read_text()) == [1, 2]
