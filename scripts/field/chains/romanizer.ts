import { pipeline } from "shapeline";
import type { LocalTarget } from "shapeline/local";
import { decoder, encoder } from "./models.gen.js";

/** From the letters of a name to the first Latin letter: the decoder reads the encoder's outputs and the request. */
export const firstLetter = pipeline("first-letter", {
  inputs: { ...encoder.inputs, prefix: decoder.inputs.prefix },
})
  .model(encoder)
  .model(decoder, {
    prefix: "in.prefix",
    memory: "encoder.memory_out",
    src_mask: "src_mask_out",
    hidden: "hidden_out",
  });

const encodeName = pipeline("encode-name").model(encoder);
const nextLetter = pipeline("next-letter").model(decoder);

const begin = 1;
const end = 2;
const longest = 32;

const largest = (values: readonly number[]): number => values.indexOf(Math.max(...values));

/**
 * Romanizes names letter by letter. Names of different lengths share a request: rows of one shape run together.
 *
 * @param sources the tokens of each name
 * @returns for each name the scores of its first letter, and its tokens
 */
export async function romanize(target: LocalTarget, sources: readonly (readonly bigint[])[]) {
  const names = sources.map((src) => ({ src, src_mask: src.map((token) => token === 0n) }));
  const first = await firstLetter.deploy(target);
  const firsts = await first.infer(names.map((name) => ({ ...name, prefix: [BigInt(begin)] })));

  const encode = await encodeName.deploy(target);
  const next = await nextLetter.deploy(target);
  const encoded = await encode.infer(names);
  const states = encoded.map(({ out }) => ({
    memory: out.memory_out,
    src_mask: out.src_mask_out,
    hidden: out.hidden_out,
    prefix: [begin],
    open: true,
  }));
  for (let open = states; open.length > 0; open = open.filter((state) => state.open)) {
    const rows = open.map(({ prefix, memory, src_mask, hidden }) => ({
      prefix: prefix.map(BigInt),
      memory,
      src_mask,
      hidden,
    }));
    const answers = await next.infer(rows);
    for (const [i, { out }] of answers.entries()) {
      const state = open[i];
      if (state === undefined) continue;
      const letter = largest(out.logprobs);
      state.hidden = out.hidden_out as typeof state.hidden; // the file does not say its last size
      if (letter !== end) state.prefix.push(letter);
      state.open = letter !== end && state.prefix.length < longest;
    }
  }
  return states.map(({ prefix }, i) => ({ first: firsts[i]?.out.logprobs ?? [], tokens: prefix.slice(1) }));
}
