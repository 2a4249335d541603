# SPDX-License-Identifier: Apache-2.0
"""The policy 'alpamayo' on the tiny checkpoint: same predictions however they are computed."""

import dataclasses
import gc
import itertools
import json
import shutil
import threading
import tracemalloc

import numpy as np
import pytest
import torch
from policy.alpamayo.driving import CAMERAS, HEIGHT, MODEL, START_NS, WIDTH, drive, still

from alpamayo_ros.cameras.frame_store import StaleFrame
from alpamayo_ros.policy.alpamayo.actions import InvalidActions
from alpamayo_ros.policy.alpamayo.config import R1_SPECIAL_NAMES
from alpamayo_ros.policy.alpamayo.history import InvalidHistory
from alpamayo_ros.policy.alpamayo.images import InvalidImage
from alpamayo_ros.policy.alpamayo.layers import Fp8Unsupported
from alpamayo_ros.policy.alpamayo.pace import STAGES
from alpamayo_ros.policy.alpamayo.policy import AlpamayoPolicy, nearest_to_mean
from alpamayo_ros.policy.alpamayo.prompt import UnsupportedCameras, UnsupportedPrompt
from alpamayo_ros.policy.alpamayo.tokens import TokenizerMissing
from alpamayo_ros.policy.observation import InvalidObservation
from alpamayo_ros.policy.protocol import AnsweringPolicy, Policy
from alpamayo_ros.types import TICK_NS, Instruction, Trajectory

EXACT_TICKS = 56


@pytest.fixture(autouse=True)
def _one_thread():
    torch.set_num_threads(1)


def policy(clock=lambda: 0.0, **settings):
    size = {"image_width": WIDTH, "image_height": HEIGHT}
    defaults = {"model": str(MODEL), "device": "cpu", "greedy": True, "max_new_tokens": 48}
    return AlpamayoPolicy({**size, **defaults, **settings}, clock)


def predict(made, observations):
    return [made.predict(observation) for observation in observations]


def positions(prediction):
    return np.stack([candidate.trajectory.positions for candidate in prediction.candidates])


def traces(prediction):
    return [candidate.trace.text for candidate in prediction.candidates]


def apart_m(predictions, others):
    """Distances between waypoints of the same time (ticks, samples, waypoints) [m]."""
    return np.array(
        [
            np.linalg.norm(positions(one) - positions(other), axis=-1)
            for one, other in zip(predictions, others, strict=True)
        ]
    )


def tokens(prediction):
    return [candidate.trace.token_count for candidate in prediction.candidates]


def test_it_is_a_policy_that_answers():
    made = policy()
    assert isinstance(made, Policy)
    assert isinstance(made, AnsweringPolicy)


@pytest.mark.parametrize("guidance", [0.0, 3.0])
def test_fast_and_plain_are_the_same_over_changing_scenes(guidance):
    ticks = EXACT_TICKS if guidance == 0.0 else 16
    settings = {"guidance_weight": guidance, "max_new_tokens": 64, "steps": 0 if guidance else 10}
    observations = list(drive(ticks))
    fast = predict(policy(**settings), observations)
    plain = predict(policy(**settings, speculation=False, vision_cache=False), observations)
    for one, other in zip(fast, plain, strict=True):
        assert traces(one) == traces(other)
        assert tokens(one) == tokens(other)
        assert np.abs(positions(one) - positions(other)).max() < 1e-3
        assert other.candidates[0].trace.accepted_draft == 0
    if guidance:
        return
    counts = [tokens(one)[0] for one in fast]
    steps = list(itertools.pairwise(counts))
    accepted = sum(one.candidates[0].trace.accepted_draft for one in fast)
    assert accepted > 0.5 * sum(counts)
    assert any(before > after for before, after in steps)
    assert any(before < after for before, after in steps)
    assert len({traces(one)[0] for one in fast}) > ticks / 7


def test_sampled_predictions_are_the_same_with_and_without_the_fast_paths():
    settings = {"greedy": False, "samples": 2, "temperature": 1.5, "steps": 4}
    observations = list(drive(6))
    fast = predict(policy(**settings), observations)
    plain = predict(policy(**settings, speculation=False, vision_cache=False), observations)
    for one, other in zip(fast, plain, strict=True):
        assert traces(one) == traces(other)
        assert np.abs(positions(one) - positions(other)).max() < 1e-3


