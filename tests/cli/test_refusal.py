"""What a command refuses is said in the reader's language, with the same figures and the same way out."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from setsuden.cli.main import main
from setsuden.errors import InputError, MissingDependencyError
from setsuden.language.refusal import refusal


def said(*words: str, code: int = 2) -> str:
    result = CliRunner().invoke(main, [*words, "--lang", "ja"])
    assert result.exit_code == code, result.output
    assert result.stdout == ""
    return result.stderr.strip()


def test_in_english_an_error_says_what_it_always_said() -> None:
    error = InputError("must be at least 1", place="x.yaml:2: epochs", value=0, remedy="Known: 1, 2.")
    assert refusal(error, "en") == str(error) == "x.yaml:2: epochs: must be at least 1 (got 0). Known: 1, 2."


def test_place_value_and_remedy_stand_in_a_japanese_sentence_too() -> None:
    error = InputError("must be at least 1", place="x.yaml:2: epochs", value=0, remedy="Known: 1, 2.")
    assert refusal(error, "ja") == "x.yaml:2: epochs: 1 以上にしてください（入力値：0）。使える名前：1, 2"


def test_a_sentence_nobody_translated_stays_english() -> None:
    assert refusal(InputError("must rhyme", value="orange", remedy="Leave it out."), "ja") == (
        "must rhyme (got 'orange'). Leave it out."
    )


def test_what_fills_a_sentence_is_told_as_well() -> None:
    error = MissingDependencyError(["torch", "scikit-learn"], "Federated training", "federated,data")
    assert refusal(error, "ja") == (
        "連合学習には、パッケージ 'torch' and 'scikit-learn' が必要ですが、入っていません。"
        '次のコマンドで入ります：pip install "setsuden[federated,data]"'
    )


@pytest.mark.parametrize(
    ("remedy", "told"),
    [
        ("12 more problems after this.", "（このあとに問題があと 12 件あります。）"),
        ("Known: a, b2. 12 more problems after this.", "使える名前：a, b2（このあとに問題があと 12 件あります。）"),
        ("Did you mean a? 1 more problem after this.", "a のことでしょうか。（このあとに問題がもう一つあります。）"),
    ],
)
def test_further_problems_are_counted_after_the_remedy(remedy: str, told: str) -> None:
    assert refusal(InputError("is required", remedy=remedy), "ja") == f"指定が必要です。{told}"


def test_braces_and_line_breaks_in_what_was_given_stay_as_they_are() -> None:
    error = InputError("cannot write {a}\n{0}: Permission denied", place="{b}", value="{c}\n")
    assert refusal(error, "ja") == "{b}: {a}\n{0} を書き込めません：アクセス権がありません（入力値：'{c}\\n'）"


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("show", "--ledger", "none.sqlite"), "まだ記録がありません。まず何かを測定してください：setsuden run"),
        (("pilot", "none.yaml"), "スタディのファイルを読めません：ファイルまたはフォルダがありません"),
        (("pilot", "empty.yaml"), "スタディのファイルが空です。次のコマンドの出力から始めてください："),
        (("pilot", "broken.yaml"), "broken.yaml:2: YAML として正しくありません"),
        (("pilot", "wrong.yaml"), "wrong.yaml:1: epoch: 不明なキーです"),
        (("pilot", "wrong.yaml"), "このあとに問題がもう一つあります。"),
        (("footprint", "--kwh", "-1"), "有限の数にしてください（入力値：-1.0）"),
        (("footprint", "--kwh", "1", "--site", "Germny"), "（入力値：'Germny'）。DE (Germany) のことでしょうか。"),
        (("footprint", "--device", "H1000", "--hours", "1"), "不明なデバイスです"),
        (("footprint",), "電力量の指定がありません。--kwh X"),
        (("explain", "SET-TOO-SHRT"), "不明なコードです（入力値：'SET-TOO-SHRT'）。SET-TOO-SHORT のことでしょうか。"),
        (("federate", "simulate"), "シナリオのファイルを指定してください"),
    ],
)  # fmt: skip
def test_what_newcomers_meet_is_told_in_japanese(
    words: tuple[str, ...], sentence: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("empty.yaml").write_text("# nothing yet\n", encoding="utf-8")
    Path("broken.yaml").write_text("models: [mlp\n", encoding="utf-8")
    Path("wrong.yaml").write_text("epoch: 3\nseed: -1\n", encoding="utf-8")
    assert sentence in said(*words, code=1 if words[0] == "show" else 2)


def test_the_language_of_an_option_given_after_the_wrong_one_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    assert "入っていません" in said("profile", "resnet-18")


def test_documents_for_programs_refuse_in_english_in_every_locale(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANG", "ja_JP.UTF-8")
    monkeypatch.delenv("LC_ALL", raising=False)
    monkeypatch.delenv("LC_MESSAGES", raising=False)
    monkeypatch.delenv("SETSUDEN_LANG", raising=False)
    assert "no energy was given" in CliRunner().invoke(main, ["footprint", "--json"]).stderr
    assert "no such file" in CliRunner().invoke(main, ["report", "nowhere.json", "--json"]).stderr
    assert "電力量の指定がありません" in CliRunner().invoke(main, ["footprint", "--json", "--lang", "ja"]).stderr
    assert "電力量の指定がありません" in CliRunner().invoke(main, ["footprint"]).stderr


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("piolt",), "'piolt' というコマンドはありません。pilot のことでしょうか。"),
        (("zzz",), "'zzz' というコマンドはありません。"),
        (("--nonsense",), "'--nonsense' というオプションはありません。"),
        (("run",), "'COMMAND...' の指定がありません。"),
        (("show", "--nonsense"), "'--nonsense' というオプションはありません。"),
        (("show", "a", "b"), "余分な引数があります (b)"),
        (("run", "--rate"), "'--rate' には値が必要です。"),
        (("run", "--rate", "abc", "--", "true"), "'abc' は数でも adaptive でもありません"),
        (("pilot", "--minutes", "abc"), "'--minutes' の値が正しくありません：'abc' は数ではありません。"),
        (("runs", "-n", "x"), "'x' は整数ではありません。"),
        (("runs", "-n", "0"), "0 は範囲外です（1 以上）。"),
        (("report", "--format", "x"), "'x' は使えません。使える値：'html', 'json', 'text'"),
        (("federate", "price", "x.npz"), "'--fleet' の指定がありません。"),
        (("predict", "resnet-18", "--rows", "none.csv"), "ファイル 'none.csv' はありません。"),
    ],
)
def test_wrong_use_is_told_in_japanese(words: tuple[str, ...], sentence: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SETSUDEN_LANG", "ja")
    result = CliRunner().invoke(main, words)
    assert result.exit_code == 2
    lines = result.stderr.splitlines()
    assert lines[0].startswith("使い方：" if len(lines) > 1 else "エラー：")  # click knows no usage for a lacking value
    assert lines[-1].startswith("エラー：")
    assert sentence in lines[-1]


def test_wrong_use_in_english_is_as_the_parser_says_it_and_a_misspelt_command_is_asked_after() -> None:
    told = CliRunner().invoke(main, ["run", "--rate", "abc", "--", "true"]).stderr
    assert told.startswith("Usage: ")
    assert told.endswith("Error: Invalid value for '--rate': 'abc' is neither a number nor 'adaptive'\n")
    assert "No such command 'doktor'. Did you mean doctor?" in CliRunner().invoke(main, ["doktor"]).stderr


@pytest.mark.parametrize(
    ("name", "content", "words", "sentence"),
    [
        ("a.yaml", "models: [mlp\n", ("pilot", "a.yaml"), "「,」か「]」が必要な所に、ファイルの終わりがあります"),
        ("a.yaml", "models: {a: 1\n", ("pilot", "a.yaml"), "「,」か「}」が必要な所に"),
        ("a.yaml", "a: b: c\n", ("pilot", "a.yaml"), "ここに「:」は書けません"),
        ("a.yaml", "a: 1\n\tb: 2\n", ("pilot", "a.yaml"), "タブは空白に直してください"),
        ("a.yaml", "a: *b\n", ("pilot", "a.yaml"), "エイリアス 'b' は定義されていません"),
        ("a.yaml", "models: mlp\nphases: [trian]\n", ("pilot", "a.yaml"), "使える値：'train', 'infer', 'serve'"),
        (
            "a.yaml",
            "models: mlp\ndevice: gpu\n",
            ("pilot", "a.yaml"),
            "決められた形ではありません（入力値：'gpu'）。形：",
        ),
        ("a.json", "oops", ("import", "mlflow", "a.json"), "JSON ではありません：値が必要な所に値がありません"),
        ("a.json", "{", ("profile", "a.json"), "二重引用符で囲んだ名前が必要です（1 行 2 文字目）"),
        ("a.csv", "a,b\n1,2\n", ("import", "codecarbon", "a.csv"), "列がありません：timestamp"),
        ("a.csv", "a,b\n1,2\n", ("federate", "table", "none"), "ファイルまたはフォルダがありません（'none'）"),
    ],
)
def test_what_parsers_say_of_a_file_is_told_in_japanese(
    name: str, content: str, words: tuple[str, ...], sentence: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path(name).write_text(content, encoding="utf-8")
    assert sentence in said(*words)


def test_the_place_in_a_file_is_told_too() -> None:
    error = InputError("is not a number", place="a, b.csv, line 3, column power_w", value="x")
    assert refusal(error, "ja") == "a, b.csv の 3 行目、列 power_w: 数ではありません（入力値：'x'）"


def test_a_list_that_is_cut_short_says_so_in_japanese() -> None:
    error = InputError("there are several: which study is meant?", remedy="Give --study: a, b and 3 more.")
    assert (
        refusal(error, "ja")
        == "study が複数あります。どれかの指定が必要です。--study で指定してください：a, b ほか 3 件"
    )


@pytest.mark.parametrize(
    ("message", "told"),
    [
        ("cannot be read: denied: for good", "読めません：denied: for good"),  # at the first colon, not at the last
        ("cannot be read: [Errno 13] Permission denied: 'a: b'", "読めません：アクセス権がありません（'a: b'）"),
        ("unknown precision", "不明な演算精度です"),
        ("unknown thing", "unknown thing"),  # what has no words leaves its sentence whole
        ("must be a finite number of at least 2", "有限の数（2 以上）にしてください"),
        ("must be a ghost", "must be a ghost"),
    ],
)
def test_a_sentence_is_told_with_what_is_put_into_it_or_not_at_all(message: str, told: str) -> None:
    assert refusal(InputError(message), "ja") == told


def test_a_group_of_commands_takes_the_language_and_a_choice_that_lacks_is_listed() -> None:
    result = CliRunner().invoke(main, ["--lang", "ja", "import"])
    assert "の指定がありません。次から選んでください：" in result.stderr
    assert (
        CliRunner()
        .invoke(main, ["--lang", "ja", "catalogue"])
        .stderr.startswith("使い方：main catalogue [オプション] コマンド")
    )
