"""What a requirements.txt installs is never stale, never another's, and runs nothing unasked."""

import codecs
import http.server
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from functools import partial
from hashlib import sha256
from pathlib import Path

import pytest

from fan_out.requirements import LOCAL_PYTHON_VARIABLE, Target, find_requirements, install
from fan_out.requirements.cache import SECONDS_IN_USE, Cache
from fan_out.requirements.lines import read_lines
from fan_out.requirements.reasons import reason_of
from wheels import project, sdist, wheel

ARM = Target(python="3.14", machine="aarch64")
X86 = Target(python="3.12", machine="x86_64")

Requires = Callable[..., Path]


@pytest.fixture(autouse=True)
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the user's cache nor their settings of pip."""
    for name in [name for name in os.environ if name.startswith("PIP_")]:
        monkeypatch.delenv(name)
    monkeypatch.delenv(LOCAL_PYTHON_VARIABLE, raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "wheels"))
    monkeypatch.setenv("RAN", str(tmp_path / "ran"))
    monkeypatch.setenv("no_proxy", "127.0.0.1")


@pytest.fixture
def wheels(tmp_path: Path) -> Path:
    folder = tmp_path / "wheels"
    folder.mkdir()
    return folder


@pytest.fixture
def requires(tmp_path: Path) -> Requires:
    """Write a requirements file of a folder, ``job`` where none is named."""

    def write(*lines: str, folder: str = "job") -> Path:
        file = tmp_path / folder / "requirements.txt"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("\n".join(lines) + "\n")
        return file

    return write


def installed(file: Path, target: Target = ARM) -> dict[str, str]:
    """The modules and data that the file brings, with their text."""
    folder = install(file, target)
    return {
        str(path.relative_to(folder)): path.read_text()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.parent.name.endswith(".dist-info")
    }


def refused(file: Path, target: Target = ARM) -> str:
    with pytest.raises(ValueError) as error:
        install(file, target)
    assert "\n" not in str(error.value)
    assert "\x1b" not in str(error.value)
    return str(error.value)


