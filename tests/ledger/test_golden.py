"""Is whatever was stored once read for ever, to the last byte?"""

from pathlib import Path

import pytest

from hudang.domain.catalogue import EVENTS
from hudang.domain.former import FORMER, of_today, versions
from hudang.ledger import codec
from tests.ledger import golden

ADD = """Run `python -m tests.ledger.golden` from the top folder: it adds the samples that are missing, and
changes none. Commit them with the event."""
WHAT_TO_DO = """Events of this shape are in ledgers, and none of them will ever change. So leave the shape as
it was, or make a new version: move it as it was to a `Former`, under the topic that it has; give the event of
today the next topic (`.v2`, `.v3`); write the upcaster. CONTRIBUTING.md, "change an event", shows how. Never
write these samples or their digests anew."""

EVERY_SAMPLE = [
    pytest.param(golden.topic_of(file), line, id=f"{file.name}:{number}")
    for file in golden.files()
    for number, line in enumerate(golden.lines(file), start=1)
]
every_sample = pytest.mark.parametrize(("topic", "line"), EVERY_SAMPLE)


class TestEverySample:
    @every_sample
    def test_is_read(self, topic: str, line: bytes) -> None:
        if topic in FORMER:
            events = of_today(codec.decode_former(FORMER[topic], line))
            assert all(codec.decode(event.TOPIC, codec.encode(event)) == event for event in events)
            return
        assert topic in EVENTS, WHAT_TO_DO
        try:
            event = codec.decode(topic, line)
        except codec.UndecodableEventError:
            pytest.fail(WHAT_TO_DO)
        assert codec.encode(event) == line, WHAT_TO_DO


class TestTheCorpus:
    def test_is_as_it_was_committed(self) -> None:
        now = {entry for file in golden.files() for entry in golden.sums(file)}
        committed = set(golden.committed_sums())

        assert committed - now == set(), WHAT_TO_DO
        assert now - committed == set(), WHAT_TO_DO

    def test_has_every_version_and_every_code(self) -> None:
        assert {topic: len(added) for topic, added in golden.missing().items()} == {}, ADD
        assert [topic for topic in FORMER if not golden.lines(golden.file_of(topic))] == [], WHAT_TO_DO

    def test_knows_one_shape_of_today_for_each_event(self) -> None:
        """Versions follow one another, and all but the newest are former ones."""
        for name, numbers in versions({**EVENTS, **FORMER}).items():
            assert numbers == tuple(range(1, len(numbers) + 1)), name
            topics = [name, *(f"{name}.v{number}" for number in numbers[1:])]
            assert [topic for topic in topics if topic in EVENTS] in ([topics[-1]], []), name

    def test_shows_each_code_once_at_least(self) -> None:
        """So a code that is dropped one day is noticed."""
        grounds = b"".join(golden.lines(golden.file_of("decision.confirmed")))

        assert b'"ground":"entitled"' in grounds
        assert b'"ground":"other"' in grounds


class TestAddingSamples:
    @pytest.fixture
    def corpus(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        monkeypatch.setattr(golden, "CORPUS", tmp_path / "corpus")
        monkeypatch.setattr(golden, "SUMS", tmp_path / "corpus" / "SHA256SUMS")
        golden.add_missing()
        return tmp_path / "corpus"

    def test_makes_the_committed_corpus_from_nothing(self, corpus: Path) -> None:
        assert (corpus / "SHA256SUMS").read_text(encoding="utf-8")
        assert golden.missing() == {}

    def test_a_second_time_changes_nothing(self, corpus: Path) -> None:
        before = {file.name: file.read_bytes() for file in corpus.iterdir()}
        golden.add_missing()

        assert {file.name: file.read_bytes() for file in corpus.iterdir()} == before

    def test_leaves_a_changed_sample_to_be_found(self, corpus: Path) -> None:
        """Neither the sample nor its digest is put right."""
        file = golden.file_of("payout.confirmed")
        first, *others = golden.lines(file)
        changed = first.replace("测试".encode(), "改动".encode(), 1)
        file.write_bytes(b"".join(line + b"\n" for line in [changed, *others]))
        golden.add_missing()

        now = {entry for each in golden.files() for entry in golden.sums(each)}
        lost = set(golden.committed_sums()) - now
        assert changed != first
        assert [entry.rpartition("  ")[2] for entry in lost] == ["payout.confirmed.v1.json:1"]
