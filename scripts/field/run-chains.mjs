// Runs the three chains of chains/ and compares them with Python.
import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";
import { local } from "shapeline/local";
import { shapelineImports } from "./shapeline-imports.mjs";
import { compare, fromResult } from "./tensors.mjs";

const here = fileURLToPath(new URL(".", import.meta.url));
const sources = {
  "silero-vad": ["silero_vad/data/silero_vad_op18_ifless.onnx"],
  "arabic-name-romanizer": ["encoder.onnx", "decoder.onnx", "vocab.json"].map(
    (file) => `arabic_name_romanizer/resources/${file}`,
  ),
  openwakeword: ["melspectrogram", "embedding_model", "alexa_v0.1", "hey_marvin_v0.1"].map(
    (name) => `openwakeword/resources/models/${name}.onnx`,
  ),
};

/**
 * Copies the models of the chains to one folder, checks their committed typings, and runs the chains.
 *
 * @returns a list of { name, wrong }; `wrong` says what differs
 */
export async function runChains(python, packages, work) {
  const models = join(work, "models");
  rmSync(work, { recursive: true, force: true });
  mkdirSync(models, { recursive: true });
  const files = {};
  for (const [name, paths] of Object.entries(sources)) {
    const { folder } = packages.find((entry) => entry.name === name);
    for (const path of paths) {
      const file = join(models, basename(path));
      cpSync(join(folder, path), file);
      files[basename(path).replace(/\.(onnx|json)$/, "")] = file;
    }
  }
  const { vocab: vocabulary, ...onnx } = files;
  const typings = checkTypings(Object.values(onnx));
  if (typings !== undefined) return [{ name: "typings of the chains", wrong: typings }];

  const [list, answers] = [join(work, "models.json"), join(work, "answers.json")];
  writeFileSync(list, JSON.stringify({ ...onnx, vocabulary }));
  execFileSync(python, [join(here, "chains", "oracle.py"), list, answers], { stdio: ["ignore", "inherit", "ignore"] });
  const oracle = JSON.parse(readFileSync(answers, "utf8"));
  const target = local({ models, data: join(work, "data"), durability: "off" });
  try {
    const results = [];
    for (const [name, check] of Object.entries(checks)) {
      try {
        results.push({ name, wrong: await check(target, oracle, await bundled(name, work)) });
      } catch (error) {
        results.push({ name, wrong: `${error.code ?? error.name}: ${error.message}` });
      }
    }
    return results;
  } finally {
    await target.close();
  }
}

/** The committed handles must be what `shapeline generate` writes today. Returns what it prints otherwise. */
function checkTypings(files) {
  const chains = join(here, "chains");
  const cli = join(here, "..", "..", "dist", "src", "cli", "main.js");
  const options = ["--out", join(chains, "models.gen.ts"), "--config", join(chains, "shapeline.config.json")];
  const args = [cli, "generate", ...files, ...options, "--check", "--no-color"];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: "utf8" });
  return status === 0 ? undefined : (stderr || stdout).trim();
}

async function bundled(name, work) {
  const outfile = join(work, `${name}.mjs`);
  const entry = join(here, "chains", `${name}.ts`);
  await build({
    entryPoints: [entry],
    outfile,
    bundle: true,
    format: "esm",
    platform: "node",
    logLevel: "error",
    plugins: [shapelineImports],
  });
  return await import(pathToFileURL(outfile).href);
}

const floats = (values) => ({ dtype: "float32", shape: [values.flat(9).length], values: values.flat(9) });

/** What is wrong with values, compared with the oracle's; undefined if nothing is. */
function wrongValues(where, expected, actual) {
  const { wrong } = compare(floats(expected), { ...fromResult(actual), shape: floats(expected).shape });
  return wrong === undefined ? undefined : `${where}: ${wrong}`;
}

const firstOf = (list) => list.find((entry) => entry !== undefined);

const checks = {
  async speech(target, { speech }, { detectSpeech }) {
    const answers = await detectSpeech(
      target,
      speech.streams.map((audio) => Float32Array.from(audio)),
    );
    return firstOf(
      speech.answers.flatMap(({ probabilities, state }, i) => [
        wrongValues(`probabilities of stream ${i}`, probabilities, answers[i].probabilities),
        wrongValues(`state of stream ${i}`, state, answers[i].state),
      ]),
    );
  },
  async romanizer(target, { romanizer }, { romanize }) {
    const answers = await romanize(
      target,
      romanizer.sources.map((source) => source.map(BigInt)),
    );
    return firstOf(
      romanizer.answers.map(({ first, text }, i) => {
        const actual = answers[i].tokens.map((token) => romanizer.tokens[token]).join("");
        return actual === text ? wrongValues("first letter", first, answers[i].first) : `${actual} instead of ${text}`;
      }),
    );
  },
  async "wake-word"(target, { wakeWord }, { findWakeWords }) {
    const clips = wakeWord.clips.map((clip) => Float32Array.from(clip));
    const answers = await findWakeWords(target, clips);
    return firstOf(
      wakeWord.answers.map((words, i) => wrongValues(`clip ${i}`, Object.values(words), Object.values(answers[i]))),
    );
  },
};
