from collections.abc import Iterator

import pytest

from hudang.domain.application import ApplicationAccepted
from hudang.domain.catalogue import EVENTS
from hudang.domain.former import (
    FORMER,
    Former,
    Today,
    Version,
    begins_together,
    belong_together,
    of_today,
    upcasts,
    upcasts_together,
    version_of,
    versions,
)
from hudang.domain.values import CaseId, StreamId
from tests.ledger.former_shapes import restored


class Accepted(Former, frozen=True, kw_only=True):
    TOPIC = "test.accepted"

    case: CaseId


class Stamped(Former, frozen=True, kw_only=True):
    TOPIC = "test.stamped"


@pytest.fixture(autouse=True)
def _forgotten() -> Iterator[None]:
    """What a test registers is forgotten afterwards."""
    with restored():
        yield


def accepted(old: Accepted) -> Today:
    return (ApplicationAccepted(case=old.case),)


def nothing(old: Former) -> Today:
    return ()


class TestRegistering:
    def test_makes_a_topic_former(self) -> None:
        upcasts(Accepted)(accepted)

        assert FORMER["test.accepted"] is Accepted
        assert of_today(Accepted(case=CaseId("c"))) == (ApplicationAccepted(case=CaseId("c")),)

    def test_happens_once(self) -> None:
        upcasts(Accepted)(accepted)

        with pytest.raises(TypeError, match="missing or taken"):
            upcasts(Accepted)(accepted)

    def test_refuses_a_topic_that_is_recorded_today(self) -> None:
        class Taken(Former, frozen=True, kw_only=True):
            TOPIC = next(iter(EVENTS))

        with pytest.raises(TypeError, match="missing or taken"):
            upcasts(Taken)(nothing)

    def test_refuses_a_shape_without_a_topic(self) -> None:
        class Nameless(Former, frozen=True, kw_only=True):
            pass

        with pytest.raises(TypeError, match="missing or taken"):
            upcasts(Nameless)(nothing)

    def test_of_a_pair_happens_once(self) -> None:
        upcasts(Stamped)(nothing)
        upcasts_together(Stamped, ApplicationAccepted)(lambda first, second: (second,))

        assert belong_together("test.stamped", ApplicationAccepted.TOPIC)
        assert begins_together("test.stamped")
        assert not begins_together(ApplicationAccepted.TOPIC)
        with pytest.raises(TypeError, match="two upcasters"):
            upcasts_together(Stamped, ApplicationAccepted)(lambda first, second: (second,))

    @pytest.mark.parametrize(("first", "second"), [(Stamped, ApplicationAccepted), (Accepted, Stamped)])
    def test_of_a_pair_needs_what_each_is_alone(self, first: type[Former], second: type[Former]) -> None:
        if first is Accepted:
            upcasts(Accepted)(accepted)

        with pytest.raises(TypeError, match="may stand alone"):
            upcasts_together(first, second)(lambda first, second: (second,))


class TestAFormerShape:
    def test_claims_nothing_unless_it_says_so(self) -> None:
        assert Stamped().takes(StreamId("L0001-1")) == ()
        assert Stamped().frees() == ()


class TestATopic:
    @pytest.mark.parametrize(
        ("topic", "version"),
        [
            ("opinion.given", Version("opinion.given", 1)),
            ("opinion.given.v2", Version("opinion.given", 2)),
            ("opinion.given.v10", Version("opinion.given", 10)),
            ("posting.vacated", Version("posting.vacated", 1)),
            ("v2", Version("v2", 1)),
        ],
    )
    def test_names_a_version(self, topic: str, version: Version) -> None:
        assert version_of(topic) == version

    @pytest.mark.parametrize("topic", ["opinion.given.v0", "opinion.given.v1", "opinion.given.v02"])
    def test_has_one_spelling(self, topic: str) -> None:
        with pytest.raises(ValueError, match="no number"):
            version_of(topic)

    def test_is_listed_with_its_versions(self) -> None:
        topics = dict.fromkeys(["a.b", "a.b.v3", "a.c", "a.b.v2"])

        assert versions(topics) == {"a.b": (1, 2, 3), "a.c": (1,)}
