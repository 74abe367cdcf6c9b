import { spawn, type ChildProcessWithoutNullStreams } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { compilers, repository, type Compiler } from "./compilers.js";

/** What an editor asks at one place of a file, and how long the answers took. */
export interface Editor {
  /** The names that are offered. */
  completions(offset: number): Promise<Answer<readonly string[]>>;
  /** The text of the hover. */
  hover(offset: number): Promise<Answer<string>>;
  close(): void;
}

export interface Answer<T> {
  readonly value: T;
  readonly milliseconds: number;
}

const settings = {
  strict: true,
  exactOptionalPropertyTypes: true,
  skipLibCheck: true,
  target: "es2022",
  lib: ["es2023"],
  module: "nodenext",
  noEmit: true,
  types: ["node"],
  typeRoots: [join(repository, "node_modules/@types")],
};

/** The language server of a compiler with one file open: tsserver, or the server that TypeScript 7 has built in. */
export async function openEditor(compiler: Compiler, text: string): Promise<Editor> {
  const folder = mkdtempSync(join(tmpdir(), "shapeline-editor-"));
  const file = join(folder, "pipeline.ts");
  writeFileSync(file, text);
  writeFileSync(join(folder, "package.json"), `{ "type": "module" }`);
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions: settings, files: ["pipeline.ts"] }));
  const place = (offset: number) => {
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
    },
  };
}

async function timed<T>(ask: () => Promise<T>): Promise<Answer<T>> {
  const started = performance.now();
  const value = await ask();
  return { value, milliseconds: performance.now() - started };
}

interface Place {
  readonly line: number;
  readonly character: number;
}

/** Messages with a length before each, as both servers speak; answers are found by their number. */
abstract class Server {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #waiting = new Map<number, (message: Message) => void>();
  #received = Buffer.alloc(0);
  protected asked = 0;

  constructor(script: string, ...args: readonly string[]) {
    this.#child = spawn(process.execPath, [script, ...args]);
    this.#child.stdout.on("data", (data: Buffer) => {
      this.#received = Buffer.concat([this.#received, data]);
      this.#read();
    });
  }

  kill(): void {
    this.#child.kill();
  }

  protected send(text: string): void {
    this.#child.stdin.write(text);
  }

  protected answer(to: number): Promise<Message> {
    return new Promise((resolve) => this.#waiting.set(to, resolve));
  }

  protected abstract numberOf(message: Message): number | undefined;

  #read(): void {
    for (;;) {
      const head = this.#received.indexOf("\r\n\r\n");
      const length = Number(
        /Content-Length: (\d+)/.exec(this.#received.subarray(0, Math.max(head, 0)).toString())?.[1],
      );
      if (head === -1 || this.#received.length < head + 4 + length) return;
      const message = JSON.parse(this.#received.subarray(head + 4, head + 4 + length).toString()) as Message;
      this.#received = this.#received.subarray(head + 4 + length);
      const number = this.numberOf(message);
      if (number !== undefined) this.#waiting.get(number)?.(message);
    }
  }
}

interface Message {
  readonly id?: number | string;
  readonly method?: string;
  readonly params?: { readonly items?: readonly unknown[] };
  readonly request_seq?: number;
  readonly result?: unknown;
  readonly body?: unknown;
}

class TsServer extends Server {
  constructor(compiler: Compiler) {
    super(
      join(repository, "node_modules", compilers[compiler], "lib/tsserver.js"),
      "--disableAutomaticTypingAcquisition",
    );
  }

  async open(_folder: string, file: string, text: string): Promise<void> {
    this.#ask("open", { file, fileContent: text });
    await this.#request("projectInfo", { file, needFileNameList: false });
  }

  async completions(file: string, { line, character }: Place): Promise<readonly string[]> {
    const body = await this.#request("completionInfo", { file, line: line + 1, offset: character + 1 });
    return (body as { entries: readonly { name: string }[] }).entries.map(({ name }) => name);
  }

  async hover(file: string, { line, character }: Place): Promise<string> {
    const body = await this.#request("quickinfo", { file, line: line + 1, offset: character + 1 });
    return (body as { displayString: string }).displayString;
  }

  protected numberOf({ request_seq }: Message): number | undefined {
    return request_seq;
  }

  #ask(command: string, args: object): number {
    const seq = ++this.asked;
    this.send(`${JSON.stringify({ seq, type: "request", command, arguments: args })}\n`);
    return seq;
  }

  async #request(command: string, args: object): Promise<unknown> {
    return (await this.answer(this.#ask(command, args))).body;
  }
}

class LspServer extends Server {
  constructor(compiler: Compiler) {
    super(join(repository, "node_modules", compilers[compiler], "bin/tsc"), "--lsp", "--stdio");
  }

  async open(folder: string, file: string, text: string): Promise<void> {
    const rootUri = pathToFileURL(folder).href;
    await this.#request("initialize", {
      processId: process.pid,
      rootUri,
      capabilities: { textDocument: { hover: { contentFormat: ["plaintext"] } } },
    });
    this.#notify("initialized", {});
    this.#notify("textDocument/didOpen", {
      textDocument: { uri: pathToFileURL(file).href, languageId: "typescript", version: 1, text },
    });
  }

  async completions(file: string, position: Place): Promise<readonly string[]> {
    const result = await this.#request("textDocument/completion", {
      textDocument: { uri: pathToFileURL(file).href },
      position,
    });
    return (result as { items: readonly { label: string }[] }).items.map(({ label }) => label);
  }

  async hover(file: string, position: Place): Promise<string> {
    const result = await this.#request("textDocument/hover", {
      textDocument: { uri: pathToFileURL(file).href },
      position,
    });
    return (result as { contents: { value: string } }).contents.value;
  }

  /** What the server asks of an editor is answered with nothing: it goes on with its defaults. */
  protected numberOf({ id, method, params }: Message): number | undefined {
    if (method === undefined) return id as number | undefined;
    if (id !== undefined) this.#write({ id, result: params?.items?.map(() => null) ?? null });
    return undefined;
  }

  #write(message: object): void {
    const text = JSON.stringify({ jsonrpc: "2.0", ...message });
    this.send(`Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`);
  }

  #notify(method: string, params: object): void {
    this.#write({ method, params });
  }

  async #request(method: string, params: object): Promise<unknown> {
    const id = ++this.asked;
    this.#write({ id, method, params });
    return (await this.answer(id)).result;
  }
}
