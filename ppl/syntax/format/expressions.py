"""What expressions are written with. Parentheses stand where precedence needs them, and only there."""

from __future__ import annotations

from ppl.syntax import ast
from ppl.syntax.format.marks import Break, Close, Open, Piece, Slot, listed

ORDINARY, NEGATION, COMPARED, UNARY, POWER, ATOM = 0, 3, 5, 7, 8, 9
_CHAINS = {"or": 1, "and": 2, "comparison": 4, "sum": 5, "product": 6}


def tightness(node: ast.Expr) -> int:
    """How tightly an expression binds, by the grammar's order of precedence."""
    match node:
        case ast.IfElse():
            return ORDINARY
        case ast.Chain():
            return _CHAINS[node.kind]
        case ast.Not():
            return NEGATION
        case ast.Negative():
            return UNARY
        case ast.Power():
            return POWER
    return ATOM


def expression(node: ast.Expr, hang: int) -> list[Piece]:
    """The pieces of an expression; its further lines are indented by `hang`."""
    match node:
        case ast.Number():
            return [node.text]
        case ast.String():
            return [f'"{node.value}"']
        case ast.Name():
            return [node.name]
        case ast.Element():
            return [node.base.name, *listed("[", node.indices, "]")]
        case ast.Call():
            given = sorted((*node.args, *node.keywords, *node.binders), key=lambda a: a.span.start)
            return [node.function.name, *listed("(", given, ")")]
        case ast.Negative():
            return ["-", Slot(node.operand, UNARY)]
        case ast.Not():
            return ["not", " ", Slot(node.operand, NEGATION)]
        case ast.Power():
            return [Slot(node.base, ATOM), "^", Slot(node.exponent, UNARY)]
        case ast.Chain():
            within = _CHAINS[node.kind] + 1
            found: list[Piece] = [Open(hang, fills=True), Slot(node.operands[0], within)]
            for operator, operand in zip(node.operators, node.operands[1:], strict=True):
                found += [" ", operator, Break(head=_head(operand, within)), Slot(operand, within)]
            return [*found, Close()]
        case ast.IfElse():
            return _ladder(node, hang)
        case ast.ArrayLiteral():
            return listed("[", node.items, "]", fills=True)
    raise AssertionError(f"no layout for {type(node).__name__}")


def _head(operand: ast.Expr, within: int) -> int:
    """The length of an operand up to the bracket that it ends with, or 0."""
    if tightness(operand) < within:
        return 1
    return len(operand.function.name) + 1 if isinstance(operand, ast.Call) else 0


def _ladder(node: ast.IfElse, hang: int) -> list[Piece]:
    """`if a then x else if b then y else z`: if too long, a line for each `if` and for the last value."""
    found: list[Piece] = [Open(hang)]
    rest: ast.Expr = node
    while isinstance(rest, ast.IfElse):
        found += ["if", " ", Slot(rest.condition), " ", "then"]
        found += [Open(), Break(), Slot(rest.yes, hang=0), Close(), " ", "else", Break()]
        rest = rest.no
    return [*found, Slot(rest), Close()]
