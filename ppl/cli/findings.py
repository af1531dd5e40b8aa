"""Diagnostics as the JSON object of a verb that ended with them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ppl.diagnostic import Diagnostic

SCHEMA = 1


def as_object(diagnostics: Sequence[Diagnostic]) -> dict[str, Any]:
    """An object for stdout."""
    from ppl.report.diagnostics import to_dict

    return {"schema": SCHEMA, "diagnostics": [to_dict(d) for d in diagnostics]}
