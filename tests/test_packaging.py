"""The grammar is found, and `ppl check` works, from a wheel, an sdist, an editable install and a checkout."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
MODEL = ROOT / "examples" / "eight_schools.vi"

# Without site (-S) no installed `ppl` is on the path; the dependencies are, and then the folder in question.
RUN = """
import runpy, site, sys
folder = sys.argv.pop(1)
before = len(sys.path)
site.addsitedir(folder)  # like site-packages: it reads .pth files, which is how an editable install works
sys.path[:0] = sys.path[before:]
import ppl
print(ppl.__file__, file=sys.stderr)
runpy.run_module("ppl", run_name="__main__")
"""


def check(folder: Path, model: Path) -> tuple[int, Path, str]:
    """`ppl check MODEL` with the package in a folder: exit code, where the package was, all that was said."""
    dependencies = sysconfig.get_path("purelib")
    ran = subprocess.run(
        [sys.executable, "-S", "-c", RUN, str(folder), "check", str(model)],
        cwd=folder,
        env={"PYTHONPATH": dependencies, "PYTHONDONTWRITEBYTECODE": "1", "PYTHONUTF8": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    first, _, rest = ran.stderr.partition("\n")
    return ran.returncode, Path(first), ran.stdout + rest


@pytest.fixture(scope="module")
def checkout(tmp_path_factory) -> Path:
    """The files that git would hold, elsewhere."""
    folder = tmp_path_factory.mktemp("checkout")
    for part in ("ppl", "grammar", "examples", "tests", "benchmarks", ".ci"):
        shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__", "*.pyc"))
    for part in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / part, folder / part)
    return folder


def build(source: Path, target: Path, what: str) -> Path:
    """The one file that `python -m build` makes, without a network."""
    command = [
        sys.executable,
        "-m",
        "build",
        "--no-isolation",
        f"--{what}",
        "--outdir",
        str(target),
        str(source),
    ]
    subprocess.run(command, check=True, capture_output=True)
    (made,) = target.iterdir()
    return made


def unzipped(archive: Path, folder: Path) -> Path:
    """What an installer does with a wheel, as far as we need it."""
    with zipfile.ZipFile(archive) as file:
        file.extractall(folder)
    return folder


@pytest.fixture(scope="module")
def sdist(checkout, tmp_path_factory) -> Path:
    return build(checkout, tmp_path_factory.mktemp("sdist"), "sdist")


@pytest.fixture(scope="module")
def unpacked_sdist(sdist, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("unpacked")
    with tarfile.open(sdist) as archive:
        archive.extractall(folder, filter="data")
    (only,) = folder.iterdir()
    return only


@pytest.fixture(scope="module")
def wheel(checkout, tmp_path_factory) -> Path:
    return build(checkout, tmp_path_factory.mktemp("wheel"), "wheel")


@pytest.fixture(scope="module")
def sdist_wheel(unpacked_sdist, tmp_path_factory) -> Path:
    return build(unpacked_sdist, tmp_path_factory.mktemp("sdist_wheel"), "wheel")


@pytest.fixture(scope="module")
def editable_wheel(checkout, tmp_path_factory) -> Path:
    """What `pip install -e` asks hatchling for."""
    target = tmp_path_factory.mktemp("editable")
    script = "import sys; from hatchling.build import build_editable as b; b(sys.argv[1])"
    subprocess.run([sys.executable, "-c", script, str(target)], cwd=checkout, check=True, capture_output=True)
    (made,) = target.iterdir()
    return made


@pytest.mark.parametrize("kind", ["wheel", "sdist_wheel"])
def test_wheel(kind, request, tmp_path):
    folder = unzipped(request.getfixturevalue(kind), tmp_path)
    code, package, said = check(folder, MODEL)
    assert code == 0, said
    assert package.is_relative_to(folder)
    assert (folder / "ppl" / "grammar" / "vi.lark").read_text("utf-8") == (
        ROOT / "grammar" / "vi.lark"
    ).read_text("utf-8")


def test_editable_install(editable_wheel, checkout, tmp_path):
    folder = unzipped(editable_wheel, tmp_path)
    code, package, said = check(folder, MODEL)
    assert code == 0, said
    assert package.is_relative_to(checkout)


def test_plain_checkout(checkout):
    code, package, said = check(checkout, MODEL)
    assert code == 0, said
    assert package.is_relative_to(checkout)


def test_unpacked_sdist(unpacked_sdist):
    code, package, said = check(unpacked_sdist, MODEL)
    assert code == 0, said
    assert package.is_relative_to(unpacked_sdist)


def test_check_from_a_wheel_finds_mistakes(wheel, tmp_path):
    """So that the tests above can fail."""
    (tmp_path / "wrong.vi").write_text("mu ~ Normal(0)\n", encoding="utf-8")
    code, _, said = check(unzipped(wheel, tmp_path / "site"), tmp_path / "wrong.vi")
    assert code == 1
    assert "wrong.vi:1:" in said


def test_wheel_holds_the_package_and_no_more(wheel):
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        (entry_points,) = [archive.read(n).decode() for n in names if n.endswith("entry_points.txt")]
    assert {name.partition("/")[0].partition("-")[0] for name in names} == {"ppl"}
    assert "ppl/py.typed" in names
    pages = (ROOT / "ppl/report/messages").iterdir()
    assert {f"ppl/report/messages/{page.name}" for page in pages} <= set(names)
    assert any(name.endswith("licenses/LICENSE") for name in names)
    assert "ppl = ppl.cli:main" in entry_points


def test_sdist_is_enough_to_test(unpacked_sdist):
    for part in (
        "ppl",
        "grammar",
        "examples",
        "tests",
        "benchmarks",
        "README.md",
        "LICENSE",
        "pyproject.toml",
        ".ci/run",
    ):
        assert (unpacked_sdist / part).exists(), part


def requirements(*groups: list[str]) -> set[str]:
    return {re.split(r"[<>=\[]", requirement)[0] for group in groups for requirement in group}


def imports(node: ast.AST, at_load: bool) -> set[str]:
    """The packages imported below a node: when the module is loaded, or at any time."""
    if at_load and isinstance(node, ast.FunctionDef | ast.Lambda):
        return set()
    found = {n for child in ast.iter_child_nodes(node) for n in imports(child, at_load)}
    if isinstance(node, ast.Import):
        found |= {alias.name.partition(".")[0] for alias in node.names}
    elif isinstance(node, ast.ImportFrom) and not node.level:
        found.add((node.module or "").partition(".")[0])
    return found - set(sys.stdlib_module_names) - {"ppl"}


def test_all_dependencies_are_declared():
    """Whatever a module needs to be loaded is a dependency; inside a function it may be in an extra."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    declared = requirements(project["dependencies"])
    extras = requirements(*project["optional-dependencies"].values())
    trees = [ast.parse(path.read_text("utf-8")) for path in (ROOT / "ppl").rglob("*.py")]
    at_load, ever = ({n for tree in trees for n in imports(tree, when)} for when in (True, False))
    assert at_load <= declared
    assert ever <= declared | extras
    assert declared <= ever, "a dependency that nothing imports"
