import { pipeline } from "shapeline";
import type { LocalTarget } from "shapeline/local";
import { alexaV01, embeddingModel, heyMarvinV01, melspectrogram } from "./models.gen.js";

// Three steps with windows between them, so three pipelines: one row is a clip, then 76 mel frames, then 16 embeddings.
const melFrames = pipeline("mel-frames").model(melspectrogram);
const embeddings = pipeline("embeddings").model(embeddingModel);
export const wakeWords = pipeline("wake-words").models([alexaV01, heyMarvinV01]);

const window = 76;
const hop = 8;
const heard = 16;

/**
 * How likely the end of each clip is a wake word.
 *
 * @param clips 16 kHz audio with samples as large as int16
 */
export async function findWakeWords(target: LocalTarget, clips: readonly Float32Array[]) {
  const mel = await melFrames.deploy(target);
  const embed = await embeddings.deploy(target);
  const words = await wakeWords.deploy(target);

  const spectra = await mel.infer(clips.map((clip) => ({ input: Array.from(clip) })));
  const rows = [];
  for (const { out } of spectra) {
    const frames = (out.output[0] ?? []).map((frame) => frame.map((value) => value / 10 + 2));
    const windows = [];
    for (let start = 0; start + window <= frames.length; start += hop) {
      const part = frames.slice(start, start + window);
      windows.push({ input_1: part.map((frame) => frame.map((value) => [value])) });
    }
    const answers = await embed.infer(windows);
    const last = answers.slice(-heard).map(({ out }) => out.conv2d_19[0][0]);
    rows.push({ "onnx::Flatten_0": last });
  }
  const answers = await words.infer(rows);
  return answers.map((row) => ({
    alexa: row["out_alexa-v0-1"]["13"][0],
    heyMarvin: row["out_hey-marvin-v0-1"]["39"][0],
  }));
}
