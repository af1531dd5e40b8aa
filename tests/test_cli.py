"""The command line: what goes to stdout and stderr, the exit code of every way to end, and what each verb gives."""

import json
import math
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from ppl.api.models import load
from ppl.api.stopping import Stopping
from ppl.cli.exits import Exit, run
from ppl.cli.options import Duration
from ppl.cli.verbs import VERBS, ppl
from ppl.distributions import distributions
from ppl.functions import FUNCTIONS
from ppl.guides import guides
from ppl.report.page import names, page

ROOT = Path(__file__).resolve().parents[1]
MODEL = """dim obs
data y[obs]: real
mu ~ Normal(0, 2)
y[obs] ~ Normal(mu, 0.7)
predict y_new[obs] ~ Normal(mu, 0.7)
"""
Y = [1.2, 0.3, 0.9, 0.5]
FUNNEL = """dim k = 20
v ~ Normal(0, 3)
x[k] ~ Normal(0, exp(v))
"""


@pytest.fixture
def folder(tmp_path):
    """A model with its data beside it, and nothing else."""
    (tmp_path / "m.vi").write_text(MODEL)
    (tmp_path / "m.json").write_text(json.dumps({"y": Y}))
    return tmp_path


@pytest.fixture
def type_in(folder, monkeypatch, capsys):
    """Runs `ppl` with arguments in the folder: (exit code, stdout, stderr)."""
    monkeypatch.chdir(folder)

    def typed(*args):
        code = run([str(arg) for arg in args])
        said = capsys.readouterr()
        return int(code), said.out, said.err

    return typed


def whole(text):
    """The one JSON object that is all of a text, without NaN or infinities."""

    def refuse(word):
        raise AssertionError(f"{word} is not JSON")

    found = json.loads(text, parse_constant=refuse)
    assert isinstance(found, dict)
    assert found["schema"] == 1
    return found


def normal(x, loc, scale):
    return -0.5 * ((x - loc) / scale) ** 2 - math.log(scale) - 0.5 * math.log(2 * math.pi)


# -- ways to end -------------------------------------------------------------------------------------


def test_usage_is_two_and_suggests(type_in):
    for args, advice in [
        (("chek", "m.vi"), "check"),
        (("fit", "m.vi", "--gude", "x"), "--guide"),
        (("fit", "m.vi", "--guide", "fulrank"), "fullrank"),
        (("fit", "m.vi", "--optimizer", "adan"), "adam"),
        (("show", "nromal"), "Normal"),
        (("fit", "m.vi", "--time-limit", "soon"), "60s"),
        (("fit", "m.vi", "--map", "y"), "COLUMN=NAME"),
        (("fit",), "MODEL"),
    ]:
        code, out, err = type_in(*args)
        assert (code, out) == (Exit.USAGE, ""), args
        assert advice in err, args


def test_a_bad_model_is_65(type_in, folder):
    (folder / "m.vi").write_text(MODEL.replace("Normal(mu, 0.7)", "Normal(um, 0.7)", 1))
    code, out, err = type_in("fit", "m.vi")
    assert (code, out) == (Exit.BAD_INPUT, "")
    assert re.search(r"m\.vi:4:\d+", err)
    assert "did you mean `mu`?" in err


def test_bad_data_are_65(type_in, folder):
    (folder / "m.json").write_text('{"y": [1, "a"]}')
    assert type_in("fit", "m.vi")[0] == Exit.BAD_INPUT
    (folder / "m.json").write_text('{"x": [1]}')
    assert type_in("fit", "m.vi")[0] == Exit.BAD_INPUT


@pytest.mark.parametrize(
    "args",
    [
        ("fit", "absent.vi"),
        ("check", "absent.vi"),
        ("fit", "m.vi", "--data", "absent.json"),
        ("show", "absent.ppl"),
        ("predict", "absent.ppl"),
        ("log-joint", "m.vi", "--at", "absent.json"),
    ],
)
def test_no_such_file_is_66(type_in, args):
    code, out, err = type_in(*args)
    assert (code, out) == (Exit.NO_FILE, "")
    assert "absent" in err


def test_what_can_not_be_read_or_written_is_74(type_in):
    assert type_in("check", ".")[0] == Exit.IO
    code, _, err = type_in("fit", "m.vi", "--out", "no/such/folder/f.ppl")
    assert code == Exit.IO
    assert "no/such/folder" in err
    assert type_in("prior", "m.vi", "--out", "no/such/folder/d.json")[0] == Exit.IO


