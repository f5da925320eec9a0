"""With namespaces, an environment has Lambda's files, user and processes, and none of ours."""

import json
import os
import ssl
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from lambda_functions import Gate, Lambda, at_once, function, processes, running, with_code, zipped

from fan_out.local.lambda_service import isolation
from fan_out.local.lambda_service.isolation import OFF, Isolation
from fan_out.local.lambda_service.runtime_directory import RuntimeDirectory
from fan_out.local.lambda_service.variables import Place


@pytest.fixture(scope="module")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lambda]:
    with running(tmp_path_factory.mktemp("lambda"), max_environments=8) as aws:
        if not aws.service.isolated:
            pytest.skip("this kernel allows no namespaces: what they hide is not tested")
        yield aws


PART = """
    import os, socket

    def handler(port, context):
        with open("/tmp/part.csv", "x") as part:
            part.write(context.log_stream_name)
        with socket.create_connection(("127.0.0.1", port)) as gate:
            gate.sendall(b"written")
            gate.recv(1)
        with open("/tmp/part.csv") as part:
            assert part.read() == context.log_stream_name
        return os.listdir("/tmp")
"""


def test_eight_at_once_write_a_file_of_one_name_and_read_their_own(aws: Lambda, gate: Gate) -> None:
    with ThreadPoolExecutor(8) as threads:
        answers = [threads.submit(aws.answer, function(PART), gate.event) for _ in range(8)]
        for _ in answers:
            gate.wait_until_reached()
        gate.open()

    assert [answer.result() for answer in answers] == [["part.csv"]] * 8


TEMPORARY = """
    import os, tempfile

    def handler(event, context):
        open("/tmp/kept", "a").close()
        os.makedirs("/tmp/a/b", exist_ok=True)
        return [tempfile.gettempdir(), os.environ.get("TMPDIR"), sorted(os.listdir("/tmp"))]
"""


def test_the_temporary_folder_is_tmp_and_stays_with_its_environment(aws: Lambda) -> None:
    for name in ("one", "one", "another"):
        assert aws.answer(function(TEMPORARY, name=name)) == ["/tmp", None, ["a", "kept"]]


def test_code_is_in_var_task_and_its_tracebacks_say_so(aws: Lambda) -> None:
    files = {"worker.py": "import inner\ndef run(e, c): return inner.fail(e)"}
    files["inner.py"] = "def fail(event):\n    return 1 / event"
    worker = with_code(zipped(files), handler="worker.run")

    trace = aws.error(worker, 0)["stackTrace"]

    assert [line.split(",")[0] for line in trace] == [
        '  File "/var/task/worker.py"',
        '  File "/var/task/inner.py"',
    ]
    (logged,) = [line for line in aws.lines() if "ZeroDivisionError" in line]
    assert 'File "/var/task/worker.py", line 2, in run' in logged


PLACES = """
    import os, sys

    def handler(event, context):
        return [os.environ["LAMBDA_TASK_ROOT"], os.environ["LAMBDA_RUNTIME_DIR"], os.getcwd(),
                sys.prefix, sys.executable, sorted(os.listdir("/var/task"))]
"""


def test_lambda_s_own_folders_have_lambda_s_names(aws: Lambda) -> None:
    assert aws.answer(function(PLACES)) == [
        *["/var/task", "/var/runtime", "/var/task", "/var/runtime", "/var/runtime/bin/python"],
        ["__pycache__", "app.py"],
    ]


WRITE = """
    import os

    def handler(folders, context):
        written = {}
        for folder in folders:
            try:
                open(os.path.join(folder, "new"), "w").close()
            except OSError as error:
                written[folder] = error.strerror
        return written
"""


def test_everything_but_tmp_is_read_only(aws: Lambda) -> None:
    layer = zipped({"python/tools.py": ""})
    folders = ["/var/task", "/opt", "/opt/python", "/var/runtime", "/usr/lib", "/etc", "/", "/var"]
    folders += ["/home/sbx_user1051", sys.base_prefix, "/dev"]
    folders += ["/var/runtime/lib/python{}.{}/site-packages/boto3".format(*sys.version_info[:2])]

    written = aws.answer(function(WRITE, layers=(layer,)), [*folders, "/tmp"])

    assert written == dict.fromkeys(folders, "Read-only file system")


def test_layers_are_in_opt(aws: Lambda) -> None:
    use = "import tools\ndef handler(event, context): return tools.__file__"
    layers = (zipped({"python/tools.py": ""}), zipped({"data.txt": ""}))

    assert aws.answer(function(use, layers=layers)) == "/opt/python/tools.py"
    show = "import os\ndef handler(event, context): return sorted(os.listdir('/opt'))"
    assert set(aws.answer(function(show, layers=layers))) == {"data.txt", "python"}
    assert aws.answer(function(show)) == []