def test_same_seed_same_predictions_other_seed_others():
    observations = list(drive(3))
    settings = {"greedy": False, "samples": 2, "steps": 2, "temperature": 2.0}
    one, same = (predict(policy(seed=7, **settings), observations) for _ in range(2))
    other = predict(policy(seed=8, **settings), observations)
    for a, b in zip(one, same, strict=True):
        assert traces(a) == traces(b)
        assert np.array_equal(positions(a), positions(b))
        assert a.latencies_s == b.latencies_s
    assert not np.array_equal(positions(one[0]), positions(other[0]))


def test_random_numbers_belong_to_t0_and_not_to_the_number_of_ticks():
    observations = list(drive(3))
    settings = {"greedy": False, "steps": 2, "temperature": 2.0}
    all_of_them = predict(policy(**settings), observations)
    last_alone = policy(**settings).predict(observations[-1])
    assert np.abs(positions(all_of_them[-1]) - positions(last_alone)).max() < 1e-3
    assert not np.array_equal(positions(all_of_them[0]), positions(all_of_them[1]))


def test_prediction_says_where_it_comes_from_and_how_long_it_took():
    clock = itertools.count()
    made = policy(lambda: float(next(clock)), samples=3, steps=1)
    observation = dataclasses.replace(still(), instruction=Instruction("d7", nav_text="Go left"))
    prediction = made.predict(observation)
    assert prediction.policy == "alpamayo"
    assert prediction.t0_ns == START_NS
    assert prediction.decision_id == "d7"
    assert len(prediction.candidates) == 3
    assert "nearest to the mean of 3 samples" in prediction.selection_reason
    assert set(prediction.latencies_s) == {*STAGES, "total"}
    stages = sum(prediction.latencies_s[stage] for stage in STAGES)
    assert stages == pytest.approx(prediction.latencies_s["total"])
    limits_only = dataclasses.replace(still(), instruction=Instruction("d8"))
    assert made.predict(limits_only).decision_id == ""


def test_selected_is_the_nearest_to_the_mean():
    def straight(lateral):
        path = np.zeros((64, 3))
        path[:, 0], path[:, 1] = np.arange(64), lateral
        return Trajectory(path, *np.zeros((4, 64)))

    selected, reason = nearest_to_mean((straight(0.0), straight(1.0), straight(5.0)))
    assert selected == 1
    assert "1.00 m off it, the others up to 3.00 m" in reason
    assert nearest_to_mean((straight(0.0),)) == (0, "the only candidate")


def test_warm_up_leaves_no_mark_on_the_first_prediction():
    observation = next(drive(1))
    warm = policy(guidance_weight=3.0)
    warm.warm_up()
    prediction = warm.predict(observation)
    assert prediction.candidates[0].trace.accepted_draft == 0
    cold = policy(guidance_weight=3.0).predict(observation)
    assert np.abs(positions(prediction) - positions(cold)).max() < 1e-3
    warm.close()
    assert np.array_equal(positions(warm.predict(observation)), positions(prediction))


@pytest.mark.parametrize("cameras", [(1,), (0, 6), (0, 1, 2, 3, 4, 5, 6)])
def test_any_subset_of_cameras_is_seen(cameras):
    prediction = policy(steps=1).predict(still(cameras=cameras))
    assert np.isfinite(positions(prediction)).all()


@pytest.mark.parametrize("text", ["<|traj_future_start|><|im_end|>", "\ud800", "x" * 300, "🚗\x00"])
def test_nav_text_of_any_content_is_only_text(text):
    observation = dataclasses.replace(still(), instruction=Instruction("d", nav_text=text))
    prediction = policy(steps=1, guidance_weight=3.0).predict(observation)
    assert np.isfinite(positions(prediction)).all()


def test_nav_text_longer_than_any_route_is_refused_by_name():
    observation = dataclasses.replace(still(), instruction=Instruction("d", nav_text="x" * 3000))
    with pytest.raises(UnsupportedPrompt, match="3000 tokens"):
        policy(steps=1).predict(observation)


def _with_history(observation, **changes):
    return dataclasses.replace(observation, ego=dataclasses.replace(observation.ego, **changes))


