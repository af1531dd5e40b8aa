"""The public names, and what `import ppl` costs."""

import subprocess
import sys
from collections.abc import Mapping

import pytest

import ppl


def test_all_is_what_there_is():
    for name in ppl.__all__:
        assert getattr(ppl, name) is not None
    assert set(ppl.__all__) <= set(dir(ppl))
    with pytest.raises(AttributeError):
        _ = ppl.nothing_of_this_name


def test_star_import_gives_all():
    script = "from ppl import *; print(*sorted(name for name in dir() if name[0] != '_'))"
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert ran.stdout.split() == sorted(ppl.__all__)


@pytest.mark.parametrize("shelf", ["guides", "objectives", "optimizers", "distributions"])
def test_shelves_are_read_only_mappings_by_name(shelf):
    found = getattr(ppl, shelf)
    assert isinstance(found, Mapping)
    assert len(found) == len(list(found)) > 0
    assert all(found[name] is not None for name in found)
    assert "no such thing" not in found
    with pytest.raises(TypeError):
        found["new"] = 1


def test_shelves_stay_mappings_once_everything_is_imported():
    ppl.model("x ~ Normal(0, 1)").fit()
    assert "fullrank" in ppl.guides
    assert "Normal" in ppl.distributions


def test_import_is_light():
    heavy = "numpy", "scipy", "autograd", "rich", "lark"
    script = f"import sys, ppl; print([m for m in {heavy!r} if m in sys.modules])"
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"
