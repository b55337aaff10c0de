import pytest
from graphql import GraphQLObjectType

from hudang.domain.decision import Refusal
from hudang.domain.values import StreamId
from hudang.graphql import command_results, ids
from hudang.graphql.ids import KIND_OF_STATE, Kind
from hudang.graphql.schema import schema
from hudang.ledger import states
from hudang.ledger.answers import HeldRefusal

CODE, RULE, MESSAGE = "application_already_open", "one open application", "A person named is part of one."
HOLDER = StreamId("L0001-00000000-0000-7000-8000-000000000001")


class TestARefusal:
    def test_names_the_file_that_holds_what_was_asked_for(self) -> None:
        held = HeldRefusal(code=CODE, rule=RULE, message=MESSAGE, held_by=HOLDER, holder="Household")

        answer = command_results.Refusal.of(held)

        assert (answer.code, answer.rule, answer.message) == (CODE, RULE, MESSAGE)
        assert answer.held_by is not None
        assert ids.read(answer.held_by, Kind.HOUSEHOLD).stream == HOLDER

    def test_names_none_to_whoever_may_not_know(self) -> None:
        assert command_results.Refusal.of(Refusal(code=CODE, rule=RULE, message=MESSAGE)).held_by is None

    def test_is_published_with_its_holder(self) -> None:
        published = schema._schema.type_map["Refusal"]

        assert isinstance(published, GraphQLObjectType)
        assert str(published.fields["heldBy"].type) == "ID"

    @pytest.mark.parametrize("kind", sorted(kind.__name__ for kind in states.formats()))
    def test_can_name_a_file_of_every_kind(self, kind: str) -> None:
        held = HeldRefusal(code=CODE, rule=RULE, message=MESSAGE, held_by=HOLDER, holder=kind)

        assert command_results.Refusal.of(held).held_by == ids.write(KIND_OF_STATE[kind], HOLDER)
