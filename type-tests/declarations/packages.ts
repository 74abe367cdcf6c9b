// Three packages of a monorepo that build on one another. Each exports types that the compiler infers: it writes them
// into declaration files, which are all that the next package sees.

const models = `
import { defineModel, generatedModel, type Model, type Tensor } from "shapeline";

const sha256 = "0".repeat(64);
const f = <const S extends readonly (number | string)[]>(...shape: S): { dtype: "float32"; shape: S } => ({ dtype: "float32", shape });

export interface Embed extends Model<"embed", { readonly image: Tensor<"float32", readonly ["batch", 64]> }, { readonly embedding: Tensor<"float32", readonly ["batch", 12]> }> {}
export const embed = generatedModel<Embed>({ name: "embed", version: "1", sha256, inputs: {}, outputs: {} });
export const head = defineModel({ name: "head", sha256, inputs: { x: f("batch", 12) }, outputs: { y: f("batch", 1) } });
export const twin = defineModel({ name: "twin", sha256, inputs: { input: f("batch", 12) }, outputs: { y: f("batch", 1) } });
export const head2 = defineModel({ name: "head-2", sha256, inputs: { input: f("batch", 12) }, outputs: { p: f("batch", 3) } });
export const pair = defineModel({ name: "pair", sha256, inputs: { a: f("batch", "n"), b: f("batch", "n") }, outputs: { c: f("batch", "n") } });
export const thirty = defineModel({ name: "thirty", sha256, inputs: { x: f("batch", 12) }, outputs: { a: f("batch", 32), b: f("batch", 32) } });
export const encoder = defineModel({ name: "encoder", sha256, inputs: { tokens: { dtype: "int64", shape: ["batch", "seq"] } }, outputs: { hidden: f("batch", "seq", "k") } });
export const scale = defineModel({ name: "scale", sha256, inputs: { x: f("batch", 12), factors: f(3) }, outputs: { y: f("batch", 3) } });
`;

const pipelines = `
import { build, constant, pipeline, type Extendable, type Model, type Ports, type Target } from "shapeline";
import { embed, encoder, head, head2, pair, scale, thirty, twin } from "acme-models";

export const scoring = pipeline("p").model(embed).model(head).validate("low", (x) => x.out < 1);
export const several = pipeline("p").model(embed).models([head, head2]);
export const selected = several.audit("1:").select(0).validate("v", (x) => x.models["head-2"].p[0] < 1);
export const renamed = pipeline("p").model(thirty).model(pair, { a: "b", b: "a" });
export const columns = pipeline("p").model(thirty, { x: "tensor" }).model(pair, { a: "b", b: "a" });
export const sources = pipeline("p").model(embed).model(thirty).model(pair, { a: "thirty.a", b: "b" });
export const fixed = pipeline("p").model(embed).model(scale, { factors: constant([0.5, 1, 2]) });
export const refined = pipeline("p").model(encoder).refine({ seq: 128, "encoder.k": 768 });
export const keyed = pipeline("p").model(embed).keySplit("k", { default: head, routes: { gold: twin, silver: head } });
export const random = pipeline("p").model(embed).randomSplit([[2, head], [0.5, twin]], { hashKey: "session_id" });
export const shadowed = pipeline("p").model(embed).shadow(head, [head2, twin]).validate("amt", (x) => x.out < 1 && x.models.twin < 1);
export const watched = shadowed.alert("drift", (all) => all.avg((x) => x.out) > 0.5, { over: "5m" });
export const replaced = scoring.replaceStep(1, (at) => at.model(twin));
export const inserted = scoring.insertStep(1, (at) => at.validate("seen", (x) => x.out[0] < 1));
export const removed = scoring.removeStep(2);
export const cleared = scoring.clear();
export const unchecked = (index: number) => scoring.removeStep(index);
export const empty = pipeline("p");
export const stated = pipeline("p", { inputs: { a: { dtype: "float32", shape: ["batch", 32] }, b: { dtype: "float32", shape: ["batch", 32] } }, missing: { a: "nan" } });
export const paired = stated.model(pair);

// The functions of docs/types.md, and others whose types stay open.
export const scored = <N extends string, O extends Ports>(model: Model<N, (typeof head)["inputs"], O>) => pipeline("p").model(embed).model(model);
export const starting = <M extends Model>(model: M) => pipeline("p").model(model);
export const withGuard = <P extends Extendable<(typeof head)["outputs"]>>(p: P) => p.validate("guard", (x) => x.out < 1);
export const withHead = <P extends Extendable<(typeof embed)["outputs"]>>(p: P) => p.model(head).alert("busy", (all) => all.count() > 9, { over: "5m" });
export const base: Extendable<(typeof head)["outputs"], (typeof embed)["inputs"], "low"> = scoring;
export const extended = base.validate("first", (x) => x.in.image[3] < 1);
export const named = <N extends string>(name: N) => pipeline(name).model(embed).validate(name, (x) => x.out[0] < 1);
export const lazy = () => pipeline("p").model(embed).models([head, head2, twin]);
export const validate = scoring.validate;
export class Registry {
  readonly refined = pipeline("p").model(encoder).refine({ seq: 2 });
  static readonly selected = several.select(1);
  readonly all = { scoring, shadowed, several };
}

export const config = build(scoring);
export const firstStep = scoring.steps[0];
export const live = (target: Target) => selected.deploy(target);
export const answers = async (target: Target) => (await shadowed.deploy(target)).infer([{ image: new Float32Array(64) }]);
export const columnsOf = async (target: Target) => (await shadowed.deploy(target)).infer({ image: new Float32Array(64) });
export const logged = async (target: Target) => (await shadowed.deploy(target)).logs();
`;

const app = `
import type { InferInput, InferOutput, Target } from "shapeline";
import { head } from "acme-models";
import { extended, keyed, named, random, refined, renamed, scored, scoring, several, shadowed, sources, watched, withGuard, withHead } from "acme-pipelines";

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : { found: A };
export const output: Same<InferOutput<typeof scoring>["out"], { y: readonly [number] }> = true;
export const input: Same<keyof InferInput<typeof shadowed>, "image"> = true;

export const chosen = several.select(0).validate("m", (x) => x.out < 1);
export const compared = shadowed.validate("n", (x) => x.models["head-2"][2] < 1);
export const joined = renamed.validate("c", (x) => x.out[31] < 1);
export const sourced = sources.validate("c", (x) => x.out[31] < 1);
export const edited = watched.insertStep(1, (at) => at.validate("seen", (x) => x.out[0] < 1));
export const sized = refined.validate("v", (x) => x.out[127][767] < 1);
export const split = keyed.validate("v", (x) => x.out < 1);
export const drawn = random.validate("v", (x) => x.out < 1);
export const generic = scored(head).validate("v", (x) => x.out < 1);
export const guarded = withGuard(scoring).removeStep(3);
export const scoredHere = withHead(named("first")).validate("v", (x) => x.out < 1);
export const basic = withGuard(extended).validate("v", (x) => x.out < 1 && x.in.image[63] < 1);
export const checks: Same<keyof InferOutput<typeof basic>["anomaly"], "count" | "low" | "first" | "guard" | "v"> = true;
export const rows = async (target: Target) => (await compared.deploy(target)).infer([{ image: new Float32Array(64) }]);
// @ts-expect-error: 'head-2' has three outputs
export const wrong = shadowed.validate("n", (x) => x.models["head-2"][3] < 1);
`;

/** The sources by package name, each after those that it depends on. */
export const packages: Readonly<Record<string, string>> = {
  "acme-models": models,
  "acme-pipelines": pipelines,
  "acme-app": app,
};