SHARED_MEMORY = """
    import multiprocessing

    def handler(name, context):
        try:
            getattr(multiprocessing, name)()
        except OSError as error:
            return error.errno
"""


@pytest.mark.parametrize("name", ["Pool", "Queue", "Lock", "Semaphore"])
def test_there_is_no_shared_memory_as_in_lambda(aws: Lambda, name: str) -> None:
    # 38 with the C library of Amazon Linux 2, 2 with a later one
    assert aws.answer(function(SHARED_MEMORY), name) in (2, 38)


def test_pipes_and_processes_work_as_in_lambda(aws: Lambda) -> None:
    use = """
        import multiprocessing

        def work(pipe, event):
            pipe.send(event * 2)

        def handler(event, context):
            ours, theirs = multiprocessing.Pipe()
            process = multiprocessing.Process(target=work, args=(theirs, event))
            process.start()
            process.join()
            return ours.recv()
    """
    assert aws.answer(function(use), 21) == 42


PROC = """
    import glob, os

    def handler(secret, context):
        found = []
        for path in glob.glob("/proc/[0-9]*/environ"):
            try:
                found += [path] if secret in open(path).read() else []
            except OSError:
                pass
        return [found, len(glob.glob("/proc/[0-9]*"))]
"""


def test_no_process_of_this_machine_is_seen(aws: Lambda) -> None:
    secret = "A_TOKEN=of-the-developer"
    environ = {**os.environ, "A_TOKEN": "of-the-developer"}
    with subprocess.Popen(["sleep", "600"], env=environ) as other:
        try:
            found, seen = aws.answer(function(PROC), secret)
        finally:
            other.kill()

    assert found == []
    assert seen == 2


HOME = """
    import os, pathlib, pwd

    def handler(paths, context):
        homes = {os.path.expanduser("~"), str(pathlib.Path.home()), pwd.getpwuid(os.getuid())[5]}
        return [sorted(homes), os.listdir("/home/sbx_user1051"), os.environ.get("HOME"),
                [path for path in paths if os.path.exists(path)]]
"""


def test_the_home_is_empty_and_the_developer_s_files_are_not_there(
    aws: Lambda, tmp_path: Path
) -> None:
    (tmp_path / "private").touch()
    ours = [str(path) for path in (tmp_path, tmp_path / "private", __file__, Path.cwd())]
    for path in Path.home().glob("*"):
        if not any(Path(sys.base_prefix).is_relative_to(p) for p in (path, path.resolve())):
            ours.append(str(path))

    assert aws.answer(function(HOME), ours) == [["/home/sbx_user1051"], [], None, []]


USER = """
    import grp, os, pwd

    def handler(event, context):
        with open("/proc/self/status") as status:
            able = [line.split()[1] for line in status if line.startswith("CapEff")]
        return [os.getuid(), os.getgid(), pwd.getpwuid(os.getuid()).pw_name, able]
"""


def test_the_user_is_lambda_s_in_it_and_ours_outside(aws: Lambda) -> None:
    seen = aws.answer(function(USER))

    assert seen == [993, 990, "sbx_user1051", ["0" * 16]]
    (runtime,) = processes(aws.stream)
    assert runtime.uids().real == os.getuid()


MACHINE = """
    import datetime, locale, os, socket, ssl, subprocess, sys, zoneinfo

    def handler(event, context):
        open("/dev/null", "w").close()
        print("by a name", file=open("/dev/stdout", "w"))
        return {
            "certificates": len(ssl.create_default_context().get_ca_certs()),
            "zone": str(datetime.datetime(2026, 1, 1, tzinfo=zoneinfo.ZoneInfo("Asia/Tokyo"))),
            "local": datetime.datetime.fromtimestamp(0).isoformat(),
            "encoding": locale.getpreferredencoding().upper(),
            "random": len(os.urandom(8)),
            "localhost": bool(socket.getaddrinfo("localhost", 80)),
            "python": subprocess.check_output([sys.executable, "-c", "print(1)"], text=True),
            "shell": subprocess.getoutput("echo $0; ls / >/dev/null && echo listed"),
            "cpus": os.cpu_count(),
        }
"""


def test_the_rest_of_the_machine_works_as_without(aws: Lambda) -> None:
    seen = aws.answer(function(MACHINE, environment={"TZ": "Asia/Tokyo"}))

    assert seen == {
        "certificates": len(ssl.create_default_context().get_ca_certs()),
        "zone": "2026-01-01 00:00:00+09:00",
        "local": "1970-01-01T09:00:00",
        "encoding": "UTF-8",
        "random": 8,
        "localhost": True,
        "python": "1\n",
        "shell": "/bin/sh\nlisted",
        "cpus": os.cpu_count(),
    }
    assert "by a name\n" in aws.lines()


