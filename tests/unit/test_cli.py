"""The command line itself: what its help needs, and how a mistake on it ends."""

import subprocess
import sys
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import pytest

from fan_out.cli.main import main

Usage = Callable[..., str]


@pytest.fixture
def usage_error(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Usage:
    """The one line that a command ends with, having started nothing."""
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nowhere/config")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nowhere/credentials")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")

    def line(*arguments: str) -> str:
        assert main(arguments) == 2
        out, err = capsys.readouterr()
        assert out == ""
        assert err.startswith("error: ")
        assert err.count("\n") == 1
        return err.removeprefix("error: ").rstrip("\n")

    return line


def python(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments], capture_output=True, text=True, check=False, timeout=60
    )


@pytest.mark.parametrize(
    "command", [[], ["run"], ["resume"], ["local"], ["local", "run"], ["local", "start"]]
)
def test_help_is_shown_without_loading_boto3_moto_or_cdk(command: list[str]) -> None:
    code = (
        "import sys\n"
        "from fan_out.cli.main import main\n"
        f"code = main({[*command, '--help']})\n"
        "print(sorted({'boto3', 'botocore', 'moto', 'aws_cdk'} & set(sys.modules)))\n"
        "sys.exit(code)"
    )
    done = python("-c", code)
    assert done.returncode == 0, done.stderr
    assert "Usage: fan-out" in done.stdout
    assert done.stdout.splitlines()[-1] == "[]"


def test_every_option_is_explained(capsys: pytest.CaptureFixture[str]) -> None:
    for command in (["run"], ["resume"], ["local", "run"], ["local", "start"]):
        main([*command, "--help"])
        lines = [line.strip("│ \n") for line in capsys.readouterr().out.splitlines()]
        options = [line for line in lines if line.startswith("--")]
        assert len(options) >= 5
        assert all(len(line.split()) > 3 for line in options), options


def test_the_help_of_a_command_has_examples(capsys: pytest.CaptureFixture[str]) -> None:
    for command in (["run"], ["resume"], ["local", "run"], ["local", "start"]):
        main([*command, "--help"])
        assert f"  fan-out {' '.join(command)}" in capsys.readouterr().out


def test_the_version_is_the_packages(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"fan-out {version('fan-out')}\n"


def test_the_module_is_the_command_too() -> None:
    done = python("-m", "fan_out", "run", "--nonsense")
    assert done.returncode == 2
    assert done.stderr == "error: no such option: --nonsense (--help shows the options)\n"


@pytest.mark.parametrize("arguments", [[], ["local"]])
def test_without_a_command_the_help_is_shown_and_no_error_without_words(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    shown = capsys.readouterr()
    assert "Usage:" in shown.out + shown.err
    assert "error" not in shown.err


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["nonsense"], "no such command 'nonsense' (--help shows the options)"),
        (["run", "--input"], "option '--input' requires an argument (--help shows the options)"),
        (["run", "--input", "{"], "--input must be JSON: Expecting property name"),
        (["run", "--input", ""], "--input must be JSON: Expecting value"),
        (["run", "--input", "[1]"], "--input must be a JSON object, got an array"),
        (["run", "--input", "true"], "--input must be a JSON object, got a boolean"),
        (["run", "--input", "105"], "--input must be a JSON object, got a number"),
        (["run", "--input", '{"n": NaN}'], "--input must be JSON: NaN is not JSON"),
        (["run", "--input", '{"n": 1e999}'], "--input must be JSON: 1e999 is more than a number"),
        (["run", "--input", "[" * 100_000], "--input must be JSON: "),
        (["run", "--input", '{"n": "\udcff"}'], "--input must be UTF-8"),
        (["run", "--input", r'{"n": "\ud800"}'], "--input must be UTF-8"),
        (["run", "--input", "@/nowhere"], "--input @/nowhere: cannot read the file: No such file"),
        (["run", "--input", "@/"], "--input @/: cannot read the file: Is a directory"),
        (["local", "start", "--max-environments", "0"], "invalid value for '--max-environments'"),
        (["local", "start", "--account", "12"], "account must be 12 digits, got '12'"),
        (["local", "run", "--region", "Mars"], "region must look like us-east-1, got 'Mars'"),
    ],
)
def test_a_mistake_is_one_line_and_starts_nothing(
    usage_error: Usage, arguments: list[str], line: str
) -> None:
    assert usage_error(*arguments).startswith(line)


def test_an_input_is_at_most_what_step_functions_takes(usage_error: Usage, tmp_path: Path) -> None:
    """Counted in bytes, of which the é has two; the longest that fits gets past the check."""
    file = tmp_path / "input.json"
    file.write_text('{"é": "' + "x" * (262_144 - 10) + '"}')
    assert usage_error("run", "--input", f"@{file}").startswith("no region")
    file.write_text('{"é": "' + "x" * (262_144 - 9) + '"}')
    assert usage_error("run", "--input", f"@{file}") == (
        f"--input @{file} must be at most 262144 bytes, got 262145"
    )


def test_a_file_that_is_no_utf_8_is_refused(usage_error: Usage, tmp_path: Path) -> None:
    file = tmp_path / "input.json"
    file.write_bytes(b'{"n": "\xff"}')
    assert usage_error("run", "--input", f"@{file}") == f"--input @{file}: the file must be UTF-8"


def test_without_a_region_the_line_says_where_to_set_it(usage_error: Usage) -> None:
    assert usage_error("run") == (
        "no region: set AWS_REGION, or AWS_PROFILE to a profile that has one"
    )


def test_without_credentials_the_line_says_how_to_get_them(
    usage_error: Usage, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    assert usage_error("run").startswith("no credentials: set AWS_PROFILE")


def test_a_profile_that_is_not_there_is_named(
    usage_error: Usage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    assert usage_error("run") == "The config profile (nobody) could not be found"


def test_an_aws_that_does_not_answer_is_named(
    usage_error: Usage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "a")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "b")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://localhost:1")
    line = usage_error("run")
    assert line.startswith("cannot connect to AWS: ")
    assert "http://localhost:1/" in line


def test_a_folder_without_an_app_is_named(
    usage_error: Usage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert usage_error("local", "run") == (
        f"no cdk.json in {tmp_path}: go to a CDK app's folder, or give --app"
    )


def test_a_context_that_is_no_pair_is_refused(usage_error: Usage) -> None:
    assert usage_error("local", "run", "-c", "prod") == "--context must be KEY=VALUE, got 'prod'"


def test_debug_shows_the_traceback_and_otherwise_there_is_none(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    assert main(["run", "--debug"]) == 2
    err = capsys.readouterr().err
    assert "Traceback" in err
    assert err.splitlines()[-1].startswith("error: ")


@pytest.mark.parametrize("missing", ["typer", "boto3"])
def test_a_package_that_is_not_installed_is_named(missing: str) -> None:
    code = (
        f"import sys\nsys.modules[{missing!r}] = None\n"
        "from fan_out.cli.main import main\nsys.exit(main(['run']))"
    )
    done = python("-c", code)
    assert done.returncode == 2
    assert done.stderr.startswith(f"error: no module {missing}: pip install 'fan-out[")
    assert done.stderr.count("\n") == 1
