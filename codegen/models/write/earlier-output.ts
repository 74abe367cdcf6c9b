import { open, readdir } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { ModelError } from "../../../dsl/errors.js";
import { isGenerated, splitFolder } from "./output-files.js";

/** Where an earlier run wrote, and whether it wrote one file per model. */
export interface EarlierOutput {
  /** Absolute path. */
  readonly out: string;
  readonly split: boolean;
}

/** How deep below the folder a generated file is looked for, and in how many folders. */
const maxDepth = 6;
const maxFolders = 2000;

/**
 * Finds the file that an earlier `generate` wrote, so that a run without `--out` brings it up to date instead of
 * writing a second one. `models.gen.ts` in the folder itself comes first. Other packages below the folder are not
 * searched.
 *
 * @throws ModelError SL3057 if there are several
 */
export async function findEarlierOutput(folder: string): Promise<EarlierOutput | null> {
  const found: string[] = [];
  let folders = 0;
  const search = async (path: string, depth: number): Promise<void> => {
    if (++folders > maxFolders) return;
    const entries = await readdir(path, { withFileTypes: true }).catch(() => []);
    if (depth > 0 && entries.some(({ name }) => name === "package.json")) return;
    for (const { name } of entries.filter((entry) => entry.isFile() && /(?<!\.d)\.[cm]?ts$/.test(entry.name)))
      if (await startsAsGenerated(join(path, name))) found.push(join(path, name));
    if (depth === maxDepth) return;
    for (const entry of entries)
      if (entry.isDirectory() && entry.name !== "node_modules" && !entry.name.startsWith("."))
        await search(join(path, entry.name), depth + 1);
  };
  await search(folder, 0);
  const parts = new Set(found.map(splitFolder));
  const outputs = found.filter((path) => !parts.has(dirname(path)));
  const usual = join(folder, "models.gen.ts");
  const [only, ...others] = outputs.includes(usual) ? [usual] : outputs;
  if (only === undefined) return null;
  if (others.length > 0)
    throw new ModelError(
      "SL3057",
      `earlier runs of \`shapeline generate\` wrote ${outputs.map((path) => `'${relative(folder, path)}'`).join(" and ")}; name one with --out, or as \`out\` in the settings`,
      { path: only },
    );
  return { out: only, split: found.some((path) => dirname(path) === splitFolder(only)) };
}

async function startsAsGenerated(path: string): Promise<boolean> {
  const file = await open(path).catch(() => null);
  if (file === null) return false;
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(256), 0, 256, 0);
    const start = buffer.toString("utf8", 0, bytesRead);
    return start.trim() !== "" && isGenerated(start);
  } finally {
    await file.close();
  }
}
