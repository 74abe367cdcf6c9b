import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { ShapelineError } from "shapeline";
import { createServer } from "shapeline/server";
import { wallaroo, type PlatformFetch } from "shapeline/wallaroo";
import { fraud } from "../../../examples/fraud/fraud.pipeline.js";
import { slow } from "../../slow.js";
import { exampleRows, models } from "./fraud-platform.js";

/** A server that can be restarted at its port, with its data. */
async function restartable(folder: string) {
  const open = () => createServer({ data: folder, wallaroo: true });
  let server = await open();
  const url = await server.listen({ port: 0, host: "127.0.0.1" });
  return {
    url,
    close: () => server.close(),
    async restart() {
      await server.close();
      server = await open();
      await server.listen({ port: Number(new URL(url).port), host: "127.0.0.1" });
    },
  };
}

/** Restarts the server at the first call of a path: before it arrives, or when it is done and not yet answered. */
function restartingFetch(restart: () => Promise<void>, path: string, when: "before" | "after") {
  let restarts = 0;
  const faulty: PlatformFetch = async (to, init) => {
    const isChosen = restarts === 0 && new URL(to).pathname.endsWith(path);
    if (isChosen) restarts++;
    if (isChosen && when === "before") await restart();
    const answer = await fetch(to, init);
    if (!isChosen || when === "before") return answer;
    await restart();
    throw new TypeError("fetch failed", { cause: Object.assign(new Error("reset"), { code: "ECONNRESET" }) });
  };
  return { faulty, restarts: () => restarts };
}

/** When the server restarts: at a call, before it arrives or after it is done. `.ci/run` tries the further ones. */
type Restart = readonly [path: string, when: "before" | "after"];
const firstDeploy: readonly Restart[] = [
  ["models/upload", "after"],
  ["pipelines/create", "after"],
  ["pipelines/deploy", "after"],
];
const moreOfFirstDeploy: readonly Restart[] = [
  ["api/config", "after"],
  ["models/upload", "before"],
  ["pipelines/deploy", "before"],
  ["status/get_deployment", "after"],
];
const furtherDeploy: readonly Restart[] = [
  ["pipelines/create", "after"],
  ["pipelines/deploy", "after"],
];
const moreOfFurtherDeploy: readonly Restart[] = [
  ["pipelines/create", "before"],
  ["pipelines/deploy", "before"],
  ["status/get_deployment", "before"],
  ["status/get_deployment", "after"],
];

it.each(slow ? [...firstDeploy, ...moreOfFirstDeploy] : firstDeploy)(
  "makes nothing twice if the server restarts at '%s' of the first deploy, %s it",
  { timeout: 60_000, tags: ["slow"] },
  async (path, when) => {
    const folder = mkdtempSync(join(tmpdir(), "shapeline-restart-"));
    const server = await restartable(folder);
    try {
      const { faulty, restarts } = restartingFetch(server.restart, path, when);
      const interrupted = wallaroo({ url: server.url, testAuth: true, models, fetch: faulty });
      const failure = await fraud.deploy(interrupted).then(
        () => null,
        (error: unknown) => error,
      );
      expect(restarts()).toBe(1);
      if (failure !== null) {
        expect(failure).toBeInstanceOf(ShapelineError);
        expect((failure as ShapelineError).code).toMatch(/^SL60/);
      }
      const target = wallaroo({ url: server.url, testAuth: true, models });
      const live = await fraud.deploy(target);
      expect(await live.infer(exampleRows(3))).toHaveLength(3);
      const [version, ...others] = await live.pipeline().versions();
      expect(others).toEqual([]);
      expect(await version?.deployments()).toHaveLength(1);
      for (const model of await target.models()) expect(await model.versions()).toHaveLength(1);
    } finally {
      await server.close();
      rmSync(folder, { recursive: true, force: true });
    }
  },
);

it.each(slow ? [...furtherDeploy, ...moreOfFurtherDeploy] : furtherDeploy)(
  "replaces what runs once if the server restarts at '%s' of a further deploy, %s it",
  { timeout: 60_000, tags: ["slow"] },
  async (path, when) => {
    const folder = mkdtempSync(join(tmpdir(), "shapeline-restart-"));
    const server = await restartable(folder);
    const edited = fraud.validate("low", (x) => x.out < 0.1);
    try {
      const target = () => wallaroo({ url: server.url, testAuth: true, models });
      const before = await fraud.deploy(target());
      const { faulty, restarts } = restartingFetch(server.restart, path, when);
      const failure = await edited.deploy(wallaroo({ url: server.url, testAuth: true, models, fetch: faulty })).then(
        () => null,
        (error: unknown) => error,
      );
      expect(restarts()).toBe(1);
      if (failure !== null) expect((failure as ShapelineError).code).toMatch(/^SL60/);
      // Whatever happened, one of the two versions runs, whole.
      const [running] = await before.infer(exampleRows(1));
      expect(running?.out.risk[0]).toBeCloseTo(0.158211, 5);

      const live = await edited.deploy(target());
      const [row] = await live.infer(exampleRows(1));
      expect(row?.anomaly).toEqual({ count: 1, amt: false, low: true });
      const versions = await live.pipeline().versions();
      expect(versions).toHaveLength(2);
      for (const version of versions) expect((await version.deployments()).length).toBeLessThanOrEqual(1);
      for (const model of await target().models()) expect(await model.versions()).toHaveLength(1);
    } finally {
      await server.close();
      rmSync(folder, { recursive: true, force: true });
    }
  },
);