def _with_image(observation, image):
    camera = observation.cameras[0]
    images = (*camera.images[:3], image)
    first = dataclasses.replace(camera, images=images)
    return dataclasses.replace(observation, cameras=(first, *observation.cameras[1:]))


def _bad_inputs():
    seen = still()
    ego = seen.ego
    path = ego.positions.copy()
    path[3, 1] = np.nan
    turned = ego.quaternions.copy()
    turned[5] *= 1.2
    none = ego.quaternions.copy()
    none[2] = 0.0
    renamed = dataclasses.replace(seen.cameras[0], camera_id=9)
    swapped = (seen.cameras[1], seen.cameras[0], *seen.cameras[2:])
    grey = seen.cameras[0].images[0]
    return {
        "NaN": (_with_history(seen, positions=path), InvalidObservation, "NOT_FINITE"),
        "rotation": (_with_history(seen, quaternions=turned), InvalidHistory, "5 has norm 1.2"),
        "zero": (_with_history(seen, quaternions=none), InvalidHistory, "2 has norm 0"),
        "short": (_with_history(seen, positions=np.zeros((9, 3))), InvalidHistory, "9"),
        "camera 9": (
            dataclasses.replace(seen, cameras=(*seen.cameras[:3], renamed)),
            UnsupportedCameras,
            "9",
        ),
        "order": (dataclasses.replace(seen, cameras=swapped), UnsupportedCameras, "1, 0"),
        "no camera": (dataclasses.replace(seen, cameras=()), UnsupportedCameras, "cameras"),
        "float": (_with_image(seen, grey.astype(np.float32)), InvalidImage, "3 is float32"),
        "16 bit": (_with_image(seen, grey.astype(np.uint16)), InvalidImage, "3 is uint16"),
        "grey": (_with_image(seen, grey[..., 0]), InvalidImage, "3"),
        "alpha": (_with_image(seen, np.zeros((64, 96, 4), np.uint8)), InvalidImage, "3"),
        "flat": (_with_image(seen, np.zeros((1, 4000, 3), np.uint8)), InvalidImage, "4000"),
        "empty": (_with_image(seen, np.zeros((0, 96, 3), np.uint8)), InvalidImage, "0"),
    }


def test_bad_input_is_named_and_costs_nothing_but_its_tick():
    made, good = policy(steps=1), still()
    expected = positions(made.predict(good))
    for name, (observation, error, match) in _bad_inputs().items():
        with pytest.raises(error, match=match):
            made.predict(observation)
        assert np.array_equal(positions(made.predict(good)), expected), name


def test_sample_that_is_no_number_is_left_out_and_none_left_is_an_error():
    made = policy(samples=3, steps=1)
    engine = made._parts().engine
    draw = engine.draw
    lost = [1]

    def broken(seed):
        noise, uniforms = draw(seed)
        noise[lost] = float("nan")
        return noise, uniforms

    engine.draw = broken
    prediction = made.predict(still())
    assert len(prediction.candidates) == 2
    assert np.isfinite(positions(prediction)).all()
    lost[:] = [0, 1, 2]
    with pytest.raises(InvalidActions, match=r"\[0, 1, 2\] not finite"):
        made.predict(still())


def test_model_without_a_tokenizer_says_which_setting_names_one(tmp_path):
    folder = tmp_path / "release"
    shutil.copytree(MODEL, folder)
    (folder / "processor" / "tokenizer.json").unlink()
    with pytest.raises(TokenizerMissing, match="set 'tokenizer'"):
        policy(model=str(folder)).warm_up()
    made = policy(model=str(folder), tokenizer=str(MODEL), steps=1)
    assert traces(made.predict(still())) == traces(policy(steps=1).predict(still()))


def test_pixels_that_were_overwritten_are_neither_used_nor_remembered():
    def stale():
        raise StaleFrame("slot 3 is of generation 9, not 5")

    observation = next(drive(1))
    noise = np.random.default_rng(0).integers(0, 256, (HEIGHT, WIDTH, 3), dtype=np.uint8)
    torn = dataclasses.replace(_with_image(observation, noise), check_intact=stale)
    made = policy(steps=1)
    with pytest.raises(StaleFrame):
        made.predict(torn)
    prediction = made.predict(observation)
    assert np.array_equal(positions(prediction), positions(policy(steps=1).predict(observation)))


