import { join } from "node:path";
import { repository, type Compiler } from "../compilers.js";
import { openEditor } from "./language-server.js";

/** What an editor shows for a pipeline of fifty steps. */
export interface EditorView {
  /** The completions after `x.out.` in the last lambda. */
  readonly completions: readonly string[];
  /** Hovers: over the pipeline, its last method, `x`, and the answer type. */
  readonly hovers: Readonly<Record<"pipeline" | "method" | "row" | "answer", string>>;
  /** Times of the second request of each kind: the first one also checks the file. */
  readonly milliseconds: Readonly<Record<"first hover" | "completions" | "hover", number>>;
}

const steps = 50;

/** The source of a file with a pipeline of fifty steps. */
function fiftySteps(): string {
  const lines = [
    `import { pipeline, type InferInput, type InferOutput, type LogRow, type Model, type Tensor } from ${JSON.stringify(join(repository, "dsl/index.js"))};`,
  ];
  for (let i = 0; i < steps; i++) {
    const ports = (name: string) => `{ readonly ${name}: Tensor<"float32", readonly ["batch", 10]> }`;
    lines.push(
      `interface Layer${i} extends Model<"layer-${i}", ${ports("x")}, ${ports(`dense_${i}`)}> {} declare const layer${i}: Layer${i};`,
    );
  }
  lines.push(`export const fifty = pipeline("fifty")`);
  for (let i = 0; i < steps - 1; i++) lines.push(`  .model(layer${i})`);
  lines.push(
    `  .validate("low", (x) => x.out.dense_48[0] < 1);`,
    "export type Answer = InferOutput<typeof fifty>;",
    "export type Request = InferInput<typeof fifty>;",
    "export type Log = LogRow<typeof fifty>;",
  );
  return lines.join("\n");
}

export async function editorView(compiler: Compiler): Promise<EditorView> {
  const text = fiftySteps();
  const editor = await openEditor(compiler, text);
  try {
    const at = (marker: string, more = 0) => text.indexOf(marker) + more;
    const first = await editor.hover(at("fifty = "));
    const inside = at("x.out.dense_48", "x.out.".length);
    await editor.completions(inside);
    const completions = await editor.completions(inside);
    const method = await editor.hover(at(`validate("low"`));
    const row = await editor.hover(at("x.out.dense_48"));
    const answer = await editor.hover(at("Answer = "));
    const again = await editor.hover(at("fifty = "));
    return {
      completions: completions.value,
      hovers: { pipeline: again.value, method: method.value, row: row.value, answer: answer.value },
      milliseconds: {
        "first hover": first.milliseconds,
        completions: completions.milliseconds,
        hover: again.milliseconds,
      },
    };
  } finally {
    editor.close();
  }
}
