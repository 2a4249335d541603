# SPDX-License-Identifier: Apache-2.0
"""Drafts follow the earlier trace, and find back to it where the traces part."""

from hypothesis import given
from hypothesis import strategies as st

from alpamayo_ros.policy.alpamayo.speculation import Drafts

tokens = st.lists(st.integers(0, 6), max_size=30)


def write(drafts, trace, sample=0):
    """Write a trace as a model would that wants exactly it; return the forwards it took."""
    written, forwards = [], 0
    while len(written) < len(trace):
        draft = drafts.propose(sample, written)
        forwards += 1
        accepted = 0
        for token in draft:
            if len(written) + accepted >= len(trace) or trace[len(written) + accepted] != token:
                break
            accepted += 1
        written += trace[len(written) : len(written) + accepted + 1]
        drafts.observe(sample, accepted, len(draft))
    return forwards


def after(old, new):
    drafts = Drafts(1)
    drafts.remember([old])
    drafts.begin()
    return write(drafts, new)


OLD = list(range(100, 124))


def test_nothing_is_proposed_before_the_first_trace():
    assert Drafts(1).propose(0, []) == ()


def test_unchanged_trace_takes_one_forward():
    assert after(OLD, OLD) == 1


def test_one_word_replaced_takes_two():
    assert after(OLD, [*OLD[:10], 7, *OLD[11:]]) == 2


def test_words_left_out_take_two():
    assert after(OLD, OLD[:8] + OLD[13:]) == 2


def test_words_put_in_take_few():
    assert after(OLD, [*OLD[:8], 7, 8, 9, *OLD[8:]]) <= 6


def test_trace_that_returns_to_the_one_before_the_last_takes_two():
    drafts = Drafts(1)
    other = list(range(200, 224))
    drafts.remember([OLD])
    drafts.remember([other])
    drafts.begin()
    assert write(drafts, OLD) == 2


def test_all_new_trace_costs_no_more_forwards_than_tokens_and_stops_guessing():
    drafts = Drafts(1)
    drafts.remember([OLD])
    drafts.begin()
    assert write(drafts, list(range(300, 320))) == 20
    assert drafts.propose(0, list(range(300, 320))) == ()


def test_samples_have_drafts_of_their_own():
    drafts = Drafts(2)
    drafts.remember([[1, 2, 3], [4, 5, 6]])
    drafts.begin()
    assert drafts.propose(0, []) == (1, 2, 3)
    assert drafts.propose(1, []) == (4, 5, 6)


def test_forgotten_traces_are_not_proposed():
    drafts = Drafts(1)
    drafts.remember([OLD])
    drafts.forget()
    drafts.begin()
    assert drafts.propose(0, []) == ()


def test_a_cautious_guess_is_short_after_a_wrong_one_and_grows_while_it_is_right():
    drafts = Drafts(1, cautious=True)
    drafts.remember([OLD])
    drafts.begin()
    assert drafts.propose(0, []) == tuple(OLD)
    drafts.observe(0, 2, len(OLD))
    proposed, written = [], [*OLD[:2], 7]
    while len(written) < len(OLD):
        draft = drafts.propose(0, written)
        proposed.append(len(draft))
        drafts.observe(0, len(draft), len(draft))
        written = OLD[: len(written) + len(draft) + 1]
    assert proposed == [3, 6, 10]  # the rest
    drafts.begin()
    assert drafts.propose(0, []) == tuple(OLD)


def test_where_guessing_is_dear_one_equal_token_after_a_wrong_guess_is_not_enough():
    for short, expected in ((7, 7), (0, 0)):
        drafts = Drafts(1, short=short)
        drafts.remember([OLD])
        drafts.begin()
        drafts.propose(0, [])
        drafts.observe(0, 0, len(OLD))
        assert len(drafts.propose(0, [7, OLD[3]])) == expected
        assert drafts.propose(0, [7, *OLD[3:5]]) == tuple(OLD[5:])


@given(st.lists(tokens, max_size=5), tokens, st.booleans())
def test_whatever_came_before_a_trace_is_written_in_at_most_its_length(earlier, trace, cautious):
    drafts = Drafts(1, longest=8, cautious=cautious)
    for old in earlier:
        drafts.remember([old])
    drafts.begin()
    assert write(drafts, trace) <= len(trace)
