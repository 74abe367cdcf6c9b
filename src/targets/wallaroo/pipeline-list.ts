import { isRecord } from "../../util/objects.js";
import { escapeUnsafe } from "../../util/escape-text.js";
import type { Pipeline } from "./objects/types.js";

const inspect = Symbol.for("nodejs.util.inspect.custom");
/** Deno's notebooks ask for it. */
const display = Symbol.for("Jupyter.display");

/** One line of the list. */
export interface PipelineSummary {
  readonly name: string;
  readonly created: Date;
  readonly last_updated: Date;
  readonly deployed: boolean;
  readonly workspace_id: number | null;
  readonly workspace_name: string | null;
  readonly tags: readonly string[];
  readonly versions: readonly string[];
  readonly steps: readonly string[];
  readonly published: boolean;
}

/** The pipelines of a platform: an array that displays itself as a table, in terminals and in notebooks. */
export class PipelineList extends Array<Pipeline> {
  static override get [Symbol.species](): ArrayConstructor {
    return Array;
  }

  #summaries: readonly PipelineSummary[] = [];

  /** Reads what the table shows: members of all pipelines in a few requests. */
  static async read(pipelines: readonly Pipeline[], hasWorkspaces: boolean): Promise<PipelineList> {
    const list = new PipelineList();
    list.#summaries = await Promise.all(pipelines.map((pipeline) => summaryOf(pipeline, hasWorkspaces)));
    list.push(...pipelines);
    return list;
  }

  /** What the table shows. */
  get summaries(): readonly PipelineSummary[] {
    return this.#summaries;
  }

  toJSON(): readonly PipelineSummary[] {
    return this.#summaries;
  }

  [inspect](): string {
    return this.length === 0 ? "(no pipelines)" : textOf(cellsOf(this.#summaries));
  }

  override toString(): string {
    return this[inspect]();
  }

  /** An HTML table. All texts are escaped. */
  toHTML(): string {
    if (this.length === 0) return "(no pipelines)";
    const [titles = [], ...rows] = cellsOf(this.#summaries);
    const row = (tag: string, cells: readonly string[]): string =>
      `<tr>${cells.map((cell) => `<${tag}>${escapeHtml(cell)}</${tag}>`).join("")}</tr>`;
    return `<table>${row("th", titles)}${rows.map((cells) => row("td", cells)).join("")}</table>`;
  }

  [display](): { readonly "text/html": string; readonly "text/plain": string } {
    return { "text/html": this.toHTML(), "text/plain": this[inspect]() };
  }
}

async function summaryOf(pipeline: Pipeline, hasWorkspaces: boolean): Promise<PipelineSummary> {
  const [name, created, updated, deployment, tags, versions, workspace] = await Promise.all([
    pipeline.name(),
    pipeline.createTime(),
    pipeline.lastUpdateTime(),
    pipeline.deployment(),
    pipeline.tags(),
    pipeline.versions(),
    hasWorkspaces ? pipeline.workspace() : null,
  ]);
  const [names, definition, deployed, workspaceName] = await Promise.all([
    Promise.all(versions.map((version) => version.name())),
    versions[0]?.definition() ?? null,
    deployment?.deployed() ?? false,
    workspace?.name() ?? null,
  ]);
  const steps = isRecord(definition) && Array.isArray(definition["steps"]) ? (definition["steps"] as unknown[]) : [];
  return {
    name,
    created,
    last_updated: updated,
    deployed,
    workspace_id: workspace?.id ?? null,
    workspace_name: workspaceName,
    tags: tags.map(({ tag }) => tag),
    versions: names,
    steps: steps.map(stepName),
    published: versions.some(
      (version) =>
        Array.isArray(version.toJSON()["pipeline_publishes"]) &&
        (version.toJSON()["pipeline_publishes"] as unknown[]).length > 0,
    ),
  };
}

/** As the platform's SDK names steps: models by name, `Audit [1:None]`, `Select [0]`, `Key Split [k]`, or the kind. */
function stepName(step: unknown): string {
  const [kind = "", content] = isRecord(step) ? (Object.entries(step)[0] ?? []) : [];
  const value = isRecord(content) ? content : {};
  const { from, to, index, split_key: key, models } = value;
  if (kind === "ModelInference" && Array.isArray(models))
    return models.map((model) => (isRecord(model) ? String(model["name"]) : "?")).join(",");
  if (kind === "AuditResults") return `Audit [${String(from)}:${typeof to === "number" ? to : "None"}]`;
  if (kind === "Nth") return `Select [${String(index)}]`;
  if (kind === "MetaValueSplit") return `Key Split [${String(key)}]`;
  return kind;
}

function cellsOf(summaries: readonly PipelineSummary[]): string[][] {
  const hasWorkspaces = summaries.some(({ workspace_id }) => workspace_id !== null);
  const columns = [
    ...["name", "created", "last_updated", "deployed"],
    ...(hasWorkspaces ? ["workspace_id", "workspace_name"] : []),
    ...["tags", "versions", "steps", "published"],
  ] as const;
  return [
    [...columns],
    ...summaries.map((summary) => columns.map((column) => cellText(summary[column as keyof PipelineSummary]))),
  ];
}

function cellText(value: PipelineSummary[keyof PipelineSummary]): string {
  if (value instanceof Date) return platformTime(value);
  if (typeof value === "boolean") return value ? "True" : "False";
  return typeof value === "object" && value !== null ? value.join(", ") : String(value ?? "");
}

const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** `2026-31-Jan 12:00:00`, in UTC, as the platform's SDK prints times. */
function platformTime(time: Date): string {
  const [date = "", clock = ""] = time.toISOString().split("T");
  const [year = "", month = "", day = ""] = date.split("-");
  return `${year}-${day}-${months[Number(month) - 1] ?? ""} ${clock.slice(0, 8)}`;
}

function textOf(rows: readonly (readonly string[])[]): string {
  const cells = rows.map((row) => row.map(escapeUnsafe));
  const widths = (cells[0] ?? []).map((_, i) => Math.max(...cells.map((row) => row[i]?.length ?? 0)));
  return cells
    .map((row) =>
      row
        .map((cell, i) => cell.padEnd(widths[i] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
