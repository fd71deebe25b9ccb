"""``./lab`` in a copy of the project where Python, pip and df are played by others: nothing is installed."""

import os
import re
import shutil
import signal
import stat
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

# Plays python3 and the Python of .venv: notes every `-m` call, and leaves small programs to the real one.
PYTHON = f"""#!/bin/bash
case "$*" in
*"-m venv "*) echo "venv" >>"$CALLS"; [[ -z $VENV_FAILS ]] || exit 1
    mkdir -p "${{@: -1}}/bin"; cp "$0" "${{@: -1}}/bin/python" ;;
*"pip --version"*) ;;
*--dry-run*) echo "ask $*" >>"$CALLS"; [[ -z $PIP_FAILS ]] || exit 1; cat "$REPORT" ;;
*"-m pip"*) echo "pip ${{@: -1}}" >>"$CALLS"; echo "Collecting torch"
    [[ -z $PIP_SLEEPS ]] || sleep 60; [[ -z $INSTALL_FAILS ]] || {{ echo "ERROR: no route"; exit 1; }} ;;
*"-m pytest"* | *"-m demos"* | *"-m mkdocs"*) echo "$PWD: $*" >>"$CALLS"; echo "$GOMP_SPINCOUNT" >"$CALLS.spin" ;;
--version) echo "Python 3.11.0" ;;
*sys.version_info*,*sep*) [[ -z $VERSION ]] || {{ echo "$VERSION"; exit; }}; exec '{sys.executable}' "$@" ;;
*) exec '{sys.executable}' "$@" ;;
esac
"""
DF = """#!/bin/bash
echo 'Filesystem 1024-blocks Used Available Capacity Mounted on'
echo "/dev/disk 100000000 1 ${FREE:-50000000} 1% /"
"""
CPU_REPORT = '{"install": [{"metadata": {"name": "torch", "version": "2.13.0+cpu"}}]}'
CUDA_REPORT = """{"install": [
    {"metadata": {"name": "torch", "version": "2.13.0"}},
    {"metadata": {"name": "nvidia-cublas", "version": "13.4"}},
    {"metadata": {"name": "cuda-bindings", "version": "13.5"}},
    {"metadata": {"name": "nvidia-nccl-cu13", "version": "2.30"}}]}"""

pytestmark = pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
without_gpu = pytest.mark.skipif(
    sys.platform != "linux" or any(Path("/dev").glob("nvidia*")) or shutil.which("nvidia-smi") is not None,
    reason="the question is put only on Linux without an NVIDIA GPU",
)


