import { spawn, type ChildProcessWithoutNullStreams } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { compilers, repository, type Compiler } from "../compilers.js";

/** The requests of an editor at a position of a file, with response times. */
export interface Editor {
  /** The offered names. */
  completions(offset: number): Promise<Answer<readonly string[]>>;
  /** The text of the hover. */
  hover(offset: number): Promise<Answer<string>>;
  /** The messages of the file's errors. */
  diagnostics(): Promise<Answer<readonly string[]>>;
  /** The processor time that the server has used, in milliseconds; NaN where the system does not say (not on Linux). */
  processorTime(): number;
  /** Edits the file: appends an empty line. The next answer checks the file again. */
  appendLine(): void;
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

/**
 * Starts the language server of a compiler with one open file: tsserver, or the built-in server of TypeScript 7.
 * @param packages the folders of packages that the file imports, by their names
 * @param others files beside it, by their names
 */
export async function openEditor(
  compiler: Compiler,
  text: string,
  packages: Readonly<Record<string, string>> = {},
  others: Readonly<Record<string, string>> = {},
): Promise<Editor> {
  const folder = mkdtempSync(join(tmpdir(), "shapeline-editor-"));
  mkdirSync(join(folder, "node_modules"));
  for (const [name, path] of Object.entries(packages)) symlinkSync(path, join(folder, "node_modules", name));
  const file = join(folder, "pipeline.ts");
  writeFileSync(file, text);
  for (const [name, other] of Object.entries(others)) writeFileSync(join(folder, name), other);
  writeFileSync(join(folder, "package.json"), `{ "type": "module" }`);
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions: settings, files: ["pipeline.ts"] }));
  const positionAt = (offset: number) => {
    const before = text.slice(0, offset).split("\n");
    return { line: before.length - 1, character: before.at(-1)?.length ?? 0 };
  };
  const server = compiler === "7.0" ? new LspServer(compiler) : new TsServer(compiler);
  await server.open(folder, file, text);
  let edited = text;
  return {
    completions: (offset) => timed(() => server.completions(file, positionAt(offset))),
    hover: (offset) => timed(() => server.hover(file, positionAt(offset))),
    diagnostics: () => timed(() => server.diagnostics(file)),
    processorTime: () => server.processorTime(),
    appendLine: () => {
      server.append(file, edited, "\n");
      edited += "\n";
    },
    close: () => {
      server.kill();
      rmSync(folder, { recursive: true, maxRetries: 5 });
    },
  };
}

async function timed<T>(request: () => Promise<T>): Promise<Answer<T>> {
  const started = performance.now();
  const value = await request();
  return { value, milliseconds: performance.now() - started };
}

interface Position {
  readonly line: number;
  readonly character: number;
}

/** User and system time of a process and its children. A tick of Linux is 10 ms. */
function processorTime(pid: number): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").split(" ").filter(Boolean);
    const own = 10 * (Number(fields[11]) + Number(fields[12]));
    return children.reduce((sum, child) => sum + processorTime(Number(child)), own);
  } catch {
    return Number.NaN;
  }
}

/** Reads messages with a Content-Length header, the format of both servers, and matches responses to requests by id. */
abstract class Server {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #pending = new Map<number, (message: Message) => void>();
  #received = Buffer.alloc(0);
  protected lastId = 0;

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

  processorTime(): number {
    return processorTime(this.#child.pid ?? 0);
  }

  protected send(text: string): void {
    this.#child.stdin.write(text);
  }

  protected response(id: number): Promise<Message> {
    return new Promise((resolve) => this.#pending.set(id, resolve));
  }

  protected abstract idOf(message: Message): number | undefined;

  #read(): void {
    for (;;) {
      const head = this.#received.indexOf("\r\n\r\n");
      const length = Number(
        /Content-Length: (\d+)/.exec(this.#received.subarray(0, Math.max(head, 0)).toString())?.[1],
      );
      if (head === -1 || this.#received.length < head + 4 + length) return;
      const message = JSON.parse(this.#received.subarray(head + 4, head + 4 + length).toString()) as Message;
      this.#received = this.#received.subarray(head + 4 + length);
      const id = this.idOf(message);
      if (id !== undefined) this.#pending.get(id)?.(message);
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
    this.#send("open", { file, fileContent: text });
    await this.#request("projectInfo", { file, needFileNameList: false });
  }

  async completions(file: string, { line, character }: Position): Promise<readonly string[]> {
    const body = await this.#request("completionInfo", { file, line: line + 1, offset: character + 1 });
    return (body as { entries: readonly { name: string }[] }).entries.map(({ name }) => name);
  }

  async hover(file: string, { line, character }: Position): Promise<string> {
    const body = await this.#request("quickinfo", { file, line: line + 1, offset: character + 1 });
    return (body as { displayString: string }).displayString;
  }

  async diagnostics(file: string): Promise<readonly string[]> {
    const body = await this.#request("semanticDiagnosticsSync", { file });
    return (body as { text: string }[]).map(({ text }) => text);
  }

  append(file: string, before: string, insertString: string): void {
    const lines = before.split("\n");
    const at = { line: lines.length, offset: (lines.at(-1)?.length ?? 0) + 1 };
    this.#send("change", { file, ...at, endLine: at.line, endOffset: at.offset, insertString });
  }

  protected idOf({ request_seq }: Message): number | undefined {
    return request_seq;
  }

  #send(command: string, args: object): number {
    const seq = ++this.lastId;
    this.send(`${JSON.stringify({ seq, type: "request", command, arguments: args })}\n`);
    return seq;
  }

  async #request(command: string, args: object): Promise<unknown> {
    return (await this.response(this.#send(command, args))).body;
  }
}

class LspServer extends Server {
  #version = 1;

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

  async completions(file: string, position: Position): Promise<readonly string[]> {
    const result = await this.#request("textDocument/completion", {
      textDocument: { uri: pathToFileURL(file).href },
      position,
    });
    return (result as { items: readonly { label: string }[] } | null)?.items.map(({ label }) => label) ?? [];
  }

  async hover(file: string, position: Position): Promise<string> {
    const result = await this.#request("textDocument/hover", {
      textDocument: { uri: pathToFileURL(file).href },
      position,
    });
    return (result as { contents: { value: string } }).contents.value;
  }

  async diagnostics(file: string): Promise<readonly string[]> {
    const result = await this.#request("textDocument/diagnostic", { textDocument: { uri: pathToFileURL(file).href } });
    return (result as { items: readonly { message: string }[] }).items.map(({ message }) => message);
  }

  append(file: string, before: string, inserted: string): void {
    this.#notify("textDocument/didChange", {
      textDocument: { uri: pathToFileURL(file).href, version: ++this.#version },
      contentChanges: [{ text: before + inserted }],
    });
  }

  /** Answers the server's own requests with null values: it then uses its defaults. */
  protected idOf({ id, method, params }: Message): number | undefined {
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
    const id = ++this.lastId;
    this.#write({ id, method, params });
    return (await this.response(id)).result;
  }
}
