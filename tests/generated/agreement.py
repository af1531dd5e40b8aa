"""Whether compiler and interpreter mean the same by a program, and whether the compiler is of one mind.

`examine(generated).wrong` says in sentences what is wrong; an empty list is agreement.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
from autograd import elementwise_grad
from interpreter import Interpreter
from places import Undefined
from programs import Generated

from ppl.api.models import model
from ppl.diagnostic import PplError, Source
from ppl.syntax import ast
from ppl.syntax.format import formatted
from ppl.syntax.parse import parse

CLOSE = 1e-10  # of the sum of all absolute summands
INTEGRATED = 1e-6  # where there is a differential equation, which is followed with errors below 1e-9 a step
SLOPE = 1e-6
STEPS = np.array([3, 2, 1, -1, -2, -3])
WEIGHTS = np.array([1, -9, 45, -45, 9, -1]) / 60  # central difference of sixth order


# Matrices whose density is in the entries of the lower triangle, without the diagonal (1) or with it.
BELOW = {
    "the lower Cholesky factor of a correlation matrix": 1,
    "a correlation matrix": 1,
    "a lower triangular matrix with a positive diagonal": 0,
    "a symmetric positive definite matrix": 0,
}


@dataclass
class Report:
    """What one program showed; `kinks` are slopes that two step sizes disagree about, which nobody can judge."""

    wrong: list[str]
    slopes: int = 0
    kinks: int = 0
    summed: int = 0
    undefined: bool = False
    size: int = 0


def examine(generated: Generated, seed: int = 0, draws: int = 3) -> Report:
    """All comparisons for one program."""
    report = Report([])
    try:
        bound = model(generated.text).bind(generated.data)
    except PplError as error:
        report.wrong.append(f"refused: {error}")
        return report
    except Exception as error:
        report.wrong.append(f"crash in the compiler: {type(error).__name__}: {error}")
        return report
    try:
        _compare(generated, bound, np.random.default_rng(seed), draws, report)
    except PplError as error:
        report.wrong.append(f"refused later: {error}")
    except Undefined as error:
        report.wrong.append(f"the interpreter finds no meaning: {error}")
    except Exception as error:
        report.wrong.append(f"crash: {type(error).__name__}: {error}")
    return report


def _compare(generated: Generated, bound: Any, rng: np.random.Generator, draws: int, report: Report) -> None:
    log_joint = bound.log_joint
    report.summed = len(log_joint.sums)
    report.size = log_joint.layout.size
    z = rng.normal(size=(draws, log_joint.layout.size)) * 0.8
    w = log_joint.start_params + 0.3 * rng.normal(size=log_joint.start_params.shape)
    together = log_joint(z, w)
    names = [slot.name for layout in (log_joint.layout, log_joint.param_layout) for slot in layout]
    everything = _everything(log_joint, z, w)
    interpreter = Interpreter(generated.text, generated.data)
    close, alone = (INTEGRATED, INTEGRATED) if " ode(" in generated.text else (CLOSE, 1e-12)
    for s in range(draws):
        one = log_joint(z[s : s + 1], w)
        _close(report, f"draw {s} alone and among others", one[0], together[s], abs(together[s]), alone)
    values = {name: everything[name][0] for name in names}
    total, by_statement, size = interpreter.log_joint(values)
    got = bound.log_prob(values)
    _close(report, "log_prob and the interpreter", got, float(total), float(size), close)
    terms = bound.terms(values)
    _close(report, "the sum of the terms", sum(terms.values()), got, float(size), 1e-13)
    for name, value in by_statement.items():
        if name in terms:
            what = f"the term `{name}` and the interpreter"
            _close(report, what, terms[name], float(value), float(size), close)
        elif abs(value) > 1e-12 and not report.summed:  # else it may stand in what was summed out
            report.wrong.append(f"no term `{name}`, which is {float(value):.6g}")
    if report.wrong:
        return
    _round_trip(report, log_joint, values, z[:1])
    jacobian = _log_jacobian(log_joint, z[0], w)
    if np.isfinite(jacobian):
        _close(
            report,
            "log_joint(z) and log_prob + log |dx/dz|",
            together[0],
            got + jacobian,
            float(size) + abs(jacobian),
            1e-7,
        )
    _definitions(report, interpreter, bound, everything, close)
    _slopes(report, log_joint, z, w, float(size), close)
    _laid_out(report, generated, values, got)


def _close(
    report: Report, what: str, one: float, other: float, size: float, tolerance: float = CLOSE
) -> None:
    if one == other:
        return
    if not abs(one - other) <= tolerance * max(1.0, size):
        report.wrong.append(
            f"{what}: {one!r} and {other!r}, apart by {abs(one - other) / max(1.0, size):.2g}"
        )


def _round_trip(report: Report, log_joint: Any, values: dict[str, Any], z: Any) -> None:
    """z to constrained values and back."""
    back = log_joint.unconstrain({name: np.asarray(v)[None] for name, v in values.items()})
    if not np.allclose(back, z, rtol=1e-6, atol=1e-6):
        report.wrong.append(f"unconstrain(constrain(z)) is {back} and not {z}")


def _everything(log_joint: Any, z: Any, w: Any) -> dict[str, Any]:
    """Constrained values: the results', and of nets' weights, which are no results but make the log joint."""
    found = {**log_joint.constrain(z, w), **log_joint.unknown_values(z, w)}
    return {name: np.asarray(v) for name, v in found.items()}


def _free(log_joint: Any, z: Any, w: Any) -> Any:
    """The free coordinates of the constrained values, as many as there are columns of z."""
    values = _everything(log_joint, z, w)
    parts = []
    for slot in log_joint.layout:
        x, support = np.asarray(values[slot.name]), log_joint.unknowns[slot.name].support
        if support.name.startswith("a vector of probabilities"):
            x = x[..., :-1]
        elif support.name == "a vector of numbers that sum to 0":
            size = x.shape[-1]
            x = x @ np.linalg.qr(np.eye(size) - 1 / size)[0][:, : size - 1]
        elif support.name == "a vector of length 1":  # a density on the sphere has no coordinates of its own
            x = np.full((x.shape[0], 1), np.nan)
        elif support.name in BELOW:
            rows, columns = np.tril_indices(x.shape[-1], -BELOW[support.name])
            x = x[..., rows, columns]
        parts.append(x.reshape(x.shape[0], -1))
    return np.concatenate(parts, axis=1) if parts else np.zeros((z.shape[0], 0))


def _differences(function: Any, z: Any, step: float) -> Any:
    """d function / d z, one row per column of z, by differences of sixth order; all points in one call."""
    size = z.shape[0]
    points = z + step * STEPS[:, None, None] * np.eye(size)
    found = function(points.reshape(-1, size))
    return np.tensordot(WEIGHTS, found.reshape(len(STEPS), size, *found.shape[1:]), axes=1) / step


def _log_jacobian(log_joint: Any, z: Any, w: Any) -> float:
    if not z.shape[0]:
        return 0.0
    matrix = _differences(lambda points: _free(log_joint, points, w), z, 1e-3)
    return float(np.linalg.slogdet(matrix)[1]) if np.isfinite(matrix).all() else float("nan")


def _definitions(
    report: Report, interpreter: Interpreter, bound: Any, everything: dict[str, Any], close: float
) -> None:
    """Definitions that results keep, element by element."""
    for name, value in everything.items():
        variable = interpreter.variables.get(name)
        if variable is None or variable.role != "definition":
            continue
        for place in np.ndindex(value[0].shape):
            wanted = float(interpreter.element(name, place))
            what = f"the definition {name}{list(place)}"
            _close(report, what, float(value[0][place]), wanted, abs(wanted), close)


def _slopes(report: Report, log_joint: Any, z: Any, w: Any, size: float, close: float) -> None:
    if not z.shape[1]:
        return
    slopes = elementwise_grad(lambda at: log_joint(at, w))(z)
    alone = elementwise_grad(lambda at: log_joint(at, w))(z[:1])
    if not np.allclose(alone[0], slopes[0], rtol=close, atol=close * max(1.0, size)):
        report.wrong.append(f"slopes of a draw alone {alone[0]} and among others {slopes[0]}")
    # A solver's steps change with what it follows: its noise asks for wider differences.
    step, slack = (1e-3, SLOPE) if close == CLOSE else (1e-2, 100 * SLOPE)
    wide, narrow = (_differences(lambda points: log_joint(points, w), z[0], h) for h in (2 * step, step))
    scale = 1 + np.abs(narrow) + 1e-3 * size
    judged = np.abs(wide - narrow) <= 0.2 * slack * scale
    report.slopes += len(judged)
    report.kinks += int(np.sum(~judged))
    off = judged & ~(np.abs(slopes[0] - narrow) <= slack * scale)
    for k in np.flatnonzero(off):
        report.wrong.append(f"slope {k}: {slopes[0][k]!r}, by differences {narrow[k]!r}")


def _laid_out(report: Report, generated: Generated, values: dict[str, Any], log_prob: float) -> None:
    """The formatter changes nothing but looks, and nothing at all the second time."""
    text = formatted(Source("<generated>", generated.text))
    if formatted(Source("<formatted>", text)) != text:
        report.wrong.append(f"formatting again changes the text:\n{text}")
    one, other = (parse(Source("<text>", t)).statements for t in (generated.text, text))
    if [_shape(s) for s in one] != [_shape(s) for s in other]:
        report.wrong.append(f"formatting changes what is parsed:\n{text}")
    messy = generated.text.replace(", ", " ,").replace(" + ", "+ # more\n  ")
    if [_shape(s) for s in parse(Source("<text>", formatted(Source("<messy>", messy)))).statements] != [
        _shape(s) for s in one
    ]:
        report.wrong.append("formatting what is laid out badly changes what is parsed")
    elif model(text).bind(generated.data).log_prob(values) != log_prob:
        report.wrong.append("formatting changes the log joint")


def _shape(node: Any) -> Any:
    """A node without its places in the source."""
    if isinstance(node, ast.Node):
        return (
            type(node).__name__,
            *(_shape(getattr(node, f.name)) for f in fields(node) if f.name != "span"),
        )
    return tuple(_shape(item) for item in node) if isinstance(node, tuple) else node


def shrink(generated: Generated, seed: int = 0) -> Generated:
    """The program with as many lines left out as it can miss and still be wrong in the same way."""

    def kind(g: Generated) -> str:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            wrong = examine(g, seed).wrong
        return wrong[0].split(":")[0].split("`")[0][:40] if wrong else ""

    wanted = kind(generated)
    changed = True
    while changed:
        changed = False
        for k in reversed(range(len(generated.statements))):
            smaller = replace(generated, statements=generated.statements[:k] + generated.statements[k + 1 :])
            if kind(smaller) == wanted and (wanted != "refused" or _same_code(generated, smaller)):
                generated, changed = smaller, True
    named = {name: v for name, v in generated.data.items() if name in generated.text}
    return replace(generated, data=named)


def _same_code(one: Generated, other: Generated) -> bool:
    first, second = (examine(g).wrong[0] for g in (one, other))
    return (
        first.split("]")[0] == second.split("]")[0]
        and first.split("\n")[0][:60] == second.split("\n")[0][:60]
    )
