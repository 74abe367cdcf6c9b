import type { ConfigDiff, StepChange } from "../../diff.js";
import { colorize, type Io } from "./io.js";

/** The lines of a comparison: `+` for what is added, `-` for what is removed, `~` for what is another. */
export function diffLines(io: Io, { name, models, steps }: ConfigDiff): string[] {
  const added = (text: string): string[] => marked(io, "+", text);
  const removed = (text: string): string[] => marked(io, "-", text);
  const changed = (text: string): string[] => marked(io, "~", text);
  const stepLines = (change: StepChange): string[] => {
    if (change.kind === "added") return added(`step ${change.to}: .${change.step}`);
    if (change.kind === "removed") return removed(`step ${change.from}: .${change.step}`);
    if (change.kind === "moved") return changed(`step ${change.from} is now step ${change.to}: .${change.step}`);
    return [...removed(`step ${change.from}: .${change.before}`), ...added(`step ${change.to}: .${change.after}`)];
  };
  return [
    ...(name === null ? [] : changed(`name: ${name.before} -> ${name.after}`)),
    ...models.flatMap(({ kind, name: model, text }) =>
      (kind === "added" ? added : kind === "removed" ? removed : changed)(`model ${model}: ${text}`),
    ),
    ...steps.flatMap(stepLines),
  ];
}

const styles = { "+": "green", "-": "red", "~": "yellow" } as const;

function marked(io: Io, mark: keyof typeof styles, text: string): string[] {
  return text
    .split(/\r?\n/)
    .map((line, i) => colorize(io, styles[mark], i === 0 ? `${mark} ${line}` : `${mark}   ${line}`));
}
