import { constant, pipeline } from "shapeline";
import type { LocalTarget } from "shapeline/local";
import { sileroVadOp18Ifless } from "./models.gen.js";

/** How likely a chunk of audio is speech. The sample rate never changes; the state comes from the last answer. */
export const speech = pipeline("speech")
  .model(sileroVadOp18Ifless, { sr: constant(16000n) })
  .validate("probability", (x) => x.out.output[0] >= 0 && x.out.output[0] <= 1);

const chunk = 512;
const context = 64;

/**
 * Speech probabilities of several streams at once. One request holds the next chunk of every stream as a row; the
 * caller carries each stream's state.
 *
 * @param streams 16 kHz audio, all of one length
 * @returns for each stream its probabilities, a chunk each, and the last state, [2, 128]
 */
export async function detectSpeech(target: LocalTarget, streams: readonly Float32Array[]) {
  const live = await speech.deploy(target);
  const found = streams.map((audio) => ({
    padded: Float32Array.of(...new Float32Array(context), ...audio),
    probabilities: [] as number[],
  }));
  const silence = Array.from({ length: 2 }, () => Array.from({ length: 128 }, () => 0));
  let states: readonly (readonly (readonly number[])[])[] = streams.map(() => silence);
  for (let start = 0; start < (streams[0]?.length ?? 0); start += chunk) {
    const rows = found.map(({ padded }, i) => ({
      input: Array.from(padded.subarray(start, start + context + chunk)),
      state: states[i] ?? silence,
    }));
    const answers = await live.infer(rows);
    states = answers.map(({ out }) => out.stateN);
    for (const [i, { out }] of answers.entries()) found[i]?.probabilities.push(out.output[0]);
  }
  return found.map(({ probabilities }, i) => ({ probabilities, state: states[i] ?? silence }));
}