def test_compiled_parts_of_python_and_of_packages_are_there(aws: Lambda) -> None:
    use = """
        import importlib

        def handler(names, context):
            return [importlib.import_module(name).__name__ for name in names]
    """
    names = ["ssl", "sqlite3", "ctypes", "lzma", "bz2", "zlib", "hashlib", "uuid", "decimal"]
    names += ["boto3", "awslambdaric", "awslambdaric.lambda_runtime_client"]

    assert aws.answer(function(use), names) == names


def test_a_function_s_preloaded_library_is_for_itself_alone(aws: Lambda) -> None:
    show = "import os\ndef handler(event, context): return os.environ['LD_PRELOAD']"
    preloaded = function(show, environment={"LD_PRELOAD": "/opt/lib/none.so"})

    assert aws.answer(preloaded) == "/opt/lib/none.so"
    told = [line for line in aws.lines() if "/opt/lib/none.so" in line]
    assert len(told) == 1  # by the loader of the runtime, and not of what starts it


def test_files_that_functions_leave_are_ours_to_remove(tmp_path: Path) -> None:
    with running(tmp_path) as aws:
        aws.answer(function(TEMPORARY))
        if aws.service.isolated:
            (kept,) = tmp_path.glob("*/tmp-*/kept")
            assert kept.stat().st_uid == os.getuid()

    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def runtime(tmp_path: Path) -> RuntimeDirectory:
    return RuntimeDirectory.make(tmp_path / "runtime")


def test_none_is_asked_for_where_they_are_switched_off_or_not_linux_s(
    runtime: RuntimeDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(OFF, "1")
    assert Isolation.where_allowed(runtime.path.parent, runtime) is None
    monkeypatch.delenv(OFF)
    monkeypatch.setattr(sys, "platform", "darwin")
    assert Isolation.where_allowed(runtime.path.parent, runtime) is None


def test_there_is_none_where_python_does_not_run_in_it(
    runtime: RuntimeDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(OFF, raising=False)
    monkeypatch.setattr(isolation, "SYSTEM", ())  # no C library

    assert Isolation.where_allowed(runtime.path.parent, runtime) is None


def test_no_function_runs_without_the_namespaces_that_it_was_promised(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(isolation, "SYSTEM", ())
    monkeypatch.setattr(Isolation, "where_allowed", Isolation.of)
    with running(tmp_path) as aws:
        error = aws.error(function("def handler(event, context): return 'ran'"))

        assert error["errorType"] == "Runtime.ExitError"
        assert any("the environment could not be started: " in line for line in aws.lines())


def test_what_an_environment_has_is_known_before_it_starts(
    runtime: RuntimeDirectory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    python = tmp_path / "home" / "pythons" / "3"
    opt = tmp_path / "layers"
    for folder in (python, opt / "python"):
        folder.mkdir(parents=True)
    (tmp_path / "alias").symlink_to(python)
    (opt / "link").symlink_to("python")
    monkeypatch.setattr(sys, "base_prefix", str(tmp_path / "alias"))
    monkeypatch.setattr(sys, "base_exec_prefix", str(tmp_path / "home"))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))

    place = Place(tmp_path / "code", opt, tmp_path / "temporary")
    mounts = Isolation.of(tmp_path, runtime).mounts(place)

    binds = {target: source for source, target in mounts.binds}
    assert binds["/var/task"] == str(tmp_path / "code")
    assert binds["/tmp"] == str(tmp_path / "temporary")
    assert binds["/opt/python"] == str(opt / "python")
    assert ("python", "/opt/link") in mounts.links
    assert binds[str(tmp_path / "alias")] == binds[str(python)] == str(python)
    assert str(tmp_path / "home") not in binds  # the whole home
    targets = [target for _, target in mounts.binds]
    assert targets == sorted(targets)


def test_a_start_that_goes_wrong_is_an_exit_with_its_cause_in_the_log(aws: Lambda) -> None:
    invocation = aws.invoke(function("", environment={"A": "x" * 200_000}))

    assert json.loads(invocation.payload)["errorType"] == "Runtime.ExitError"
    assert any("could not be started: [Errno 7]" in line for line in aws.lines())


def test_many_cold_starts_at_once_disturb_nobody(aws: Lambda) -> None:
    pid = "import os\ndef handler(event, context): return os.getpid()"

    assert at_once(lambda: aws.answer(function(pid, name="many")), 8) == [2] * 8