def test_our_bug_is_70_and_says_so(type_in, monkeypatch):
    def broken(*_args, **_settings):
        raise ZeroDivisionError("a slip\nof ours")

    monkeypatch.setattr("ppl.api.models.load", broken)
    monkeypatch.delenv("PPL_DEBUG", raising=False)
    code, out, err = type_in("check", "m.vi")
    assert (code, out) == (Exit.OUR_BUG, "")
    assert "bug of ours" in err
    assert "report" in err
    assert "ZeroDivisionError: a slip of ours" in err
    assert "Traceback" not in err
    monkeypatch.setenv("PPL_DEBUG", "1")
    assert "Traceback" in type_in("check", "m.vi")[2]


def test_interrupted_is_130(type_in, monkeypatch):
    def interrupted(*_args, **_settings):
        raise KeyboardInterrupt

    monkeypatch.setattr("ppl.api.models.load", interrupted)
    code, out, _ = type_in("fit", "m.vi")
    assert (code, out) == (Exit.INTERRUPTED, "")


def test_errors_are_an_object_too_under_json(type_in, folder):
    (folder / "m.vi").write_text(MODEL + "a ~ Nromal(0, 1)\n")
    for verb in (("fit", "m.vi"), ("prior", "m.vi"), ("check", "m.vi")):
        code, out, _ = type_in(*verb, "--json")
        (found,) = whole(out)["diagnostics"]
        assert code in (Exit.BAD_INPUT, Exit.FINDINGS)
        assert found["range"]["start"] == {"line": 5, "character": 4}
        assert found["code"].startswith("E")


def test_nobody_reading_on_is_no_traceback(folder):
    command = f"{sys.executable} -m ppl show functions | true"
    ran = subprocess.run(command, shell=True, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ran.stderr == ""


# -- fit ---------------------------------------------------------------------------------------------


def test_fit_reports_the_known_posterior(type_in):
    code, out, err = type_in("fit", "m.vi", "--json", "--seed", "3")
    found = whole(out)
    precision = 1 / 2**2 + 4 / 0.7**2
    mu = found["posterior"]["mu"]
    assert (code, err) == (0, "")
    assert mu["mean"] == pytest.approx(sum(Y) / 0.7**2 / precision, abs=1e-6)
    assert mu["sd"] == pytest.approx(precision**-0.5, abs=1e-6)
    assert (found["model"], found["seed"], found["verdict"]) == ("m", 3, "good")


def test_fit_is_a_page_of_80_columns_without_colour_in_a_pipe(type_in):
    code, out, _ = type_in("fit", "m.vi")
    assert code == 0
    assert "mu" in out
    assert "ELBO" in out
    assert "\x1b" not in out
    assert max(map(len, out.splitlines())) <= 80


def test_data_are_named_or_renamed_or_piped(type_in, folder, monkeypatch):
    (folder / "m.json").unlink()
    assert type_in("fit", "m.vi")[0] == Exit.BAD_INPUT
    (folder / "other.csv").write_text("z\n" + "\n".join(map(str, Y)))
    code, by_name, _ = type_in("fit", "m.vi", "--data", "other.csv", "--map", "z=y", "--json")
    assert code == 0
    (folder / "m.csv").write_text("y\n" + "\n".join(map(str, Y)))
    code, beside, _ = type_in("fit", "m.vi", "--json")
    assert code == 0

    class Pipe:
        def __init__(self, text):
            self.text = text

        def read(self):
            return self.text

    results = [by_name, beside]
    for text in (json.dumps({"y": Y}), "y\n" + "\n".join(map(str, Y))):
        monkeypatch.setattr("sys.stdin", Pipe(text))
        results.append(type_in("fit", "m.vi", "--data", "-", "--json")[1])
    assert len({json.dumps(whole(text)["posterior"]) for text in results}) == 1
    monkeypatch.setattr("sys.stdin", Pipe(MODEL))
    assert type_in("check", "-")[0] == 0
    assert type_in("fit", "-", "--data", "-")[0] == Exit.USAGE


def test_strict_fails_where_the_verdict_does(type_in, folder):
    (folder / "f.vi").write_text(FUNNEL)
    args = ("fit", "f.vi", "--guide", "meanfield", "--json", "--centering", "x=1")
    code, out, _ = type_in(*args)
    assert whole(out)["verdict"] == "do not trust"
    assert code == 0
    assert type_in(*args, "--strict")[0] == Exit.FINDINGS
    assert type_in("fit", "m.vi", "--strict")[0] == 0


def test_settings_reach_the_fit(type_in):
    args = (
        "--guide",
        "meanfield",
        "--optimizer",
        "adam",
        "--draws",
        "7",
        "--steps",
        "5",
        "--learning-rate",
        "0.01",
    )
    found = whole(type_in("fit", "m.vi", "--json", *args)[1])
    assert (found["guide"], found["optimizer"], found["steps"]) == ("meanfield", "adam", 5)
    assert found["gradients"] >= 5 * 7
    assert found["converged"] is False


def test_a_saved_fit_is_shown_again_and_predicts(type_in, folder):
    _, first, _ = type_in("fit", "m.vi", "--json", "--out", "f.ppl")
    assert whole(type_in("show", "f.ppl", "--json")[1])["posterior"] == whole(first)["posterior"]
    code, text, _ = type_in("predict", "f.ppl")
    assert code == 0
    assert "y_new[3]" in text
    found = whole(type_in("predict", "f.ppl", "--json", "--draws", "4000", "--out", "d.json")[1])
    sd = math.hypot(whole(first)["posterior"]["mu"]["sd"], 0.7)
    assert found["predictions"]["y_new"]["sd"] == pytest.approx([sd] * 4, rel=5 / math.sqrt(2 * 4000))
    draws = whole((folder / "d.json").read_text())["draws"]["y_new"]
    assert (len(draws), len(draws[0])) == (4000, 4)


def test_time_limits_are_durations():
    convert = Duration().convert
    assert [convert(text, None, None) for text in ("60", "60s", "1.5m", "2h", "250ms")] == [
        60,
        60,
        90,
        7200,
        0.25,
    ]


def test_a_first_interrupt_ends_the_fit_with_what_it_has(type_in, folder, monkeypatch):
    (folder / "f.vi").write_text(FUNNEL)

    class Interrupting:
        def __enter__(self):
            return self

        def __exit__(self, *_):
            pass

        def __call__(self, progress):
            if progress.step == 2:
                os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr("ppl.report.progress.Live", Interrupting)
    before = signal.getsignal(signal.SIGINT)
    code, out, err = type_in("fit", "f.vi", "--json", "--out", "f.ppl", "--centering", "x=centered")
    assert code == Exit.INTERRUPTED
    assert whole(out)["converged"] is False
    assert math.isfinite(whole(out)["elbo"])
    assert "once more" in err
    assert (folder / "f.ppl").exists()
    assert signal.getsignal(signal.SIGINT) is before


def test_a_second_interrupt_leaves_at_once():
    with Stopping() as stopping:
        os.kill(os.getpid(), signal.SIGINT)
        assert stopping.asked
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)