def test_pixels_may_be_overwritten_once_they_were_checked():
    expected = policy(steps=1).predict(next(drive(1)))
    observation = next(drive(1))

    def overwrite():
        for camera in observation.cameras:
            for image in camera.images:
                image[:] = 0

    checked = dataclasses.replace(observation, check_intact=overwrite)
    assert np.array_equal(positions(policy(steps=1).predict(checked)), positions(expected))


def test_same_stamps_with_other_pixels_are_other_images():
    one, other = (list(drive(2, seed)) for seed in (1, 2))
    made = policy(steps=1)
    predict(made, one)
    again = predict(made, other)
    alone = predict(policy(steps=1), other)
    for a, b in zip(again, alone, strict=True):
        assert traces(a) == traces(b)
        assert np.abs(positions(a) - positions(b)).max() < 1e-3


def test_only_new_images_go_through_the_vision_tower():
    made = policy(steps=1)
    encoded = []
    observations = list(drive(4))
    made.predict(observations[0])
    engine = made._parts().engine
    encode = engine.encode
    engine.encode = lambda pixels, grids: encoded.append(len(grids)) or encode(pixels, grids)
    predict(made, observations[1:])
    made.predict(observations[-1])
    assert encoded == [len(CAMERAS)] * 3


def test_fp8_weights_need_a_cuda_device():
    with pytest.raises(Fp8Unsupported, match="cpu"):
        policy(fp8=True).warm_up()


def test_reasoning_off_predicts_without_a_trace():
    prediction = policy(reasoning="off", samples=2, steps=1).predict(still())
    assert traces(prediction) == ["", ""]
    assert tokens(prediction) == [2, 2]


def test_budget_closes_the_trace_that_would_make_the_trajectory_late():
    def ticking(deadline_s):
        clock = itertools.count()
        settings = {"reasoning": "budget", "deadline_s": deadline_s, "steps": 1}
        made = policy(lambda: float(next(clock)), speculation=False, **settings)
        return predict(made, [next(drive(1)), next(drive(1))])[-1]

    relaxed, hurried = ticking(60.0), ticking(40.0)
    assert tokens(hurried)[0] < tokens(relaxed)[0]
    assert traces(relaxed)[0].startswith(traces(hurried)[0])


def test_trace_that_never_ends_is_shown_as_far_as_it_came():
    prediction = policy(max_new_tokens=5, steps=1).predict(next(drive(1)))
    trace = prediction.candidates[0].trace
    assert trace.token_count == 5
    assert trace.text


def test_answer_is_streamed_and_does_not_disturb_the_ticks():
    observations = list(drive(3))
    made = policy(steps=1)
    pieces, between = [], []
    for number, piece in enumerate(made.answer("What is ahead?", observations[0])):
        pieces.append(piece)
        if number < 3:
            between.append(made.predict(observations[number]))
    assert len(pieces) > 3
    assert "".join(pieces) == "".join(policy().answer("What is ahead?", observations[0]))
    assert "<|" not in "".join(pieces)
    for one, other in zip(between, predict(policy(steps=1), observations), strict=True):
        assert traces(one) == traces(other)
        assert np.abs(positions(one) - positions(other)).max() < 1e-3


def test_images_of_a_question_are_used_up_before_the_first_piece():
    calls = []
    observation = dataclasses.replace(next(drive(1)), check_intact=lambda: calls.append(1))
    policy().answer("What is ahead?", observation)
    assert calls == [1]


@pytest.fixture
def r1_model(tmp_path):
    folder = tmp_path / "r1"
    shutil.copytree(MODEL, folder)
    for name in ("processor/tokenizer.json", "processor/added_tokens.json"):
        text = (folder / name).read_text()
        for name_15, name_r1 in R1_SPECIAL_NAMES.items():
            text = text.replace(f"<|{name_15}|>", f"<|{name_r1}|>")
        (folder / name).write_text(text)
    raw = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**raw, "model_type": "alpamayo_r1"}))
    return str(folder)


def test_r1_drives_ignores_the_route_and_answers_nothing(r1_model):
    made = policy(model=r1_model, steps=1)
    made.warm_up()
    routed = dataclasses.replace(still(), instruction=Instruction("d", nav_text="Turn left"))
    prediction = made.predict(routed)
    assert prediction.decision_id == ""
    assert np.array_equal(positions(prediction), positions(made.predict(still())))
    with pytest.raises(UnsupportedPrompt, match="R1"):
        made.answer("What is ahead?", still())
    with pytest.raises(UnsupportedCameras, match=r"\[1\]"):
        made.predict(still(cameras=(1,)))


