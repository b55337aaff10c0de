"""How was an amount computed, line by line, from which inputs and under which rules? (核算过程)"""

from hudang.domain import assessment
from hudang.domain import formula as arithmetic
from hudang.domain.policy_terms import Basis
from hudang.domain.values import Fen
from hudang.graphql.described import output


@output("A number that went into a line of a computation (核算数据).")
class ComputationInput:
    """A number that went into a line: fen if the name ends in `_fen`, else a count."""

    name: str
    zh: str
    value: Fen


@output("One line of a computation, as it can be read aloud (核算明细).")
class ComputationLine:
    """One step of the arithmetic, and the rule that commands it."""

    zh: str
    formula: str
    result_fen: Fen
    inputs: list[ComputationInput]
    policy_hash: str
    document: str
    article: str
    basis: Basis

    @classmethod
    def of(cls, line: arithmetic.ComputationLine) -> "ComputationLine":
        return cls(
            zh=line.label_zh,
            formula=line.formula,
            result_fen=line.result_fen,
            inputs=[
                ComputationInput(name=given.name, zh=given.label_zh, value=Fen(given.value))
                for given in line.inputs
            ],
            policy_hash=line.source.hash,
            document=line.source.document,
            article=line.source.article,
            basis=line.source.basis,
        )


@output("The lines of a computation and its result (核算过程).")
class Computation:
    """All lines in order; the last line's result is the amount."""

    lines: list[ComputationLine]
    result_fen: Fen


@output("An amount with what it came from: rules by hash, inputs, computation (核算).")
class Assessment:
    """An amount as it was assessed."""

    amount_fen: Fen
    persons: int
    income_fen: Fen
    assets_within_limits: bool
    policy_hashes: list[str]
    computation: Computation

    @classmethod
    def of(cls, made: assessment.Assessment) -> "Assessment":
        computation = Computation(
            lines=[ComputationLine.of(line) for line in made.computation.lines],
            result_fen=made.computation.result_fen,
        )
        return cls(
            amount_fen=made.amount_fen,
            persons=made.persons,
            income_fen=made.income_fen,
            assets_within_limits=made.assets_within_limits,
            policy_hashes=list(made.policies),
            computation=computation,
        )