# -- check -------------------------------------------------------------------------------------------


def test_check_finds_every_mistake_and_exits_with_one(type_in, folder):
    (folder / "m.vi").write_text(MODEL + "a ~ Nromal(0, 1)\nb ~ Normal(muu, 1)\n")
    code, out, _ = type_in("check", "m.vi")
    assert code == Exit.FINDINGS
    assert out.count("error[") == 2
    assert len(whole(type_in("check", "m.vi", "--json")[1])["diagnostics"]) == 2


def test_check_looks_at_the_data_too(type_in, folder):
    assert type_in("check", "m.vi")[0] == 0
    (folder / "bad.json").write_text('{"y": [1, null]}')
    assert type_in("check", "m.vi", "--data", "bad.json")[0] == Exit.FINDINGS


def test_fix_mends_what_can_be_mended(type_in, folder):
    (folder / "m.vi").write_text(MODEL.replace("Normal(mu", "Normal(muu", 1))
    code, out, _ = type_in("check", "m.vi", "--fix", "--json")
    assert (code, whole(out)["fixed"]) == (0, 1)
    assert (folder / "m.vi").read_text() == MODEL
    assert sorted(path.name for path in folder.iterdir()) == ["m.json", "m.vi"]


def test_fix_leaves_alone_what_it_can_not_mend(type_in, folder):
    broken = MODEL + "q ~ Normal(entirely_unknown_name, 1)\n"
    (folder / "m.vi").write_text(broken)
    assert type_in("check", "m.vi", "--fix")[0] == Exit.FINDINGS
    assert (folder / "m.vi").read_text() == broken


# -- the other verbs ---------------------------------------------------------------------------------


def test_log_joint_is_itemised_and_adds_up(type_in, folder):
    (folder / "at.json").write_text('{"mu": 0.4}')
    found = whole(type_in("log-joint", "m.vi", "--at", "at.json", "--json")[1])
    truth = {"mu": normal(0.4, 0, 2), "y": sum(normal(y, 0.4, 0.7) for y in Y)}
    assert found["terms"] == pytest.approx(truth, abs=1e-12)
    assert found["log_joint"] == pytest.approx(sum(truth.values()), abs=1e-12)
    text = type_in("log-joint", "m.vi", "--at", "at.json")[1]
    assert re.search(rf"^log joint +{sum(truth.values()):.6f}$", text, re.MULTILINE)
    assert "mu ~ Normal(0, 2)" in text


def test_log_joint_names_what_is_impossible(type_in, folder):
    (folder / "m.vi").write_text("s ~ HalfNormal(1)\n")
    (folder / "at.json").write_text('{"s": -1}')
    found = whole(type_in("log-joint", "m.vi", "--at", "at.json", "--json")[1])
    assert (found["log_joint"], found["impossible"]) == (None, ["s"])