@pytest.fixture
def served(wheels: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[http.server.HTTPServer]:
    """The wheels over HTTP, as those of an index are."""

    class Handler(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *args: object) -> None:
            pass

    handler = partial(Handler, directory=str(wheels))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    monkeypatch.setenv("PIP_FIND_LINKS", f"http://127.0.0.1:{server.server_port}/")
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


# a local path


def test_an_edit_of_a_folder_of_ones_own_is_there_at_the_next_synth(
    requires: Requires, tmp_path: Path
) -> None:
    shared = project(tmp_path / "job/shared", "shared")
    file = requires("./shared")
    assert installed(file) == {"shared/__init__.py": ""}
    (shared / "shared/__init__.py").write_text("NEW = 1")
    (shared / "shared/more.py").write_text("")
    assert installed(file) == {"shared/__init__.py": "NEW = 1", "shared/more.py": ""}
    (shared / "shared/more.py").unlink()
    assert installed(file) == {"shared/__init__.py": "NEW = 1"}


def test_two_projects_with_the_same_line_get_each_their_own_folder(
    requires: Requires, tmp_path: Path
) -> None:
    for name in ("a", "b"):
        folder = project(tmp_path / name / "shared", "shared")
        (folder / "shared/__init__.py").write_text(f"OF = '{name}'")
    assert installed(requires("./shared", folder="a")) == {"shared/__init__.py": "OF = 'a'"}
    assert installed(requires("./shared", folder="b")) == {"shared/__init__.py": "OF = 'b'"}


def test_a_path_is_relative_to_the_file_and_else_as_pip_takes_it_to_the_current_folder(
    requires: Requires, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = tmp_path / "elsewhere"
    project(elsewhere / "shared", "shared")
    monkeypatch.chdir(elsewhere)
    file = requires("./shared")
    assert installed(file) == {"shared/__init__.py": ""}
    own = project(tmp_path / "job/shared", "shared")
    (own / "shared/__init__.py").write_text("BESIDE = 1")
    assert installed(file) == {"shared/__init__.py": "BESIDE = 1"}
    shutil.rmtree(own)
    shutil.rmtree(elsewhere / "shared")
    assert "line 1: there is no ./shared in " in refused(file)


@pytest.mark.parametrize(
    "line",
    [
        "../shared",
        "../shared ; python_version >= '3.14'",
        "{root}/shared",
        "file:{root}/shared",
        "file://{root}/shared#egg=shared",
        "file:{root}#subdirectory=shared",
        "file:../shared",
        "shared @ file://{root}/shared",
        "../shared[extra]",
    ],
)
def test_a_folder_of_ones_own_is_built_however_it_is_named(
    line: str, requires: Requires, tmp_path: Path, wheels: Path
) -> None:
    project(
        tmp_path / "shared",
        "shared",
        requires="Provides-Extra: extra\nRequires-Dist: needed==1.0; extra == 'extra'\n",
    )
    wheel(wheels, "needed", {"needed.py": ""})
    extra = {"needed.py": ""} if "[extra]" in line else {}
    file = requires(line.format(root=tmp_path))
    assert installed(file) == {"shared/__init__.py": "", **extra}


def test_a_folder_that_is_not_for_the_functions_machine_is_not_built(
    requires: Requires, tmp_path: Path
) -> None:
    project(tmp_path / "shared", "shared")
    assert installed(requires("../shared ; sys_platform == 'win32'")) == {}
    assert not (tmp_path / "ran").exists()


def test_a_build_leaves_nothing_in_the_folder_and_takes_nothing_that_one_has_left(
    requires: Requires, tmp_path: Path
) -> None:
    shared = project(tmp_path / "shared", "shared")
    (shared / "build").mkdir()
    (shared / "build/old.py").write_text("")
    before = sorted(shared.rglob("*"))
    install(requires("../shared"), ARM)
    assert sorted(shared.rglob("*")) == before


def test_a_folder_is_built_once_for_all_functions_of_a_synth(
    requires: Requires, tmp_path: Path
) -> None:
    project(tmp_path / "shared", "shared")
    install(requires("../shared"), ARM)
    (tmp_path / "ran").unlink()
    assert install(requires("../shared"), ARM) == install(requires("../shared", folder="b"), ARM)
    assert not (tmp_path / "ran").exists()


def test_what_is_built_for_this_machine_alone_is_refused(
    requires: Requires, tmp_path: Path
) -> None:
    project(tmp_path / "shared", "shared", tag="cp311-cp311-linux_x86_64")
    said = refused(requires("", "../shared"))
    assert "requirements.txt, line 2: " in said
    assert "shared-1.0-cp311-cp311-linux_x86_64.whl, is not for Python 3.14 on aarch64" in said


def test_a_folder_that_cannot_be_built_says_why(requires: Requires, tmp_path: Path) -> None:
    shared = project(tmp_path / "shared", "shared")
    (shared / "backend.py").write_text("raise RuntimeError('no compiler here')")
    assert refused(requires("../shared")).endswith(
        "cannot be built: RuntimeError: no compiler here"
    )
    (shared / "pyproject.toml").unlink()
    assert "Neither 'setup.py' nor 'pyproject.toml' found" in refused(requires("../shared"))
    os.mkfifo(shared / "pipe")
    assert "is a named pipe" in refused(requires("../shared"))


# what is kept, and what is asked again


def test_what_is_pinned_is_installed_once(
    requires: Requires, wheels: Path, served: http.server.HTTPServer
) -> None:
    needs = "Requires-Dist: inner==1.0\n"  # a pin of another package's is one, too
    wheel(wheels, "needed", {"needed.py": ""}, metadata=needs)
    wheel(wheels, "inner", {"inner.py": ""})
    first = installed(requires("needed==1.0"))
    assert first == {"needed.py": "", "inner.py": ""}
    served.shutdown()
    assert installed(requires("needed==1.0  # the same", folder="another")) == first


@pytest.mark.parametrize("line", ["needed", "needed>=1.0", "needed==1.*", "outer==1.0"])
def test_what_is_not_pinned_is_looked_for_at_each_synth(
    line: str, requires: Requires, wheels: Path, served: http.server.HTTPServer
) -> None:
    needs = "Requires-Dist: needed\n"
    needs += 'Requires-Dist: needed==1.0; extra == "old"\n'  # which nobody asks for
    wheel(wheels, "outer", {}, metadata=needs)
    wheel(wheels, "needed", {"needed.py": "1"})
    assert installed(requires(line)) == {"needed.py": "1"}
    wheel(wheels, "needed", {"needed.py": "2"}, version="1.1")
    assert installed(requires(line)) == {"needed.py": "2"}


@pytest.mark.parametrize("line", ["needed==1.0", "{wheels}/needed-1.0-py3-none-any.whl"])
def test_a_wheel_on_this_machine_that_is_made_anew_is_taken_anew(
    line: str, requires: Requires, wheels: Path
) -> None:
    wheel(wheels, "needed", {"needed.py": "old"})
    assert installed(requires(line.format(wheels=wheels))) == {"needed.py": "old"}
    wheel(wheels, "needed", {"needed.py": "new"})
    assert installed(requires(line.format(wheels=wheels))) == {"needed.py": "new"}


def test_where_packages_come_from_is_part_of_what_is_kept(
    requires: Requires,
    wheels: Path,
    served: http.server.HTTPServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    wheel(wheels, "needed", {"needed.py": "mine"})
    wheel(wheels / "theirs", "needed", {"needed.py": "theirs"})
    at = f"http://127.0.0.1:{served.server_port}"
    assert installed(requires("needed==1.0")) == {"needed.py": "mine"}
    monkeypatch.setenv("PIP_FIND_LINKS", f"{at}/theirs/")
    assert installed(requires("needed==1.0")) == {"needed.py": "theirs"}
    monkeypatch.setenv("PIP_FIND_LINKS", "")
    monkeypatch.setenv("PLACE", at)
    assert installed(requires("-f ${PLACE}", "needed==1.0")) == {"needed.py": "mine"}
    monkeypatch.setenv("PLACE", f"{at}/theirs/")
    assert installed(requires("-f ${PLACE}", "needed==1.0")) == {"needed.py": "theirs"}


def test_a_constraint_of_pips_configuration_holds_and_is_read_anew(
    requires: Requires, wheels: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for version in ("1.0", "1.1"):
        wheel(wheels, "needed", {"needed.py": version}, version=version)
    constraints = tmp_path / "constraints.txt"
    monkeypatch.setenv("PIP_CONSTRAINT", str(constraints))
    for version in ("1.0", "1.1"):
        constraints.write_text(f"needed=={version}")
        assert installed(requires("needed")) == {"needed.py": version}


def test_each_machine_gets_its_own(requires: Requires, wheels: Path) -> None:
    wheel(wheels, "needed", {"needed.py": "a"}, "cp314-cp314-manylinux_2_34_aarch64")
    wheel(wheels, "needed", {"needed.py": "x"}, "cp312-cp312-manylinux_2_34_x86_64")
    assert installed(requires("needed==1.0")) == {"needed.py": "a"}
    assert installed(requires("needed==1.0"), X86) == {"needed.py": "x"}


@pytest.mark.parametrize(
    ("python", "glibc", "installs"),
    [("3.11", 26, True), ("3.11", 28, False), ("3.12", 34, True), ("3.12", 35, False)],
)
def test_wheels_are_for_the_c_library_of_the_functions_runtime(
    python: str, glibc: int, installs: bool, requires: Requires, wheels: Path
) -> None:
    wheel(wheels, "needed", {"needed.py": ""}, f"py3-none-manylinux_2_{glibc}_x86_64")
    target = Target(python=python, machine="x86_64")
    if installs:
        assert installed(requires("needed"), target) == {"needed.py": ""}
    else:
        assert f"no wheel of needed for Python {python} on x86_64" in refused(
            requires("needed"), target
        )


def test_the_cache_keeps_the_entries_used_last_and_those_in_use(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "cache", most=2)
    for key in ("a", "b", "c"):
        cache.put(key, lambda folder: folder.joinpath("file").touch())
    assert all(cache.get(key) for key in "abc")  # of the last hour
    for age, key in enumerate("bca", start=1):
        entry = cache.get(key)
        assert entry is not None
        then = entry.stat().st_mtime - SECONDS_IN_USE * (5 - age)
        os.utime(entry, (then, then))
    cache.put("d", lambda folder: None)
    there = {path.name for path in cache.folder.iterdir()}
    assert len(there) == 2
    assert cache.get("a")
    assert cache.get("d")
    assert cache.get("b") is None


def test_two_synths_that_install_the_same_at_once_both_get_it(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "cache", most=2)

    def fill(folder: Path) -> None:
        cache.put("same", lambda other: other.joinpath("file").write_text("first") and None)
        folder.joinpath("file").write_text("second")

    assert cache.put("same", fill).joinpath("file").read_text() == "first"
    assert len(list(cache.folder.iterdir())) == 1


def test_a_cache_that_cannot_be_written_is_one_line(
    requires: Requires, wheels: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wheel(wheels, "needed", {"needed.py": ""})
    monkeypatch.setenv("XDG_CACHE_HOME", os.devnull)
    assert "the cache of packages cannot be written" in refused(requires("needed"))


@pytest.mark.parametrize("password", ["s3cret", "s3cr@t", "s3/cret"])
def test_no_password_is_told(password: str, requires: Requires) -> None:
    said = refused(requires(f"needed @ http://bob:{password}@127.0.0.1:1/needed-1.0.tar.gz"))
    assert "http://****@127.0.0.1:1/needed-1.0.tar.gz" in said
    assert not {"bob", "s3", "cr", "t@"} & set(said.split())
    assert password.split("@")[-1] + "@" not in said


# code that runs at synth


@pytest.mark.parametrize(
    "lines",
    [
        ["evil @ file://{at}/evil-1.0.tar.gz"],
        ["{at}/evil-1.0.tar.gz"],
        ["./evil-1.0.tar.gz"],
        ["evil-1.0.tar.gz"],
        ["file://{at}/evil-1.0.tar.gz#egg=evil"],
        ["evil @ http://127.0.0.1:1/evil-1.0.tar.gz"],
        ["evil@http://127.0.0.1:1/evil-1.0.zip"],
        ["http://127.0.0.1:1/evil-1.0.tar.gz"],
        ["git+file://{at}/evil"],
        ["evil @ git+file://{at}/evil.whl"],
        ["--no-binary other", "other", "evil @ file://{at}/evil-1.0.tar.gz"],
        ["--no-binary evil", "--only-binary :all:", "evil @ file://{at}/evil-1.0.tar.gz"],
        ["--no-binary evil", "--no-binary :none:", "evil @ file://{at}/evil-1.0.tar.gz"],
        ["--no-binary=:all:", "evil"],
        ["--no-binary :all:", "evil @ file://{at}/evil-1.0.tar.gz"],
        ["evil"],
        ["evil==1.0"],
        ["outer"],
    ],
)
def test_source_is_not_built_unasked(
    lines: list[str],
    requires: Requires,
    wheels: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    archive = sdist(wheels, "evil")
    (tmp_path / "job").mkdir()
    shutil.copy(archive, tmp_path / "job")
    wheel(wheels, "outer", {}, metadata=f"Requires-Dist: evil @ {archive.as_uri()}\n")
    monkeypatch.setenv("PIP_NO_BINARY", ":all:")  # it is the file that consents
    said = refused(requires(*(line.format(at=wheels) for line in lines)))
    assert "evil" in said or ":all:" in said
    assert not (tmp_path / "ran").exists()


def test_a_pip_configuration_that_builds_everything_is_not_followed(
    requires: Requires, wheels: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sdist(wheels, "evil")
    conf = tmp_path / "pip.conf"
    conf.write_text(f"[global]\nno-binary = :all:\nno-index = 1\nfind-links = {wheels}\n")
    monkeypatch.setenv("PIP_CONFIG_FILE", str(conf))
    assert "evil 1.0 is source alone" in refused(requires("evil"))
    assert not (tmp_path / "ran").exists()


def test_what_is_source_alone_says_how_to_allow_it_and_that_is_then_so(
    requires: Requires, wheels: Path, tmp_path: Path
) -> None:
    sdist(wheels, "docopt")
    said = refused(requires("docopt==1.0"))
    assert said.endswith(
        "docopt 1.0 is source alone, and to build it runs its code at synth: the lines docopt==1.0 "
        "and --no-binary docopt in requirements.txt allow that"
    )
    assert installed(requires("docopt==1.0", "--no-binary docopt")) == {"docopt/__init__.py": ""}
    assert (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    "line",
    [
        "docopt @ file://{at}/docopt-1.0.tar.gz",
        "{at}/docopt-1.0.tar.gz",
        "docopt==1.0 --hash=sha256:{digest}",
        "DocOpt[extra]==1.0 ; python_version > '3.10'",
    ],
)
def test_source_that_the_file_allows_is_built(line: str, requires: Requires, wheels: Path) -> None:
    digest = sha256(sdist(wheels, "docopt").read_bytes()).hexdigest()
    file = requires("--no-binary=docopt", line.format(at=wheels, digest=digest))
    assert installed(file) == {"docopt/__init__.py": ""}


def test_source_whose_hash_is_another_is_refused(
    requires: Requires, wheels: Path, tmp_path: Path
) -> None:
    sdist(wheels, "docopt")
    file = requires("--no-binary docopt", f"docopt==1.0 --hash=sha256:{'0' * 64}")
    assert "DO NOT MATCH THE HASHES" in refused(file)
    assert not (tmp_path / "ran").exists()


def test_an_archive_on_this_machine_that_is_made_anew_is_built_anew(
    requires: Requires, wheels: Path
) -> None:
    file = requires("--no-binary docopt", f"{wheels}/docopt-1.0.tar.gz")
    sdist(wheels, "docopt")
    assert installed(file) == {"docopt/__init__.py": ""}
    sdist(wheels, "docopt", tag="cp311-cp311-linux_x86_64")
    assert "is not for Python 3.14 on aarch64" in refused(file)


def test_a_consent_that_no_line_needs_is_refused(requires: Requires) -> None:
    said = refused(requires("--no-binary docopt", "--no-binary other"))
    assert "--no-binary docopt, other needs a line that says which version" in said


# what the file says


@pytest.mark.parametrize(
    "content",
    [
        codecs.BOM_UTF16_LE + "# naïve\r\nneeded==1.0\r\n".encode("utf-16-le"),
        codecs.BOM_UTF16_BE + "needed==1.0\r\n".encode("utf-16-be"),
        codecs.BOM_UTF32_LE + "needed==1.0\r\n".encode("utf-32-le"),
        codecs.BOM_UTF8 + b"needed==1.0\r\n",
        "# -*- coding: latin-1 -*-\n# naïve\nneeded==1.0".encode("latin-1"),
        "#\n# vim: coding=latin-1\n# naïve\nneeded==1.0".encode("latin-1"),
        "# naïve\nneeded==1.0".encode(),
        b"needed \\\n  == \\\n 1.0\n",
        b"needed==1.0 \\\n# a comment that ends it\n",
        b"needed==1.0 \\",
        b"${WHICH}==1.0",
        b"needed==1.0  # ${WHICH}",
    ],
)
def test_the_file_is_read_as_pip_reads_it(
    content: bytes, requires: Requires, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WHICH", "needed")
    file = requires()
    file.write_bytes(content)
    assert ["".join(line.split()) for _, line in read_lines(file)] == ["needed==1.0"]


def test_a_file_of_powershells_is_installed(requires: Requires, wheels: Path) -> None:
    wheel(wheels, "needed", {"needed.py": ""})
    file = requires()
    file.write_bytes(codecs.BOM_UTF16_LE + "needed==1.0\r\n".encode("utf-16-le"))
    assert installed(file) == {"needed.py": ""}


@pytest.mark.parametrize(
    "content",
    [
        "# naïve\nneeded".encode("latin-1"),
        "needed".encode("utf-16-le"),
        codecs.BOM_UTF16_LE + b"a",
        b"# coding: no-such-encoding\nneeded",
    ],
)
def test_a_file_that_is_no_text_is_named_in_one_line(content: bytes, requires: Requires) -> None:
    file = requires()
    file.write_bytes(content)
    assert refused(file).startswith(f"{file} must be ")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("-r other.txt", "must be packages, got '-r other.txt'"),
        ("-rother.txt", "must be packages, got '-rother.txt'"),
        ("--requirement=other.txt", "must be packages"),
        ("-c limits.txt", "must be packages"),
        ("-e ./shared", "a folder of your own by its path alone"),
        ("--global-option=x", "unrecognized arguments: --global-option=x"),
        ("needed --config-settings a=b", "unrecognized arguments: --config-settings a=b"),
        ("-f", "expected one argument"),
        ("needed=1.0", "'needed=1.0' is no requirement"),
        ("./x ; python > 3", "is no marker"),
        ("-f ./nowhere", "there is no ./nowhere"),
        ("file:///nowhere#sha256=ab", "must say egg and subdirectory alone, got sha256"),
        ("aws-cdk-lib==2.275.0", "what synth needs, not a handler"),
        ("aws_cdk.lib", "what synth needs, not a handler"),
        ("fan-out[local]", "what synth needs, not a handler"),
    ],
)
def test_a_line_that_is_no_package_is_named(line: str, said: str, requires: Requires) -> None:
    refusal = refused(requires("# first", line))
    assert "requirements.txt, line 2: " in refusal
    assert said in refusal


def test_a_package_that_brings_what_synth_needs_is_refused(
    requires: Requires, wheels: Path
) -> None:
    wheel(wheels, "cdk_nag", {}, metadata="Requires-Dist: constructs\n")
    wheel(wheels, "constructs", {})
    assert "brings constructs, which is what synth needs" in refused(requires("cdk-nag"))


def test_markers_mean_the_functions_machine_not_this_one(requires: Requires, wheels: Path) -> None:
    for name in ("linux", "windows", "arm", "new", "old"):
        wheel(wheels, name, {f"{name}.py": ""})
    old = "Requires-Dist: old; python_version < '3.14'\n"
    wheel(wheels, "outer", {}, metadata=f"{old}Requires-Dist: new; python_version >= '3.14'\n")
    file = requires(
        "linux ; sys_platform == 'linux'",
        "windows ; sys_platform == 'win32'",
        "arm ; platform_machine == 'aarch64'",
        "outer",
    )
    assert set(installed(file)) == {"linux.py", "arm.py", "new.py"}
    assert set(installed(file, X86)) == {"linux.py", "old.py"}


def test_extras_hashes_and_a_wheel_by_its_url_keep_working(
    requires: Requires, wheels: Path, served: http.server.HTTPServer
) -> None:
    more = "Provides-Extra: more\nRequires-Dist: needed==1.0; extra == 'more'\n"
    outer = wheel(wheels, "outer", {"outer.py": ""}, metadata=more)
    needed = wheel(wheels, "needed", {"needed.py": ""})
    hashes = [f"--hash=sha256:{sha256(one.read_bytes()).hexdigest()}" for one in (outer, needed)]
    url = f"http://127.0.0.1:{served.server_port}/{outer.name}"
    expected = {"outer.py": "", "needed.py": ""}
    assert installed(requires("outer[more]")) == expected
    assert installed(requires(f"outer[more] @ {url}")) == expected
    assert installed(requires(f"outer[more]==1.0 {hashes[0]}", f"needed==1.0 {hashes[1]}")) == (
        expected
    )
    wrong = requires(f"outer==1.0 {hashes[1]}")
    assert "Expected sha256" in refused(wrong)


def test_a_folder_stands_beside_lines_with_hashes(
    requires: Requires, wheels: Path, tmp_path: Path
) -> None:
    needed = wheel(wheels, "needed", {"needed.py": ""})
    project(tmp_path / "shared", "shared")
    digest = sha256(needed.read_bytes()).hexdigest()
    file = requires("--require-hashes", "../shared", f"needed==1.0 --hash=sha256:{digest}")
    assert set(installed(file)) == {"shared/__init__.py", "needed.py"}


def test_options_of_the_file_say_where_packages_come_from(
    requires: Requires, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wheel(tmp_path / "own wheels", "needed", {"needed.py": ""}, version="1.0rc1")
    monkeypatch.delenv("PIP_FIND_LINKS")
    assert installed(requires("--pre -f '../own wheels'", "needed")) == {"needed.py": ""}


# pip's environment, and its errors


DIVERTING = {
    "PIP_USER": "1",
    "PIP_PREFIX": "{elsewhere}",
    "PIP_TARGET": "{elsewhere}",
    "PIP_ROOT": "{elsewhere}",
    "PIP_REQUIRE_VIRTUALENV": "1",
    "PIP_PYTHON": "/nowhere/python",
    "PIP_QUIET": "3",
    "PIP_LOG": "{elsewhere}/log",
    "PIP_DRY_RUN": "1",
    "PIP_REPORT": "{elsewhere}/report",
    "PIP_NO_DEPS": "1",
    "PIP_REQUIREMENT": "/nowhere/requirements.txt",
    "PIP_PLATFORM": "win32",
    "PYTHONPATH": "{elsewhere}",
    "PYTHONHOME": "/nowhere",
    "PYTHONWARNINGS": "error",
    "FORCE_COLOR": "0",
}


def test_pips_own_environment_neither_breaks_nor_diverts_it(
    requires: Requires, wheels: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    wheel(wheels, "needed", {"needed.py": ""}, metadata="Requires-Dist: inner\n")
    wheel(wheels, "inner", {"inner.py": ""})
    for name, value in DIVERTING.items():
        monkeypatch.setenv(name, value.format(elsewhere=elsewhere))
    assert installed(requires("needed")) == {"needed.py": "", "inner.py": ""}
    assert list(elsewhere.iterdir()) == []
    assert "No matching distribution found for nothing" in refused(requires("nothing"))


def test_a_pip_configuration_says_where_from_but_not_where_to(
    requires: Requires, wheels: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wheel(wheels, "needed", {"needed.py": ""})
    conf = tmp_path / "pip.conf"
    conf.write_text(
        f"[global]\nquiet = 2\nno-index = true\n[install]\nuser = true\n"
        f"find_links =\n    {wheels}\n    {tmp_path}\nprefix = {tmp_path}\ntarget = {tmp_path}\n"
    )
    monkeypatch.delenv("PIP_NO_INDEX")
    monkeypatch.delenv("PIP_FIND_LINKS")
    monkeypatch.setenv("PIP_CONFIG_FILE", str(conf))
    assert installed(requires("needed")) == {"needed.py": ""}


def test_a_pip_configuration_that_cannot_be_read_is_one_line(
    requires: Requires, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    conf = tmp_path / "pip.conf"
    conf.write_text("no section\n")
    monkeypatch.setenv("PIP_CONFIG_FILE", str(conf))
    assert "cannot read its configuration: " in refused(requires("needed"))


def test_no_wheel_for_the_functions_python_says_what_to_do(
    requires: Requires, wheels: Path
) -> None:
    for python in ("311", "312"):
        wheel(
            wheels, "numpy", {}, f"cp{python}-cp{python}-manylinux_2_17_aarch64", version="1.26.4"
        )
    sdist(wheels, "numpy")
    file = requires("numpy==1.26.4")
    assert refused(file).endswith(
        "for Python 3.14 on aarch64: no wheel of numpy 1.26.4 for Python 3.14 on aarch64; there is "
        "one for Python 3.12, 3.11: choose runtime=aws_lambda.Runtime.PYTHON_3_12, or another "
        "version"
    )
    x86 = Target(python="3.12", machine="x86_64")
    assert "there is one for aarch64: choose that architecture" in refused(file, x86)
    wheel(wheels, "winonly", {}, "cp314-cp314-win_amd64")
    assert refused(requires("winonly")).endswith(
        "no wheel of winonly for Python 3.14 on aarch64; choose another version"
    )


def test_packages_that_exclude_each_other_say_which(requires: Requires, wheels: Path) -> None:
    wheel(wheels, "one", {}, metadata="Requires-Dist: inner==1.0\n")
    wheel(wheels, "two", {}, metadata="Requires-Dist: inner==2.0\n")
    for version in ("1.0", "2.0"):
        wheel(wheels, "inner", {}, version=version)
    assert refused(requires("one==1.0", "two==1.0")).endswith(
        "its lines exclude each other: one 1.0 depends on inner==1.0; two 1.0 depends on inner==2.0"
    )


def test_an_index_that_cannot_be_reached_is_said(
    requires: Requires, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PIP_NO_INDEX")
    monkeypatch.setenv("PIP_RETRIES", "1")
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:1/simple")
    assert "the package index cannot be reached: " in refused(requires("needed"))


@pytest.mark.parametrize(
    ("printed", "reason"),
    [
        ("", "pip gave no reason"),
        ("WARNING: a\nb\n", "b"),
        ("ERROR: a\nERROR: b\nWARNING: c\n", "b"),
        ("ERROR: a\nERROR: ResolutionImpossible: for help visit x\n", "a"),
        ("ERROR: ResolutionImpossible: x\n", "ResolutionImpossible: x"),
        (
            "ERROR: HASHES\n    one:\n        Expected 1\n             Got 2\n",
            "HASHES one: Expected 1 Got 2",
        ),
    ],
)
def test_of_pips_errors_the_last_real_one_is_told(printed: str, reason: str) -> None:
    done = subprocess.CompletedProcess([], 1, stdout="", stderr=printed)
    assert reason_of(done) == reason


def test_no_error_shows_a_password(requires: Requires, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOKEN", "hidden")
    for line in (
        "evil @ https://me:${TOKEN}@127.0.0.1/evil.zip",
        "https://${TOKEN}@127.0.0.1/e.gz",
    ):
        assert "hidden" not in refused(requires(line))


# where the file is


@pytest.mark.parametrize(
    ("there", "handler", "found"),
    [
        (["jobs/requirements.txt"], "jobs/nightly/flow.py", "jobs/requirements.txt"),
        (["jobs/requirements.txt"], "jobs/a/b/c.py", "jobs/requirements.txt"),
        (
            ["jobs/requirements.txt", "jobs/nightly/requirements.txt"],
            "jobs/nightly/flow.py",
            "jobs/nightly/requirements.txt",
        ),
        (["jobs/other/requirements.txt"], "jobs/nightly/flow.py", None),
        (["requirements.txt"], "flow.py", "requirements.txt"),
        (["requirements.txt"], "jobs/flow.py", "requirements.txt"),
        (["../requirements.txt"], "jobs/flow.py", None),
    ],
)
def test_requirements_are_looked_for_upwards_to_the_import_root(
    there: list[str], handler: str, found: str | None, tmp_path: Path
) -> None:
    root = tmp_path / "src"
    for name in there:
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("polars\n")
    assert find_requirements(root / handler, root) == (found and root / found)


@pytest.mark.parametrize("line", ["aws_cdk-lib ~= 2.275", "fan-out[local]", "-e .", "-rbase.txt"])
def test_the_apps_own_requirements_at_the_root_are_passed_over(line: str, tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text(f"# the app\npolars\n./other\n{line}\n")
    assert find_requirements(tmp_path / "jobs/flow.py", tmp_path) is None
    assert find_requirements(tmp_path / "flow.py", tmp_path) == tmp_path / "requirements.txt"


# the embedded AWS


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch) -> str:
    """The tag of wheels for this machine alone."""
    monkeypatch.setenv(LOCAL_PYTHON_VARIABLE, sys.executable)
    command = [sys.executable, "-c", "import sysconfig; print(sysconfig.get_platform())"]
    platform = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    python = f"cp{sys.version_info[0]}{sys.version_info[1]}"
    return f"{python}-{python}-{platform.replace('-', '_').replace('.', '_')}"


def test_a_package_that_lambda_could_not_have_is_found_before_it_runs_here(
    here: str, requires: Requires, wheels: Path
) -> None:
    wheel(wheels, "compiled", {"compiled.py": "here"}, here)
    assert "no wheel of compiled 1.0 for Python 3.14" in refused(requires("compiled==1.0"))
    wheel(wheels, "compiled", {"compiled.py": "arm"}, "cp314-cp314-manylinux_2_17_aarch64")
    assert installed(requires("compiled==1.0")) == {"compiled.py": "here"}


def test_a_package_that_this_machine_could_not_have_is_found_too(
    here: str, requires: Requires, wheels: Path
) -> None:
    wheel(wheels, "compiled", {"compiled.py": "arm"}, "cp314-cp314-manylinux_2_17_aarch64")
    said = refused(requires("compiled==1.0"))
    assert "this machine's: no wheel of compiled 1.0 for Python 3." in said
    assert "the embedded AWS runs it here" in said


def test_what_is_pinned_runs_here_again_without_an_index(
    here: str, requires: Requires, wheels: Path, served: http.server.HTTPServer
) -> None:
    wheel(wheels, "needed", {"needed.py": ""})
    assert installed(requires("needed==1.0")) == {"needed.py": ""}
    served.shutdown()
    assert installed(requires("needed==1.0")) == {"needed.py": ""}


def test_a_folder_that_is_built_for_this_machine_alone_is_not_for_lambda(
    here: str, requires: Requires, tmp_path: Path
) -> None:
    project(tmp_path / "shared", "shared", tag=here)
    assert "is not for Python 3.14 on aarch64" in refused(requires("../shared"))


def test_an_interpreter_without_pip_is_one_line(
    requires: Requires, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bare = tmp_path / "bare"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(bare)], check=True)
    monkeypatch.setenv(LOCAL_PYTHON_VARIABLE, str(bare / "bin/python"))
    assert "No module named" in refused(requires("# nothing"))
