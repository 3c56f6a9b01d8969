"""Terminal columns: wide characters count twice, nothing is lost by wrapping."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from setsuden.language.columns import cut, pad, table, width, wrap

TEXT = st.text(st.sampled_from("abc 1,.%漢字かなカナ。、（）ｱー"), max_size=60)


def test_a_japanese_character_takes_two_cells() -> None:
    assert width("電力 W") == 6
    assert width("ｱ") == 1
    assert width("が") == 2  # a letter and a combining mark


def test_padding_is_in_cells() -> None:
    assert pad("電力", 6) == "電力  "
    assert pad("電力", 6, right=True) == "  電力"


@given(TEXT, st.integers(4, 40))
def test_wrapping_keeps_every_character_and_the_limit(text: str, cells: int) -> None:
    lines = wrap(text, cells)
    assert "".join("".join(lines).split()) == "".join(text.split())
    for line in lines:
        pieces = wrap(line, 1)
        assert width(line) <= cells or len(pieces) == 1


@given(TEXT, st.integers(2, 40))
def test_cutting_never_exceeds_the_cells(text: str, cells: int) -> None:
    assert width(cut(text, cells)) <= max(cells, 1)
    if width(text) <= cells:
        assert cut(text, cells) == text


def test_no_line_begins_with_a_closing_mark() -> None:
    for cells in range(4, 30):
        for line in wrap("電力量は少なく、正解率は高い（推奨）。次点はありません。", cells):
            assert line[0] not in "。、）"


@given(st.lists(st.tuples(TEXT, TEXT), min_size=1, max_size=5))
def test_table_columns_line_up(rows: list[tuple[str, str]]) -> None:
    lines = table(["名前", "value|"], [[a.strip(), b.strip() + "|"] for a, b in rows])
    assert len({width(line) for line in lines}) == 1


def test_no_line_ends_with_an_opening_mark() -> None:
    text = "数え方（平均で見る場合） (上のより大きい手段の代わり) 「案」の説明"
    for cells in range(10, 40):
        lines = wrap(text, cells)
        assert not any(line[-1] in "（「(" for line in lines)
        assert "".join("".join(lines).split()) == "".join(text.split())