@pytest.mark.parametrize(
    ("values", "complaint"),
    [
        ('{"mv": 1}', "mu"),
        ("{}", "mu"),
        ('{"mu": [1, 2]}', "2 numbers"),
        ('{"mu": "a"}', "neither"),
        ("[]", "list"),
    ],
)
def test_log_joint_says_what_is_wrong_with_values(type_in, folder, values, complaint):
    (folder / "at.json").write_text(values)
    code, _, err = type_in("log-joint", "m.vi", "--at", "at.json")
    assert code == Exit.BAD_INPUT
    assert complaint in err


def test_prior_and_prior_predictive(type_in):
    found = whole(type_in("prior", "m.vi", "--json", "--draws", "4000", "--seed", "1")[1])
    rel = 5 / math.sqrt(2 * 4000)
    assert found["prior"]["mu"]["sd"] == pytest.approx(2, rel=rel)
    assert found["prior"]["y"]["sd"] == pytest.approx([math.hypot(2, 0.7)] * 4, rel=rel)
    assert "y[0]" in type_in("prior", "m.vi")[1]


def test_graph_in_its_forms(type_in, monkeypatch):
    assert type_in("graph", "m.vi")[1].startswith("digraph")
    assert type_in("graph", "m.vi", "--format", "mermaid")[1].startswith("flowchart")
    if shutil.which("dot"):
        assert "<svg" in type_in("graph", "m.vi", "--format", "svg")[1]
    monkeypatch.setattr("shutil.which", lambda _: None)
    code, _, err = type_in("graph", "m.vi", "--format", "svg")
    assert code == Exit.USAGE
    assert "Graphviz" in err


@pytest.mark.parametrize("name", sorted(names()))
def test_every_name_has_a_page(name):
    found = page(name)
    assert found.title
    assert "{" not in str(found)
    assert "None" not in str(found)


def test_pages_cover_the_shelves_and_functions(type_in):
    assert {*distributions, *guides, *FUNCTIONS} <= set(names())
    code, out, _ = type_in("show", "halfcauchy")
    assert code == 0
    assert "HalfCauchy(scale)" in out
    assert "scale must be positive" in out
    assert whole(type_in("show", "softmax", "--json")[1])["kind"] == "function"
    listed = type_in("show", "distributions")[1]
    assert all(name in listed for name in distributions)


# -- the command itself ------------------------------------------------------------------------------


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_help(type_in, verb):
    code, out, _ = type_in(verb, "--help")
    assert code == 0
    assert out.startswith(f"Usage: ppl {verb}")
    assert verb in type_in("--help")[1]


def test_version_is_the_projects(type_in):
    code, out, _ = type_in("--version")
    assert code == 0
    assert re.fullmatch(r"ppl \d+\.\d+\.\d+\n", out)


def complete(words, count):
    env = {"_PPL_COMPLETE": "bash_complete", "COMP_WORDS": words, "COMP_CWORD": str(count)}
    return CliRunner().invoke(ppl, [], prog_name="ppl", env=env).output


def test_the_shell_completes_verbs_guides_and_names():
    assert "log-joint" in complete("ppl lo", 1)
    assert "fullrank" in complete("ppl fit m.vi --guide fu", 4)
    assert "HalfCauchy" in complete("ppl show halfc", 2)
    assert "E204" in complete("ppl explain e20", 2)


def test_python_m_ppl_is_ppl(folder):
    ran = subprocess.run(
        [sys.executable, "-m", "ppl", "fit", str(folder / "m.vi"), "--json"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    direct = load(folder / "m.vi").fit(folder / "m.json")
    assert whole(ran.stdout)["elbo"] == direct.elbo


def test_explain_has_the_page_of_a_message(type_in):
    code, out, err = type_in("explain", "e204")
    assert (code, err) == (0, "")
    assert out.startswith("E204: ")
    code, out, err = type_in("explain", "E298")
    assert (code, out) == (Exit.USAGE, "")
    assert "there is no message E298; near it are E218" in err
    assert "E728" in err
    assert type_in("explain", "nowhere.ppl")[0] == Exit.NO_FILE


def test_explain_and_compare_read_saved_fits(type_in):
    for seed in (0, 1):
        assert type_in("fit", "m.vi", "--seed", seed, "--out", f"{seed}.ppl")[0] == 0
    code, out, _ = type_in("explain", "0.ppl")
    assert code == 0
    assert "Jensen" in out
    code, out, _ = type_in("compare", "0.ppl", "1.ppl", "--json")
    assert code == 0
    assert {fit["name"] for fit in json.loads(out)["fits"]} == {"0.ppl", "1.ppl"}
    code, _, err = type_in("compare", "0.ppl")
    assert code == Exit.BAD_INPUT
    assert "E728" in err