@dataclass
class Copy:
    """A copy of the project's set-up in a folder with spaces, and the programs around it."""

    root: Path
    programs: Path
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def venv(self) -> Path:
        return self.root / ".venv"

    def start(self, *arguments: str, cwd: Path | None = None, **environment: str) -> "subprocess.Popen[str]":
        """``./lab`` begun, in a process group of its own; ``environment`` tells the actors what to do."""
        return subprocess.Popen(
            [str(self.root / "lab"), *arguments],
            cwd=cwd or self.root,
            env=self.environment | environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
            # Where the tests themselves run in the background, Ctrl-C is ignored, and children inherit that.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )

    def lab(self, *arguments: str, cwd: Path | None = None, **environment: str) -> tuple[int, str, list[str]]:
        """Exit status, what it said, and what it had others do."""
        calls = Path(self.environment["CALLS"])
        calls.write_text("")
        with self.start(*arguments, cwd=cwd, **environment) as process:
            out, err = process.communicate(timeout=60)
        return process.returncode, out + err, calls.read_text().splitlines()


@pytest.fixture
def copy(tmp_path: Path) -> Copy:
    root, programs = tmp_path / "a copy of the lab", tmp_path / "programs"
    root.mkdir()
    programs.mkdir()
    for name in ("lab", "pyproject.toml"):
        shutil.copy2(ROOT / name, root / name)
    for name in ("python3", "python3.11", "python3.12", "python3.13"):
        write_program(programs / name, PYTHON)
    write_program(programs / "df", DF)
    (tmp_path / "report.json").write_text(CPU_REPORT)
    environment = {
        "PATH": f"{programs}:/usr/bin:/bin",
        "HOME": str(tmp_path),
        "CALLS": str(tmp_path / "calls"),
        "REPORT": str(tmp_path / "report.json"),
    }
    return Copy(root, programs, environment)


def write_program(path: Path, text: str) -> None:
    path.write_text(text)
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


def installations(calls: list[str]) -> list[str]:
    return [call for call in calls if call.startswith(("venv", "pip "))]


def test_the_first_call_installs_and_the_second_starts_at_once(copy: Copy) -> None:
    status, said, calls = copy.lab("--seconds", "3", "--runs", "my runs")
    assert status == 0, said
    assert installations(calls) == ["venv", "pip ."]
    assert calls[-1] == f"{copy.root}: -P -m demos main-job --seconds 3 --runs my runs"
    assert "making .venv" in said
    assert "installing" in said
    status, said, calls = copy.lab("--no-serve")
    assert (status, said) == (0, "")
    assert calls == [f"{copy.root}: -P -m demos main-job --no-serve"]


def test_what_pip_says_is_kept_in_a_log(copy: Copy) -> None:
    _, said, _ = copy.lab()
    assert "Collecting" not in said
    assert (copy.venv / ".lab-install.log").read_text() == "Collecting torch\n"
    assert str(copy.venv / ".lab-install.log") in said


def test_a_symbolic_link_to_the_script_serves_the_same_environment(copy: Copy, tmp_path: Path) -> None:
    for name in ("bin", "bin2"):
        (tmp_path / name).mkdir()
    (tmp_path / "bin2" / "lab").symlink_to(copy.root / "lab")
    (tmp_path / "bin" / "lab").symlink_to(Path("..") / "bin2" / "lab")
    result = subprocess.run(
        [tmp_path / "bin" / "lab"], env=copy.environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert result.returncode == 0, result.stderr
    assert copy.venv.is_dir()
    assert [path.name for path in (tmp_path / "bin").iterdir()] == ["lab"]


def test_waiting_threads_hardly_spin_unless_a_person_says_otherwise(copy: Copy) -> None:
    spin = Path(copy.environment["CALLS"] + ".spin")
    copy.lab()
    assert spin.read_text() == "1000\n"
    copy.lab(GOMP_SPINCOUNT="7")
    assert spin.read_text() == "7\n"


def test_the_main_job_runs_where_the_person_is_and_the_tests_run_in_the_project(copy: Copy, tmp_path: Path) -> None:
    (tmp_path / "else where").mkdir()
    _, _, calls = copy.lab(cwd=tmp_path / "else where")
    assert calls[-1] == f"{tmp_path / 'else where'}: -P -m demos main-job"
    _, _, calls = copy.lab("test", "-k", "ring", cwd=tmp_path / "else where")
    assert calls[-1] == f"{copy.root}: -m pytest -n 2 -k ring"


def test_the_site_is_built_in_the_project_and_the_doctor_looks_where_the_person_is(copy: Copy, tmp_path: Path) -> None:
    assert copy.lab("docs", "--clean", cwd=tmp_path)[2][-1] == f"{copy.root}: -m mkdocs build --quiet --clean"
    assert copy.lab("doctor", cwd=tmp_path)[2] == [f"{tmp_path}: -P -m demos doctor"]


def test_the_tests_need_more_and_what_they_need_is_enough_for_the_main_job(copy: Copy) -> None:
    assert installations(copy.lab()[2]) == ["venv", "pip ."]
    assert installations(copy.lab("test")[2]) == ["pip .[dev]"]
    assert installations(copy.lab("test")[2]) == []
    assert installations(copy.lab()[2]) == []


def test_changed_requirements_are_installed(copy: Copy) -> None:
    copy.lab()
    project = copy.root / "pyproject.toml"
    project.write_text(project.read_text() + "\n# changed\n")
    assert installations(copy.lab()[2]) == ["pip ."]
    assert installations(copy.lab()[2]) == []


def test_a_moved_project_is_installed_again(copy: Copy, tmp_path: Path) -> None:
    copy.lab()
    copy.root = copy.root.rename(tmp_path / "moved")
    assert installations(copy.lab()[2]) == ["pip ."]


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
def test_an_installation_cut_short_is_noticed_and_begun_afresh(copy: Copy, how: signal.Signals) -> None:
    with copy.start(PIP_SLEEPS="1") as process:
        wait_for(copy, "pip .")
        os.killpg(process.pid, how)
        process.communicate(timeout=30)
    assert process.returncode != 0
    (copy.venv / "half a package").mkdir()
    status, said, calls = copy.lab()
    assert status == 0
    assert "the last installation was interrupted: starting afresh" in said
    assert installations(calls) == ["venv", "pip ."]
    assert not (copy.venv / "half a package").exists()


def test_an_addition_cut_short_is_noticed_too(copy: Copy) -> None:
    copy.lab()
    with copy.start("test", PIP_SLEEPS="1") as process:
        wait_for(copy, "pip .[dev]")
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate(timeout=30)
    assert installations(copy.lab()[2]) == ["venv", "pip ."]


def test_two_do_not_install_at_the_same_time(copy: Copy) -> None:
    with copy.start(PIP_SLEEPS="1") as process:
        wait_for(copy, "pip .")
        status, said, calls = copy.lab("test")
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate(timeout=30)
    assert status == 1
    assert re.fullmatch(rf"lab: another \./lab \(process {process.pid}\) is installing: wait .*\n", said)
    assert calls == []


def wait_for(copy: Copy, call: str) -> None:
    calls = Path(copy.environment["CALLS"])
    for _ in range(600):
        if calls.exists() and call in calls.read_text().splitlines():
            return
        time.sleep(0.05)
    raise AssertionError(f"the call {call!r} never came")


def test_a_failed_installation_is_said_and_tried_again(copy: Copy) -> None:
    status, said, _ = copy.lab(INSTALL_FAILS="1")
    assert status == 1
    assert "ERROR: no route" in said
    assert "the installation failed (the end of" in said
    status, said, calls = copy.lab()
    assert (status, installations(calls)) == (0, ["pip ."])
    assert "interrupted" not in said


def test_what_failed_for_the_tests_leaves_the_main_job_as_it_was(copy: Copy) -> None:
    copy.lab()
    assert copy.lab("test", INSTALL_FAILS="1")[0] == 1
    status, _, calls = copy.lab()
    assert (status, installations(calls)) == (0, [])


def test_an_old_python_is_refused(copy: Copy) -> None:
    status, said, calls = copy.lab(VERSION="3.9")
    assert status == 1
    assert said.startswith("lab: Python 3.11 or newer is needed, found 3.9: install it")
    assert said.count("\n") == 1
    assert calls == []


def test_a_newer_python_beside_an_old_one_is_taken(copy: Copy) -> None:
    write_program(copy.programs / "python3", "#!/bin/bash\necho 3.9\n")
    write_program(copy.programs / "python3.13", "#!/bin/bash\nexit 127\n")
    status, _, calls = copy.lab()
    assert (status, installations(calls)) == (0, ["venv", "pip ."])


def test_the_newest_python_is_looked_for_too(copy: Copy) -> None:
    for name in ("python3", "python3.13", "python3.12", "python3.11"):
        write_program(copy.programs / name, "#!/bin/bash\necho 3.9\n")
    write_program(copy.programs / "python3.14", PYTHON)
    status, _, calls = copy.lab()
    assert (status, installations(calls)) == (0, ["venv", "pip ."])


def test_a_short_disk_is_refused_before_anything_is_made(copy: Copy) -> None:
    status, said, calls = copy.lab(FREE="3999999")
    assert status == 1
    assert re.fullmatch(
        r"lab: the disk is short: (4|10) GB are needed for .*/\.venv, 3 GB are free; make room.*\n", said
    )
    assert calls == []
    assert copy.lab()[0] == 0
    assert copy.lab(FREE="1000")[0] == 0  # nothing is left to install


@without_gpu
def test_cuda_is_refused_on_a_machine_without_a_gpu(copy: Copy) -> None:
    Path(copy.environment["REPORT"]).write_text(CUDA_REPORT)
    status, said, calls = copy.lab()
    assert status == 1
    line = said.splitlines()[-1]
    assert line.startswith(
        "lab: pip would install a CUDA build of PyTorch (nvidia-cublas 13.4, cuda-bindings 13.5, ...)"
    )
    assert "GANLAB_ALLOW_CUDA=1" in line
    assert installations(calls) == ["venv"]
    assert re.search(r"--dry-run .*torch\b", calls[-1])
    status, _, calls = copy.lab(GANLAB_ALLOW_CUDA="1")
    assert (status, installations(calls)) == (0, ["pip ."])


@without_gpu
def test_a_cuda_wheel_without_packages_of_its_own_is_refused_too(copy: Copy) -> None:
    Path(copy.environment["REPORT"]).write_text(CPU_REPORT.replace("+cpu", "+cu128"))
    status, said, _ = copy.lab()
    assert status == 1
    assert "(torch 2.13.0+cu128)" in said


@without_gpu
def test_pip_without_an_answer_is_said(copy: Copy) -> None:
    status, said, _ = copy.lab(PIP_FAILS="1")
    assert status == 1
    assert "pip found no PyTorch to install (see above): check the network" in said


def test_a_python_that_cannot_make_environments_is_said(copy: Copy) -> None:
    status, said, _ = copy.lab(VENV_FAILS="1")
    assert status == 1
    assert "could not make a virtual environment (see above): on Debian and Ubuntu, apt install python3-venv" in said
    assert copy.lab()[0] == 0


def test_a_python_that_is_gone_is_replaced_and_a_stranger_s_folder_is_left_alone(copy: Copy) -> None:
    copy.lab()
    (copy.venv / "bin" / "python").unlink()
    status, said, calls = copy.lab()
    assert (status, installations(calls)) == (0, ["venv", "pip ."])
    assert "the Python of .venv is gone" in said
    shutil.rmtree(copy.venv)
    copy.venv.mkdir()
    (copy.venv / "thesis.txt").write_text("years of work")
    status, said, calls = copy.lab()
    assert (status, calls) == (1, [])
    assert "./lab did not make it: move it away" in said
    assert (copy.venv / "thesis.txt").exists()


def test_help_and_unknown_commands_install_nothing(copy: Copy) -> None:
    status, said, calls = copy.lab("--help")
    assert (status, calls) == (0, [])
    assert said.startswith("Usage: ./lab [options]")
    status, said, calls = copy.lab("tset")
    assert (status, calls) == (1, [])
    assert said == "lab: unknown command 'tset': expected 'test', 'docs', 'doctor' or options (see ./lab --help)\n"
    assert not copy.venv.exists()


@pytest.mark.skipif(shutil.which("shellcheck") is None, reason="shellcheck is not installed")
@pytest.mark.parametrize("script", ["lab", ".ci/run", "tests/try_release.sh"])
def test_shellcheck_finds_nothing(script: str) -> None:
    result = subprocess.run(["shellcheck", str(ROOT / script)], capture_output=True, text=True, check=False)
    assert result.stdout == ""
