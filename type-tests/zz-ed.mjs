// type-tests/editor.ts
import { join as join2 } from "node:path";

// type-tests/compilers.ts
import { fileURLToPath } from "node:url";
var repository = fileURLToPath(new URL("..", import.meta.url));
var compilers = { "5.9": "typescript-5.9", "6.0": "typescript", "7.0": "typescript-7" };

// type-tests/language-server.ts
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
var settings = {
  strict: true,
  exactOptionalPropertyTypes: true,
  skipLibCheck: true,
  target: "es2022",
  lib: ["es2023"],
  module: "nodenext",
  noEmit: true,
  types: ["node"],
  typeRoots: [join(repository, "node_modules/@types")]
};
async function openEditor(compiler, text) {
  const folder = mkdtempSync(join(tmpdir(), "shapeline-editor-"));
  const file = join(folder, "pipeline.ts");
  writeFileSync(file, text);
  writeFileSync(join(folder, "package.json"), `{ "type": "module" }`);
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions: settings, files: ["pipeline.ts"] }));
  const place = (offset) => {
    const before = text.slice(0, offset).split("\n");
    return { line: before.length - 1, character: before.at(-1)?.length ?? 0 };
  };
  const server = compiler === "7.0" ? new LspServer(compiler) : new TsServer(compiler);
  await server.open(folder, file, text);
  return {
    completions: (offset) => timed(() => server.completions(file, place(offset))),
    hover: (offset) => timed(() => server.hover(file, place(offset))),
    close: () => {
      server.kill();
      rmSync(folder, { recursive: true, maxRetries: 5 });
    }
  };
}
async function timed(ask) {
  const started = performance.now();
  const value = await ask();
  return { value, milliseconds: performance.now() - started };
}
var Server = class {
  #child;
  #waiting = /* @__PURE__ */ new Map();
  #received = Buffer.alloc(0);
  asked = 0;
  constructor(script, ...args) {
    this.#child = spawn(process.execPath, [script, ...args]);
    this.#child.stdout.on("data", (data) => {
      this.#received = Buffer.concat([this.#received, data]);
      this.#read();
    });
  }
  kill() {
    this.#child.kill();
  }
  send(text) {
    this.#child.stdin.write(text);
  }
  answer(to) {
    return new Promise((resolve) => this.#waiting.set(to, resolve));
  }
  #read() {
    for (; ; ) {
      const head = this.#received.indexOf("\r\n\r\n");
      const length = Number(/Content-Length: (\d+)/.exec(this.#received.subarray(0, Math.max(head, 0)).toString())?.[1]);
      if (head === -1 || this.#received.length < head + 4 + length) return;
      const message = JSON.parse(this.#received.subarray(head + 4, head + 4 + length).toString());
      this.#received = this.#received.subarray(head + 4 + length);
      const number = this.numberOf(message);
      if (number !== void 0) this.#waiting.get(number)?.(message);
    }
  }
};
var TsServer = class extends Server {
  constructor(compiler) {
    super(join(repository, "node_modules", compilers[compiler], "lib/tsserver.js"), "--disableAutomaticTypingAcquisition");
  }
  async open(_folder, file, text) {
    this.#ask("open", { file, fileContent: text });
    await this.#request("projectInfo", { file, needFileNameList: false });
  }
  async completions(file, { line, character }) {
    const body = await this.#request("completionInfo", { file, line: line + 1, offset: character + 1 });
    return body.entries.map(({ name }) => name);
  }
  async hover(file, { line, character }) {
    const body = await this.#request("quickinfo", { file, line: line + 1, offset: character + 1 });
    return body.displayString;
  }
  numberOf({ request_seq }) {
    return request_seq;
  }
  #ask(command, args) {
    const seq = ++this.asked;
    this.send(`${JSON.stringify({ seq, type: "request", command, arguments: args })}
`);
    return seq;
  }
  async #request(command, args) {
    return (await this.answer(this.#ask(command, args))).body;
  }
};
var LspServer = class extends Server {
  constructor(compiler) {
    super(join(repository, "node_modules", compilers[compiler], "bin/tsc"), "--lsp", "--stdio");
  }
  async open(folder, file, text) {
    const rootUri = pathToFileURL(folder).href;
    await this.#request("initialize", { processId: process.pid, rootUri, capabilities: { textDocument: { hover: { contentFormat: ["plaintext"] } } } });
    this.#notify("initialized", {});
    this.#notify("textDocument/didOpen", { textDocument: { uri: pathToFileURL(file).href, languageId: "typescript", version: 1, text } });
  }
  async completions(file, position) {
    const result = await this.#request("textDocument/completion", { textDocument: { uri: pathToFileURL(file).href }, position });
    return result.items.map(({ label }) => label);
  }
  async hover(file, position) {
    const result = await this.#request("textDocument/hover", { textDocument: { uri: pathToFileURL(file).href }, position });
    return result.contents.value;
  }
  /** What the server asks of an editor is answered with nothing: it goes on with its defaults. */
  numberOf({ id, method, params }) {
    if (method === void 0) return id;
    if (id !== void 0) this.#write({ id, result: params?.items?.map(() => null) ?? null });
    return void 0;
  }
  #write(message) {
    const text = JSON.stringify({ jsonrpc: "2.0", ...message });
    this.send(`Content-Length: ${Buffer.byteLength(text)}\r
\r
${text}`);
  }
  #notify(method, params) {
    this.#write({ method, params });
  }
  async #request(method, params) {
    const id = ++this.asked;
    this.#write({ id, method, params });
    return (await this.answer(id)).result;
  }
};

// type-tests/editor.ts
var steps = 50;
function fiftySteps() {
  const lines = [`import { pipeline, type InferInput, type InferOutput, type LogRow, type Model, type Tensor } from ${JSON.stringify(join2(repository, "dsl/index.js"))};`];
  for (let i = 0; i < steps; i++) {
    const ports = (name) => `{ readonly ${name}: Tensor<"float32", readonly ["batch", 10]> }`;
    lines.push(`interface Layer${i} extends Model<"layer-${i}", ${ports("x")}, ${ports(`dense_${i}`)}> {} declare const layer${i}: Layer${i};`);
  }
  lines.push(`export const fifty = pipeline("fifty")`);
  for (let i = 0; i < steps - 1; i++) lines.push(`  .model(layer${i})`);
  lines.push(`  .validate("low", (x) => x.out.dense_48[0] < 1);`, "export type Answer = InferOutput<typeof fifty>;", "export type Request = InferInput<typeof fifty>;", "export type Log = LogRow<typeof fifty>;");
  return lines.join("\n");
}
async function shownByEditor(compiler) {
  const text = fiftySteps();
  const editor = await openEditor(compiler, text);
  try {
    const at = (marker, more = 0) => text.indexOf(marker) + more;
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
      milliseconds: { "first hover": first.milliseconds, completions: completions.milliseconds, hover: again.milliseconds }
    };
  } finally {
    editor.close();
  }
}
export {
  shownByEditor
};
