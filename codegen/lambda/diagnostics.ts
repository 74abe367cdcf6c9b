import type { Diagnostic, SourceLocation } from "../../src/expression/surface/surface.js";

/** The source of a lambda with diagnostics. Surface lambdas, attached lambdas and read lambdas all have this shape. */
export interface DiagnosticOrigin {
  readonly source: string;
  readonly location: SourceLocation | null;
}

export interface RenderOptions {
  /** Whether to use ANSI colours; by default false. */
  readonly color?: boolean;
  /** The text of the file, from which the frame shows whole lines. */
  readonly fileText?: string;
  /** The step of the lambda: `validation 'amt' (step 2)`. It finds a lambda whose file is not known. */
  readonly step?: string;
  /** What the message is called; by default "error". */
  readonly severity?: "error" | "warning";
}

const maxFrameLines = 6;

/**
 * Formats a diagnostic as text: place, code, message, a frame with carets, the hint and a link to the docs. All of it
 * is in one string because bundlers drop other properties of an error.
 *
 * @example renderDiagnostic(diagnostic, lambda, { color: process.stderr.isTTY })
 */
export function renderDiagnostic(
  diagnostic: Diagnostic,
  origin: DiagnosticOrigin | null,
  options: RenderOptions = {},
): string {
  const paint = painter(options.color === true);
  const { code, message, hint } = diagnostic;
  const docs = `node_modules/shapeline/docs/errors.md#${code.toLowerCase()}`;
  const error = `${paint.red(options.severity ?? "error")} ${paint.dim(`${code}:`)}`;
  const step = options.step === undefined ? "" : `${options.step}: `;
  const tail = [...(hint === undefined ? [] : [`  ${paint.cyan("hint:")} ${hint}`]), `  ${paint.dim(`see ${docs}`)}`];
  if (origin === null || origin.source === "") return [`${step}${error} ${message}`, ...tail].join("\n");
  const frame = frameOf(diagnostic, origin, options.fileText);
  const place = `${frame.line}:${frame.column}`;
  // Terminals open `file:line:column` at the start of a line. Without a file, the step finds the lambda.
  const head =
    origin.location === null
      ? `${step}${paint.bold(`lambda:${place}`)} - ${error} ${message}`
      : `${paint.bold(`${origin.location.file}:${place}`)} - ${error} ${step}${message}`;
  return [head, "", ...renderFrame(frame, paint), "", ...tail].join("\n");
}

/** The place of a problem, for tools. Lines and columns are 1-based; the end column is exclusive. */
export interface ProblemPlace {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly endLine: number;
  readonly endColumn: number;
  /** The message, without frame and hint. */
  readonly text: string;
  readonly hint?: string;
}

/** The place of a diagnostic; null if the lambda's file is not known. */
export function placeOf(
  { start, end, message, hint }: Diagnostic,
  origin: DiagnosticOrigin,
  { fileText }: RenderOptions = {},
): ProblemPlace | null {
  const { source, location } = origin;
  if (location === null) return null;
  const at = (offset: number) => {
    const { line, column } = frameOf({ start: offset, end: offset }, origin, fileText);
    return { line, column };
  };
  const [first, last] = [at(start), at(Math.max(clamp(end, source.length), start))];
  return {
    file: location.file,
    ...first,
    endLine: last.line,
    endColumn: last.column,
    text: message,
    ...(hint !== undefined && { hint }),
  };
}

interface Frame {
  readonly lines: readonly {
    readonly number: number;
    readonly text: string;
    readonly from: number;
    readonly to: number;
  }[];
  readonly line: number;
  readonly column: number;
  readonly more: boolean;
}

function frameOf(
  { start, end }: Pick<Diagnostic, "start" | "end">,
  { source, location }: DiagnosticOrigin,
  fileText: string | undefined,
): Frame {
  const inFile = location !== null && fileText?.startsWith(source, location.offset) === true;
  const text = inFile ? fileText : source;
  const base = inFile ? location.offset : 0;
  const firstLine = inFile || location === null ? 1 : location.line;
  const from = clamp(start + base, text.length);
  const to = Math.max(clamp(end + base, text.length), from);
  const before = text.slice(0, from).split(lineBreak);
  const lineStart = from - (before.at(-1)?.length ?? 0);
  const number = firstLine + before.length - 1;
  const indent = !inFile && location !== null && before.length === 1 ? location.column - 1 : 0;
  let offset = lineStart;
  const rest = text.slice(lineStart).split(/(?<=\r\n|\n|\r(?!\n))/);
  const lines: { number: number; text: string; from: number; to: number }[] = [];
  for (const [i, raw] of rest.entries()) {
    const line = raw.replace(/[\r\n]+$/, "");
    lines.push({
      number: number + i,
      text: line,
      from: Math.max(from - offset, 0),
      to: Math.min(to - offset, line.length),
    });
    offset += raw.length;
    if (offset >= to) break;
  }
  return {
    lines: lines.slice(0, maxFrameLines),
    line: number,
    column: from - lineStart + indent + 1,
    more: lines.length > maxFrameLines,
  };
}

function renderFrame({ lines, more }: Frame, paint: Painter): string[] {
  const width = String(lines.at(-1)?.number ?? 1).length;
  const out = lines.flatMap(({ number, text, from, to }) => {
    const marked = lines.length === 1 ? from : Math.max(from, text.length - text.trimStart().length);
    // Keep tabs, so that the carets are below the text at any tab width.
    const pad = text.slice(0, marked).replace(/[^\t]/g, " ");
    const code = `  ${paint.dim(`${String(number).padStart(width)} |`)} ${text}`;
    if (lines.length > 1 && to <= marked) return [code];
    return [code, `  ${paint.dim(`${" ".repeat(width)} |`)} ${pad}${paint.red("^".repeat(Math.max(to - marked, 1)))}`];
  });
  return more ? [...out, `  ${paint.dim(`${" ".repeat(width)} |`)} …`] : out;
}

interface Painter {
  readonly red: (text: string) => string;
  readonly cyan: (text: string) => string;
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
}

function painter(color: boolean): Painter {
  const style = (open: number, close: number) => (text: string) =>
    color ? `\u001b[${open}m${text}\u001b[${close}m` : text;
  return { red: style(31, 39), cyan: style(36, 39), bold: style(1, 22), dim: style(2, 22) };
}

const lineBreak = /\r\n|\n|\r/;
const clamp = (offset: number, length: number): number => Math.min(Math.max(offset, 0), length);
