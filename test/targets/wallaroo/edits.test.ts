// @module-tag slow
import { describe, expect, it } from "vitest";
import { defineModel, type Model, tensor } from "shapeline";
import { wallaroo, type Pipeline } from "shapeline/wallaroo";
import { type EditedCase, editedCases, type SdkVersion } from "../../wallaroo/sdk.js";
import { sha256Hex } from "../../../src/config/digest/sha256.js";
import { slow } from "../../slow.js";

/** Models that accept each other's outputs, of doubles: polars computes with them as JavaScript does. */
const score = { dense_1: tensor("float64", ["batch", 1]) };
const handles: ReadonlyMap<string, Model> = new Map(
  ["ccfraud", "ccfraud-xgb", "ccfraud-rf", "house", "small"].map((name) => [
    name,
    defineModel({ name, sha256: sha256Hex(name), inputs: score, outputs: score }),
  ]),
);

/** All cases in slow runs, else every third. */
const casesOf = (version: SdkVersion): EditedCase[] => editedCases(version).filter((_, i) => slow || i % 3 === 0);

interface Sent {
  /** The body of the call that makes a version. */
  definition: string;
  readonly alerts: { readonly name: string }[];
}

/** A platform that has the models of the test and an empty pipeline, and what was sent to it. */
async function recordingPlatform(dialect: "polars" | "checks"): Promise<{ pipeline: Pipeline; sent: Sent }> {
  const sent: Sent = { definition: "", alerts: [] };
  const answer = (path: string, body: string): object => {
    if (path === "/v1/api/pipelines/create") {
      sent.definition = body.replace(/^.*?"definition":/, "").slice(0, -1);
      return { pipeline_pk_id: 1, pipeline_variant_pk_id: 2, pipeline_variant_version: "new" };
    }
    const { query, variables } = JSON.parse(body) as { query: string; variables: Record<string, unknown> };
    if (query.includes("CreateAlertConfiguration")) {
      const { pipeline_version_id: _, ...alert } = variables;
      sent.alerts.push(alert as never);
      return { data: { insert_alert_configuration: { returning: [] } } };
    }
    if (query.includes("UserDefaultWorkspace"))
      return { data: { user_default_workspace: [{ workspace: { id: 1, name: "own" } }] } };
    if (query.includes("Members")) return { data: { o0: { id: 1, pipeline_id: "fraud", pipeline_versions: [] } } };
    const { name, sha256 } = handles.get(String(variables["model_id"])) as Model;
    return { data: { model: [{ id: 1, model_id: name, model_version: "1", sha: sha256 }] } };
  };
  const target = wallaroo({
    url: "http://127.0.0.1:9",
    testAuth: true,
    dialect,
    fetch: (url, { body }) =>
      Promise.resolve(new Response(JSON.stringify(answer(new URL(url).pathname, body as string)))),
  });
  const pipeline = (await target.objects()).pipeline({ id: 1, pipeline_id: "fraud", pipeline_versions: [] });
  return { pipeline, sent };
}

/** The arguments of the recording: names become handles, and texts of lambdas functions. */
function given(value: unknown): unknown {
  if (typeof value === "string" && handles.has(value)) return handles.get(value);
  if (typeof value === "string" && /^\((x|all)\) =>/.test(value))
    return new Function(`"use strict"; return ${value};`)() as unknown;
  if (Array.isArray(value)) return value.map(given);
  if (typeof value === "object" && value !== null)
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, given(each)]));
  return value;
}

const edited = (pipeline: Pipeline, calls: EditedCase["calls"]): Pipeline =>
  calls.reduce((made, [method, ...args]) => {
    const edit = (made as unknown as Record<string, (...args: unknown[]) => Pipeline>)[method];
    if (edit === undefined) throw new Error(`no method ${method}`);
    return edit.call(made, ...args.map(given));
  }, pipeline);

describe.each([
  [
    "2026.1.3",
    "polars",
    // Refused: checks after steps that do not fit together, and pipelines without steps (SL6053).
    slow
      ? { equal: 281, SL1102: 10, SL2000: 4, SL2022: 3, SL2025: 1, SL2026: 12, SL2027: 32, SL4111: 1, SL6053: 71 }
      : { equal: 97, SL1102: 5, SL2000: 2, SL2022: 2, SL2025: 1, SL2026: 2, SL2027: 10, SL4111: 1, SL6053: 19 },
  ],
  [
    "2023.4.1",
    "checks",
    // Also refused: checks after a split, where the model that they name is not known (SL4100, SL4101).
    slow
      ? {
          ...{ equal: 245, "with alerts": 18, SL1102: 7, SL2000: 2, SL2022: 3, SL2026: 12, SL2027: 32 },
          ...{ SL4100: 16, SL4101: 29, SL4111: 1, SL6053: 68 },
        }
      : {
          ...{ equal: 87, "with alerts": 7, SL1102: 4, SL2022: 2, SL2026: 2, SL2027: 9, SL4100: 9, SL4101: 6 },
          ...{ SL4111: 1, SL6053: 19 },
        },
  ],
] as const)("edits recorded from the SDK %s", (version, dialect, expected) => {
  it("make the same bytes, or are refused with a reason", async () => {
    const counts: Record<string, number> = { equal: 0 };
    const count = (key: string) => (counts[key] = (counts[key] ?? 0) + 1);
    const { pipeline, sent } = await recordingPlatform(dialect);
    for (const { calls, text, alerts = [] } of casesOf(version)) {
      sent.alerts.length = 0;
      try {
        await edited(pipeline, calls).createVersion();
      } catch (error) {
        count((error as { readonly code?: string }).code ?? String(error));
        continue;
      }
      expect(sent.definition, JSON.stringify(calls)).toBe(text);
      // The SDK also sends alerts that were replaced or removed.
      expect(sent.alerts).toEqual(alerts.filter(({ name }) => text.includes(`${name}:left`)));
      count("equal");
      if (alerts.length > 0) count("with alerts");
    }
    expect(counts).toEqual(expected);
  });
});
