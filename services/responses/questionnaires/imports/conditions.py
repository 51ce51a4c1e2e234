"""Translate LimeSurvey's relevance expressions into conditions of our questionnaires.

Our conditions name one earlier choice and a set of options, one of which must have been chosen.
Only expressions that mean exactly that are translated: comparisons of one question with its codes
joined by `or`, a ticked option of a multiple choice, `!is_empty()` of a choice without own answer,
and constants.
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


class Untranslatable(Exception):
    """No condition of our questionnaires has the meaning of the expression."""


@dataclass(frozen=True)
class Choice:
    """An earlier choice: our id, and our option id for each of its codes.

    `complete`: these are all the answers that it takes."""

    name: str
    codes: Mapping[str, str]
    complete: bool
    single: bool = True


@dataclass(frozen=True)
class Ticked:
    """The variable of a multiple choice's option."""

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
    """True: always asked; False: never. Raises Untranslatable."""
    expression = expression.strip()
    if expression.startswith("{") and expression.endswith("}"):
        expression = expression[1:-1]
    if not expression.strip():
        return True
    if len(expression) > _LONGEST:
        raise Untranslatable
    return _Parser(list(_tokens(expression)), variables).parse()


def _tokens(expression: str) -> Iterator[tuple[str, str]]:
    position, end = 0, len(expression.rstrip())
    while position < end:
        token = _TOKEN.match(expression, position)
        if token is None or token.lastgroup is None:
            raise Untranslatable
        kind, text = token.lastgroup, token[token.lastgroup]
        if kind == "name" and text.lower() in _WORDS:
            kind, text = "sign", _WORDS[text.lower()]
        yield kind, "!=" if text == "<>" and kind == "sign" else text
        position = token.end()


class _Parser:
    def __init__(self, tokens: list[tuple[str, str]], variables: Mapping[str, Variable]) -> None:
        self._tokens = tokens
        self._variables = variables
        self._place = 0
        self._depth = 0

    def parse(self) -> _Value:
        node = self._disjunction()
        if self._place != len(self._tokens):
            raise Untranslatable
        return _value(node)

    def _take(self, *signs: str) -> str | None:
        if self._place < len(self._tokens):
            kind, text = self._tokens[self._place]
            if kind == "sign" and text in signs:
                self._place += 1
                return text
        return None

    def _disjunction(self) -> _Node:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise Untranslatable
        node = self._conjunction()
        while self._take("||"):
            node = _union(_value(node), _value(self._conjunction()))
        self._depth -= 1
        return node

    def _conjunction(self) -> _Node:
        node = self._negation()
        while self._take("&&"):
            node = _intersection(_value(node), _value(self._negation()))
        return node

    def _negation(self) -> _Node:
        negations = 0
        while self._take("!"):
            negations += 1
        node = self._comparison()
        for _ in range(negations % 2):
            node = self._opposite(node)
        return node

    def _comparison(self) -> _Node:
        first = self._operand()
        sign = self._take("==", "!=", "<", ">", "<=", ">=", "+", "-", "*", "/", ",")
        if sign is None:
            return first
        second = self._operand()
        if sign not in ("==", "!="):
            raise Untranslatable
        if isinstance(first, str) and isinstance(second, str):
            return (first == second) == (sign == "==")
        if isinstance(first, str):
            first, second = second, first
        if sign == "!=" or not isinstance(first, _Name) or not isinstance(second, str):
            raise Untranslatable
        return self._equal(first.name, second)

    def _operand(self) -> _Node:
        if self._take("("):
            node = self._disjunction()
            if not self._take(")"):
                raise Untranslatable
            return node
        if self._place == len(self._tokens):
            raise Untranslatable
        kind, text = self._tokens[self._place]
        self._place += 1
        if kind == "text":
            return text[1:-1]
        if kind == "number":
            return text
        if kind != "name":
            raise Untranslatable
        if not self._take("("):
            return _Name(text)
        if text.lower() != "is_empty":
            raise Untranslatable
        inner = self._operand()
        if not isinstance(inner, _Name) or not self._take(")"):
            raise Untranslatable
        return _Empty(inner.name)

    def _variable(self, name: str) -> Variable:
        plain, _, suffix = name.partition(".")
        if suffix not in ("", "NAOK", "code") or plain not in self._variables:
            raise Untranslatable
        return self._variables[plain]

    def _equal(self, name: str, code: str) -> AnyOf:
        variable = self._variable(name)
        if isinstance(variable, Ticked):
            if code != "Y":
                raise Untranslatable
            return AnyOf(variable.name, frozenset((variable.option,)), single=False)
        if not variable.single or code not in variable.codes:
            raise Untranslatable
        return AnyOf(variable.name, frozenset((variable.codes[code],)))

    def _opposite(self, node: _Node) -> _Node:
        if isinstance(node, _Empty):
            variable = self._variable(node.name)
            if isinstance(variable, Choice) and variable.complete and variable.single:
                return AnyOf(variable.name, frozenset(variable.codes.values()))
            raise Untranslatable
        value = _value(node)
        if isinstance(value, bool):
            return not value
        raise Untranslatable


def _value(node: _Node) -> _Value:
    """A condition or a constant; LimeSurvey treats 0 and an empty text as false."""
    if isinstance(node, str):
        return node not in ("", "0", "0.0", "false")
    if isinstance(node, _Name) and node.name.lower() in ("true", "false"):
        return node.name.lower() == "true"
    if isinstance(node, bool | AnyOf):
        return node
    raise Untranslatable


def _union(first: _Value, second: _Value) -> _Value:
    if first is True or second is True:
        return True
    if isinstance(first, bool) or isinstance(second, bool):
        return second if first is False else first
    if first.question != second.question:
        raise Untranslatable
    return AnyOf(first.question, first.options | second.options, first.single)


def _intersection(first: _Value, second: _Value) -> _Value:
    if first is False or second is False:
        return False
    if isinstance(first, bool) or isinstance(second, bool):
        return second if first is True else first
    if first == second:
        return first
    common = first.options & second.options
    if first.question != second.question or not first.single or not common:
        raise Untranslatable
    return AnyOf(first.question, common)


def conjunction(first: _Value, second: _Value) -> _Value:
    """The condition of a group and that of its question. Raises Untranslatable."""
    return _intersection(first, second)
