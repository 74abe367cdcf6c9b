import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { root } from "../local-engine.js";

type Lives = Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;

const lives = JSON.parse(readFileSync(join(root, "test/fixtures/platform/wire.json"), "utf8")) as Lives;
const [, table = ""] = readFileSync(join(root, "docs/platform.md"), "utf8").split(
  "\n## The requests, beside the SDK's\n",
);

/** A call without its body and query: `pipelines/create`, `PipelineById`, `Members pipeline_by_pk`. */
function nameOf(call: string): string {
  const [, rest] = /^POST \/v1\/(?:api\/)?([\w/<>]+)/.exec(call) ?? [];
  if (rest !== undefined) return rest.replace("/<deployment>/<pipeline>", "").replace("/<topic>", "");
  const [, operation] = /^graphql (?:mutation )?(\w+)/.exec(call) ?? [];
  return operation ?? call;
}

it("sends the requests that were recorded beside those of the SDK", async () => {
  const run = promisify(execFile)(process.execPath, [join(root, "test/oracles/wallaroo/compare_wire.mjs")]);
  await expect(run).resolves.toMatchObject({ stdout: expect.stringContaining("are those of") });
});

it("says in the docs what each of the recorded requests is for", () => {
  const calls = Object.values(lives).flatMap((life) => Object.values(life).flat());
  expect(calls.length).toBeGreaterThan(50);
  expect([...new Set(calls.map(nameOf))].filter((name) => !table.includes(`\`${name}\``))).toEqual([]);
});

it("deploys, uploads and makes versions with the keys that the SDK of the dialect sends", () => {
  const keysOf = (life: string, part: string, call: string): string =>
    lives[life]?.[part]?.find((each) => each.startsWith(`POST /v1/api/${call} `)) ?? "missing";
  for (const [ours, sdk] of [
    ["shapeline polars", "wallaroo 2026.1.3"],
    ["shapeline checks", "wallaroo 2023.4.1"],
  ] as const) {
    expect(keysOf(ours, "deploy", "pipelines/deploy")).toBe(keysOf(sdk, "deploy", "pipelines/deploy"));
    expect(keysOf(ours, "deploy", "pipelines/create")).toBe(keysOf(sdk, "create", "pipelines/create"));
    // A key of the latest releases, without a value for ONNX models, which earlier ones do not know.
    expect(keysOf(ours, "upload", "models/upload")).toBe(
      keysOf(sdk, "upload", "models/upload").replace("framework_config,", ""),
    );
  }
});
