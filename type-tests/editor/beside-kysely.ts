import { join } from "node:path";
import { dslModule, type Compiler } from "../compilers.js";
import { peersFolder } from "../cost/measure.js";
import { mixedSteps } from "../cost/projects.js";
import { openEditor, type Answer, type Editor } from "./language-server.js";

// The latency of one language server on a pipeline and on a query of Kysely of the same length.

const calls = 30;

/**
 * What one library costs after an edit of the file, in milliseconds: the median time that the editor waits, and the mean
 * processor time of the server, which does not depend on other work on the machine.
 */
interface Latency {
  readonly waiting: number;
  readonly processor: number;
}
type Latencies = Readonly<Record<"completions" | "diagnostics", Latency>>;

interface Subject {
  readonly text: string;
  readonly others?: Readonly<Record<string, string>>;
  /** Where names are completed: in the last call. */
  readonly offset: number;
  /** A name that must be among the completions. */
  readonly offers: string;
}

/** As `shapeline generate` has it, the models are in a file of their own. */
function pipelineOfMixedSteps(): Subject {
  const lines = (mixedSteps(dslModule, calls)["chain.ts"] ?? "").split("\n");
  const isHandle = (line: string) => line.startsWith("interface ");
  const models = lines.filter(isHandle).map((line) => line.replace("interface ", "export interface "));
  const [importing = "", ...chain] = lines.filter((line) => !isHandle(line));
  const used = models
    .map((line) => / declare const (\w+)/.exec(line)?.[1] ?? "")
    .filter((name) => chain.some((call) => new RegExp(`\\b${name}\\b`).test(call)));
  const text = [
    importing.replace("{ pipeline, type Model, type Tensor }", "{ pipeline }"),
    `import { ${used.join(", ")} } from "./models.gen.js";`,
    ...chain,
  ].join("\n");
  const others = {
    "models.gen.ts": [importing, ...models.map((line) => line.replace(" declare const", " export declare const"))].join(
      "\n",
    ),
  };
  return { text, others, offset: text.lastIndexOf("x.out") + "x.".length, offers: "out" };
}

const turn: readonly ((i: number) => string)[] = [
  (i) => `innerJoin("t${i % 6} as j${i}", "j${i}.id", "t0.id")`,
  (i) => `select("t0.a${i % 10} as s${i}")`,
  (i) => `where("t0.a${i % 10}", "=", ${i})`,
  (i) => `groupBy("t0.a${i % 10}")`,
  (i) => `orderBy("t0.a${i % 10}")`,
];

function kyselyQuery(): Subject {
  const numbers = Array.from({ length: 10 }, (_, i) => `a${i}: number`).join("; ");
  const tables = Array.from({ length: 6 }, (_, i) => `t${i}: Row`).join("; ");
  const text = [
    `import type { Kysely } from "kysely";`,
    `interface Row { id: number; ${numbers} }`,
    `declare const db: Kysely<{ ${tables} }>;`,
    `export const query = db.selectFrom("t0")`,
    ...Array.from({ length: calls }, (_, i) => `  .${turn[i % turn.length]?.(i) ?? ""}`),
    ";",
  ].join("\n");
  return { text, offset: text.lastIndexOf(`orderBy("`) + `orderBy("`.length, offers: "t0.a0" };
}

/**
 * Edits both files in turn and asks for diagnostics and completions after each edit.
 *
 * @returns ours and Kysely's, of the same run
 * @throws TypeError if a file has errors, or the expected name is not offered
 */
export async function besideKysely(
  compiler: Compiler,
  rounds = 15,
): Promise<{ readonly ours: Latencies; readonly kysely: Latencies }> {
  const [ours, kysely] = [new Session(pipelineOfMixedSteps()), new Session(kyselyQuery())];
  const sessions = [ours, kysely];
  try {
    for (const session of sessions) await session.open(compiler);
    for (let round = 0; round < rounds; round++) for (const session of sessions) await session.measure();
    return { ours: ours.latencies(), kysely: kysely.latencies() };
  } finally {
    for (const session of sessions) session.close();
  }
}

/** One file in a language server of its own. */
class Session {
  readonly #subject: Subject;
  readonly #times: Record<keyof Latencies, Latency[]> = { completions: [], diagnostics: [] };
  #editor: Editor | undefined;

  constructor(subject: Subject) {
    this.#subject = subject;
  }

  /** Opens the file and asks once: the first requests also read the libraries. */
  async open(compiler: Compiler): Promise<void> {
    this.#editor = await openEditor(
      compiler,
      this.#subject.text,
      { kysely: join(peersFolder, "kysely") },
      this.#subject.others,
    );
    await this.measure();
    for (const times of Object.values(this.#times)) times.length = 0;
  }

  async measure(): Promise<void> {
    const editor = this.#editor as Editor;
    const { offset, offers } = this.#subject;
    const errors = await this.#time("diagnostics", () => editor.diagnostics());
    if (errors.length > 0) throw new TypeError(`the file has errors: ${errors.join("; ")}`);
    const names = await this.#time("completions", () => editor.completions(offset));
    if (!names.some((name) => name.includes(offers)))
      throw new TypeError(`'${offers}' is not offered among ${names.slice(0, 5).join(", ")}`);
  }

  async #time<T>(what: keyof Latencies, request: () => Promise<Answer<T>>): Promise<T> {
    const editor = this.#editor as Editor;
    const before = editor.processorTime();
    editor.appendLine();
    const { value, milliseconds } = await request();
    this.#times[what].push({ waiting: milliseconds, processor: editor.processorTime() - before });
    return value;
  }

  latencies(): Latencies {
    const of = (times: readonly Latency[]): Latency => {
      const waits = times.map(({ waiting }) => waiting).sort((a, b) => a - b);
      return {
        waiting: waits[Math.floor(waits.length / 2)] ?? Number.NaN,
        processor: times.reduce((sum, { processor }) => sum + processor, 0) / times.length,
      };
    };
    return { completions: of(this.#times.completions), diagnostics: of(this.#times.diagnostics) };
  }

  close(): void {
    this.#editor?.close();
  }
}
