import pytest

from rlhf.prompts import Parsed, answer_text, parse_completion, passage_text, question_text


def test_texts_of_a_prompt():
    assert passage_text("Alps", ["One.", "Two\n lines."]) == "Alps\n[1] One. [2] Two lines.\n"
    assert question_text(" How   high? ") == "\nQuestion: How high?\nAnswer:"
    assert answer_text("4808 m", 1) == " 4808 m [1]"


@pytest.mark.parametrize(
    ("text", "parsed"),
    [
        (" 4808 m [1]", Parsed("4808 m", 1)),
        (" 4808 m [12]<|im_end|>junk", Parsed("4808 m", 12)),
        (" unanswerable<|im_end|>", Parsed(None, None)),
        (" [a] bracket [2]", Parsed("[a] bracket", 2)),
        (" no pointer", Parsed("no pointer", None)),
        ("", Parsed("", None)),
    ],
)
def test_completions_are_read_back(text, parsed):
    assert parse_completion(text) == parsed