def test_streaming_computes_less_and_deviates(monkeypatch):
    observations = list(drive(6, scene_ticks=3))
    reference = predict(policy(), observations)
    streaming = policy(streaming=True)
    computed = []
    text = type(streaming._parts().engine.networks.text)
    forward = text.forward

    def counted(self, x, *arguments, **options):
        computed.append(x.shape[1])
        return forward(self, x, *arguments, **options)

    monkeypatch.setattr(text, "forward", counted)
    changed = predict(streaming, observations)
    prompts = [streaming._look(observation, None)[0] for observation in observations]
    kept = 3 * len(CAMERAS) * prompts[0].images[0].tokens
    lengths = [len(prompt.ids) for prompt in prompts]
    prefills = [tokens for tokens in computed if tokens > 64]
    assert prefills == [lengths[0], *(length - kept for length in lengths[1:])]
    assert 0.0 < apart_m(reference, changed).max() < 100.0


def test_streaming_of_an_unchanged_prompt_is_the_prompt_itself():
    # images at the same places see the same images before them: nothing is approximated
    observation = still()
    exact, streaming = policy(steps=1), policy(steps=1, streaming=True)
    first = streaming.predict(observation)
    again = streaming.predict(observation)
    expected = exact.predict(observation)
    assert traces(first) == traces(again) == traces(expected)
    assert np.abs(positions(again) - positions(expected)).max() < 1e-3


def test_approximations_deviate():
    observations = list(drive(2))
    reference = predict(policy(), observations)
    same = predict(policy(speculation=False), observations)
    assert [traces(one) for one in same] == [traces(one) for one in reference]
    assert apart_m(reference, same).max() < 1e-3
    for approximate in ({"steps": 5}, {"velocity_cache": (3, 4, 5)}):
        changed = predict(policy(**approximate), observations)
        assert [traces(one) for one in changed] == [traces(one) for one in reference]
        apart = apart_m(reference, changed)
        assert 1e-3 < apart.mean() <= apart.max() < 100.0


def test_memory_stays_flat():
    settings = {"samples": 2, "steps": 1, "max_new_tokens": 12, "guidance_weight": 3.0}
    made = policy(**settings)
    scenes = list(drive(24, scene_ticks=4))
    ticks = 0

    def run(count):
        nonlocal ticks
        for _ in range(count):
            seen = scenes[ticks % len(scenes)]
            t0_ns = START_NS + ticks * TICK_NS
            shift = t0_ns - seen.t0_ns
            cameras = tuple(
                dataclasses.replace(
                    camera, stamps_ns=tuple(stamp + shift for stamp in camera.stamps_ns)
                )
                for camera in seen.cameras
            )
            moved = dataclasses.replace(seen, t0_ns=t0_ns, cameras=cameras)
            made.predict(_with_history(moved, t0_ns=t0_ns))
            ticks += 1

    def held():
        # by the runtime: what other tests left behind and torch's own caches do not count
        gc.collect()
        ours = tracemalloc.Filter(True, "*/alpamayo_ros/*")
        kept = tracemalloc.take_snapshot().filter_traces([ours]).statistics("filename")
        return sum(entry.size for entry in kept)

    run(30)
    tracemalloc.start()
    try:
        # until what was there before is replaced by what is traced
        run(70)
        before = held()
        run(100)
        after = held()
    finally:
        tracemalloc.stop()
    assert after - before < 50_000
    assert len(made._vision) <= 56


def test_the_policy_takes_as_many_threads_as_it_is_told_in_every_thread():
    def counts(threads):
        made = policy(threads=threads)
        seen = []

        def predict():
            torch.set_num_threads(2)  # of this thread only: OpenMP counts them per thread
            made.predict(still())
            seen.append(torch.get_num_threads())

        other = threading.Thread(target=predict)
        other.start()
        other.join()
        return seen

    before = torch.get_num_threads()
    try:
        assert counts(1) == [1]
        assert counts(0) == [2]
    finally:
        torch.set_num_threads(before)
