"""LimeSurvey's relevance expressions, as far as they are conditions of ours.

A condition of ours names one earlier choice and the options of which one was chosen. What means
exactly that is taken: comparisons of one question with its codes joined by `or`, a ticked option of
a multiple choice, `!is_empty()` of a choice without own answer, and constants. Nothing else is.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

_LONGEST = 4_000
_DEEPEST = 50
_TOKEN = re.compile(
    r"""\s*(?:(?P<text>"[^"]*"|'[^']*')|(?P<number>[0-9]+(?:\.[0-9]+)?(?![0-9.\w]))"""
    r"""|(?P<name>[0-9]+X[0-9]+X\w+(?:\.\w+)?|[A-Za-z]\w*(?:\.\w+)?)"""
    r"""|(?P<sign>==|!=|<>|<=|>=|\|\||&&|[!()<>,+*/-]))""",
    re.ASCII,
)
_WORDS = {"or": "||", "and": "&&", "eq": "==", "ne": "!=", "not": "!"}


class NotOurs(Exception):
    """The expression means something that no condition of ours says."""


@dataclass(frozen=True)
class Choice:
    """An earlier choice: our name, its codes with our names for them, and whether these are all the
    answers that it takes."""

    name: str
    codes: Mapping[str, str]
    complete: bool
    single: bool = True


@dataclass(frozen=True)
class Ticked:
    """The variable of one option of a multiple choice."""

    name: str
    option: str


Variable = Choice | Ticked


@dataclass(frozen=True)
class AnyOf:
    question: str
    options: frozenset[str]
    single: bool = True


@dataclass(frozen=True)
class _Name:
    name: str


@dataclass(frozen=True)
class _Empty:
    name: str


_Value = bool | AnyOf
_Node = _Value | _Name | _Empty | str


def evaluate(expression: str, variables: Mapping[str, Variable]) -> _Value:
    """True: always asked; False: never. Raises NotOurs."""
    expression = expression.strip()
    if expression.startswith("{") and expression.endswith("}"):
        expression = expression[1:-1]
    if not expression.strip():
        return True
    if len(expression) > _LONGEST:
        raise NotOurs
    return _Parser(list(_tokens(expression)), variables).parse()


def _tokens(expression: str) -> Iterator[tuple[str, str]]:
    place, end = 0, len(expression.rstrip())
    while place < end:
        token = _TOKEN.match(expression, place)
        if token is None or token.lastgroup is None:
            raise NotOurs
        kind, text = token.lastgroup, token[token.lastgroup]
        if kind == "name" and text.lower() in _WORDS:
            kind, text = "sign", _WORDS[text.lower()]
        yield kind, "!=" if text == "<>" and kind == "sign" else text
        place = token.end()


class _Parser:
    def __init__(self, tokens: list[tuple[str, str]], variables: Mapping[str, Variable]) -> None:
        self._tokens = tokens
        self._variables = variables
        self._place = 0
        self._depth = 0

    def parse(self) -> _Value:
        node = self._either()
        if self._place != len(self._tokens):
            raise NotOurs
        return _value(node)

    def _take(self, *signs: str) -> str | None:
        if self._place < len(self._tokens):
            kind, text = self._tokens[self._place]
            if kind == "sign" and text in signs:
                self._place += 1
                return text
        return None

    def _either(self) -> _Node:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise NotOurs
        node = self._both()
        while self._take("||"):
            node = _joined(_value(node), _value(self._both()))
        self._depth -= 1
        return node

    def _both(self) -> _Node:
        node = self._negated()
        while self._take("&&"):
            node = _narrowed(_value(node), _value(self._negated()))
        return node

    def _negated(self) -> _Node:
        negations = 0
        while self._take("!"):
            negations += 1
        node = self._compared()
        for _ in range(negations % 2):
            node = self._opposite(node)
        return node

    def _compared(self) -> _Node:
        left = self._operand()
        sign = self._take("==", "!=", "<", ">", "<=", ">=", "+", "-", "*", "/", ",")
        if sign is None:
            return left
        right = self._operand()
        if sign not in ("==", "!="):
            raise NotOurs
        if isinstance(left, str) and isinstance(right, str):
            return (left == right) == (sign == "==")
        if isinstance(left, str):
            left, right = right, left
        if sign == "!=" or not isinstance(left, _Name) or not isinstance(right, str):
            raise NotOurs
        return self._equal(left.name, right)

    def _operand(self) -> _Node:
        if self._take("("):
            node = self._either()
            if not self._take(")"):
                raise NotOurs
            return node
        if self._place == len(self._tokens):
            raise NotOurs
        kind, text = self._tokens[self._place]
        self._place += 1
        if kind == "text":
            return text[1:-1]
        if kind == "number":
            return text
        if kind != "name":
            raise NotOurs
        if not self._take("("):
            return _Name(text)
        if text.lower() != "is_empty":
            raise NotOurs
        inner = self._operand()
        if not isinstance(inner, _Name) or not self._take(")"):
            raise NotOurs
        return _Empty(inner.name)

    def _variable(self, name: str) -> Variable:
        plain, _, suffix = name.partition(".")
        if suffix not in ("", "NAOK", "code") or plain not in self._variables:
            raise NotOurs
        return self._variables[plain]

    def _equal(self, name: str, code: str) -> AnyOf:
        variable = self._variable(name)
        if isinstance(variable, Ticked):
            if code != "Y":
                raise NotOurs
            return AnyOf(variable.name, frozenset((variable.option,)), single=False)
        if not variable.single or code not in variable.codes:
            raise NotOurs
        return AnyOf(variable.name, frozenset((variable.codes[code],)))

    def _opposite(self, node: _Node) -> _Node:
        if isinstance(node, _Empty):
            variable = self._variable(node.name)
            if isinstance(variable, Choice) and variable.complete and variable.single:
                return AnyOf(variable.name, frozenset(variable.codes.values()))
            raise NotOurs
        value = _value(node)
        if isinstance(value, bool):
            return not value
        raise NotOurs


def _value(node: _Node) -> _Value:
    """A condition, or a constant: LimeSurvey takes 0 and an empty text as false."""
    if isinstance(node, str):
        return node not in ("", "0", "0.0", "false")
    if isinstance(node, _Name) and node.name.lower() in ("true", "false"):
        return node.name.lower() == "true"
    if isinstance(node, bool | AnyOf):
        return node
    raise NotOurs


def _joined(left: _Value, right: _Value) -> _Value:
    if left is True or right is True:
        return True
    if isinstance(left, bool) or isinstance(right, bool):
        return right if left is False else left
    if left.question != right.question:
        raise NotOurs
    return AnyOf(left.question, left.options | right.options, left.single)


def _narrowed(left: _Value, right: _Value) -> _Value:
    if left is False or right is False:
        return False
    if isinstance(left, bool) or isinstance(right, bool):
        return right if left is True else left
    if left == right:
        return left
    common = left.options & right.options
    if left.question != right.question or not left.single or not common:
        raise NotOurs
    return AnyOf(left.question, common)


def both(left: _Value, right: _Value) -> _Value:
    """A group's condition and its question's. Raises NotOurs."""
    return _narrowed(left, right)
