// @module-tag slow
import { describe, expect, it } from "vitest";
import { diagnose, imports, slowSuiteCompilers } from "./compilers.js";

// Functions that add steps to any pipeline with given outputs, and variables that get further steps.

const head = [
  ...imports(["Extendable", "InferOutput", "Target"]),
  `type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : { found: A };`,
  `type HeadOut = (typeof head)["outputs"]; type EmbedOut = (typeof embed)["outputs"]; type EmbedIn = (typeof embed)["inputs"];`,
  `const scoring = pipeline("p").model(embed).model(head).validate("low", (x) => x.out < 1);`,
  `const withGuard = <P extends Extendable<HeadOut>>(p: P) => p.validate("guard", (x) => x.out < 1 && x.out.y[0] < 1);`,
  `const withHead = <P extends Extendable<EmbedOut>>(p: P) => p.model(head).validate("scored", (x) => x.out < 1);`,
  `const watched = <P extends Extendable<HeadOut>>(p: P) => p.validate("a", (x) => x.out < 1).validate("b", (x) => x.out < 1).alert("c", (all) => all.avg((x) => x.out) < 1, { over: "5m" });`,
  `declare const limits: number[]; declare const target: Target;`,
];

const accepted = {
  "a function gives back what it got, with one more step": `const same: Same<ReturnType<typeof f>, ReturnType<typeof g>> = true; function f() { return withGuard(scoring); } function g() { return scoring.validate("guard", (x) => x.out < 1); }`,
  "the result takes any further step": `withGuard(scoring).replaceStep(1, (at) => at.model(twin)).validate("x", (x) => x.out < 1).shadow(loose, [loose2]);`,
  "a pipeline with challengers keeps them": `withGuard(pipeline("p").model(embed).shadow(head, [head2])).validate("more", (x) => x.models["head-2"][2] < 1);`,
  "several steps": `const names: Same<keyof InferOutput<ReturnType<typeof f>>["anomaly"], "count" | "low" | "a" | "b" | "d"> = true; function f() { return watched(scoring).validate("d", (x) => x.out < 1); }`,
  "a model": `const outputs: Same<ReturnType<typeof f>["outputs"], HeadOut> = true; function f() { return withHead(pipeline("p").model(embed)).removeStep(2); }`,
  "a loop, and a step on a condition": `let p: Extendable<HeadOut> = scoring; for (const limit of limits) p = p.validate(\`below_\${limit}\`, (x) => x.out < limit); if (limits.length > 1) p = p.alert("busy", (all) => all.count() > 1, { over: "5m" }); withGuard(p);`,
  "names that are type parameters": `const named = <N extends string>(name: N) => <P extends Extendable<HeadOut>>(p: P) => p.validate(name, (x) => x.out < 1).alert(name, (all) => all.count() > 1, { over: "5m" }); const more = named("high")(scoring); const names: Same<keyof InferOutput<typeof more>["anomaly"], "count" | "low" | "high"> = true; let p: Extendable<HeadOut> = scoring; for (const add of [named("a"), named("b")]) p = add(p);`,
  "an annotated pipeline that others extend": `const base: Extendable<HeadOut, EmbedIn, "low"> = scoring; const more = withGuard(base.validate("first", (x) => x.in.image[3] < 1)); const names: Same<keyof InferOutput<typeof more>["anomaly"], "count" | "low" | "first" | "guard"> = true; more.deploy(target);`,
};

const refused = {
  'withGuard(pipeline("p").model(embed));': "Argument of type 'Pipeline<",
  'withGuard(pipeline("p").model(embed).model(broad));': "Argument of type 'Pipeline<",
  'withGuard(pipeline("p").model(embed).model(broad, { x: "embedding" }));': "Argument of type 'Pipeline<",
  'withGuard(pipeline("p"));': "Argument of type 'EmptyPipeline' is not assignable",
  '(<N extends string>(name: N) => <P extends Extendable<HeadOut>>(p: P) => p.validate(name, () => true))("low")(scoring).validate("x", () => true);': `Property 'validate' does not exist on type '"validation name 'low' is taken: choose another"'.`,
  '<P extends Extendable<HeadOut>>(p: P) => p.alert("dri-ft", () => true, { over: "5m" });': `Argument of type '"dri-ft"' is not assignable to parameter of type '"alert name 'dri-ft' is not an identifier`,
  'withGuard(withGuard(scoring)).validate("x", () => true);': `Property 'validate' does not exist on type '"validation name 'guard' is taken: choose another"'.`,
  'watched(watched(scoring)).validate("x", () => true);': `Property 'validate' does not exist on type `,
  '<P extends Extendable<HeadOut>>(p: P) => p.validate("gu-ard", () => true);': `Argument of type '"gu-ard"' is not assignable to parameter of type '"validation name 'gu-ard' is not an identifier: use letters, digits and '_', and no digit at the beginning; pipelines are named with '-', validations and alerts with '_'"'.`,
  '<P extends Extendable<HeadOut>>(p: P) => p.validate("guard", (x) => x.out.z < 1);':
    "Property 'z' does not exist on type 'number & { y: readonly [number]; }'.",
  '<P extends Extendable<HeadOut>>(p: P) => p.validate("guard", (x) => x.in.image[0] < 1);':
    "Property 'image' does not exist on type",
  "<P extends Extendable<EmbedOut>>(p: P) => p.model(scorer);": `Argument of type 'Scorer' is not assignable to parameter of type '"model 'scorer' input 'x' expects float32[batch, 10] but the pipeline produces float32[batch, 12]"'.`,
  "<P extends Extendable<EmbedOut>>(p: P) => p.model(head).model(scorer);": `Argument of type 'Scorer' is not assignable to parameter of type '"model 'scorer' input 'x' expects float32[batch, 10] but the pipeline produces float32[batch, 1]"'.`,
};

describe.each(slowSuiteCompilers)("TypeScript %s", (compiler) => {
  const sources = [...Object.values(accepted), ...Object.keys(refused)];
  const text = [...head, ...sources.map((source) => `{ ${source} }`)].join("\n");
  const [findings = []] = diagnose(compiler, [text]);
  const at = (source: string) => findings.filter(({ line }) => line === head.length + sources.indexOf(source) + 1);

  it.each(Object.entries(accepted))("accepts: %s", (_, source) => {
    expect(at(source)).toEqual([]);
  });

  it.each(Object.entries(refused))("refuses %s", (source, message) => {
    expect(at(source).map((finding) => finding.message.slice(0, message.length))).toEqual([message]);
  });

  it("finds nothing elsewhere", () => {
    expect(findings.filter(({ line }) => line <= head.length)).toEqual([]);
  });
});
