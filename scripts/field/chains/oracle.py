"""The three chains with Python's ONNX Runtime: speech in streams, romanized names, wake words.

Usage: oracle.py <models.json> <out.json>; models.json maps the names below to files. Writes requests and answers.
"""

import json
import sys

import numpy as np
import onnxruntime


def session(path):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def voices(rng, streams, samples):
    """Streams that are noise in one half and a buzzing vowel in the other."""
    time = np.arange(samples) / 16000
    vowel = sum(np.sin(2 * np.pi * 130 * k * time) / k for k in range(1, 20)) * (1 + np.sin(2 * np.pi * 4 * time))
    audio = []
    for stream in range(streams):
        noise = rng.standard_normal(samples) * 0.003
        loud = (np.arange(samples) < samples // 2) == (stream % 2 == 0)
        audio.append((noise + loud * vowel * 0.1).astype(np.float32))
    return audio


def speech(models, rng):
    """Each stream alone, with its own state; a chunk is 64 samples of context and 512 new ones."""
    run = session(models["silero_vad_op18_ifless"]).run
    streams = voices(rng, 3, 512 * 12)
    answers = []
    for audio in streams:
        state = np.zeros((2, 1, 128), np.float32)
        padded = np.concatenate([np.zeros(64, np.float32), audio])
        probabilities = []
        for start in range(0, len(audio), 512):
            feeds = {"input": padded[None, start : start + 576], "state": state, "sr": np.array(16000, np.int64)}
            output, state = run(["output", "stateN"], feeds)
            probabilities.append(float(output[0, 0]))
        answers.append({"probabilities": probabilities, "state": state[:, 0].tolist()})
    return {"streams": [audio.tolist() for audio in streams], "answers": answers}


def romanizer(models, vocabulary):
    """Greedy decoding, name by name."""
    encode, step = session(models["encoder"]).run, session(models["decoder"]).run
    tokens = json.load(open(vocabulary, encoding="utf-8"))["tokens"]
    index = {token: i for i, token in enumerate(tokens)}
    names = ["محمد", "فاطمة", "عبدالرحمن", "خالد", "سارة"]
    requests, answers = [], []
    for name in names:
        source = [index[t] for t in ["<UNK_COUNTRY>", "<ROLE_GIVEN>", *name, "<EOS>"]]
        src = np.array([source], np.int64)
        memory, mask, hidden = encode(None, {"src": src, "src_mask": src == 0})
        prefix, first = [1], None
        while len(prefix) < 32:
            feeds = {"prefix": np.array([prefix], np.int64), "memory": memory, "src_mask": mask, "hidden": hidden}
            logprobs, hidden = step(None, feeds)
            first = logprobs[0].tolist() if first is None else first
            following = int(logprobs[0].argmax())
            if following == 2:
                break
            prefix.append(following)
        requests.append(source)
        answers.append({"first": first, "text": "".join(tokens[i] for i in prefix[1:])})
    return {"names": names, "sources": requests, "tokens": tokens, "answers": answers}


def wake_word(models, rng):
    """Clips of 2 seconds: mel frames, embeddings of 76 frames every 8, wake words on the last 16 embeddings."""
    mel, embed = session(models["melspectrogram"]).run, session(models["embedding_model"]).run
    words = {name: session(models[name]).run for name in ["alexa_v0.1", "hey_marvin_v0.1"]}
    clips = [audio * 32767 for audio in voices(rng, 3, 32000)]
    answers = []
    for clip in clips:
        frames = mel(None, {"input": clip[None].astype(np.float32)})[0].reshape(-1, 32) / 10 + 2
        starts = range(0, len(frames) - 75, 8)
        windows = np.stack([frames[at : at + 76, :, None] for at in starts]).astype(np.float32)
        # One window a run: the answers must not depend on what else was in the run.
        embeddings = np.concatenate([embed(None, {"input_1": window[None]})[0].reshape(1, 96) for window in windows])
        last = {"onnx::Flatten_0": embeddings[None, -16:]}
        answers.append({name: float(run(None, last)[0].reshape(-1)[0]) for name, run in words.items()})
    return {"clips": [clip.astype(np.float32).tolist() for clip in clips], "answers": answers}


def main():
    models = json.load(open(sys.argv[1], encoding="utf-8"))
    rng = np.random.default_rng(14)
    chains = {
        "speech": speech(models, rng),
        "romanizer": romanizer(models, models["vocabulary"]),
        "wakeWord": wake_word(models, rng),
    }
    json.dump(chains, open(sys.argv[2], "w", encoding="utf-8"))


main()
