import { fork, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

const here = (name) => fileURLToPath(new URL(name, import.meta.url));
const oracles = here("../../test/oracles/serving");

/** Servers and the client of a run; all end with it. */
export class Processes {
  #children = [];
  /** Origin -> the process that listens there. */
  #servers = new Map();
  #client;

  /** Starts a script that prints its URL when it listens. */
  async start(script, ...args) {
    const child = spawn(process.execPath, [here(script), ...args], { stdio: ["ignore", "pipe", "inherit"] });
    this.#children.push(child);
    for await (const url of createInterface({ input: child.stdout })) {
      this.#servers.set(url, child);
      return { url, child };
    }
    throw new Error(`${script} did not start`);
  }

  /**
   * Starts MLServer and KServe's Python server for the models of a folder, from the virtual environments that
   * `test/oracles/serving/run.sh` installs.
   *
   * @param venvs the folder of the virtual environments `mlserver` and `kserve`
   * @param folder an empty folder for settings
   * @returns name -> URL of those that are there
   */
  async startPeers(venvs, models, folder) {
    const environment = { ...process.env, PYTHONPATH: oracles, PYTHONDONTWRITEBYTECODE: "1" };
    const run = (command, ...args) => {
      const child = spawn(command, args, { stdio: "ignore", env: environment });
      this.#children.push(child);
      return child;
    };
    const found = {};
    const executable = (venv, name) => join(venvs, venv, "bin", name);
    if (existsSync(executable("mlserver", "mlserver"))) {
      const ports = [await freePort(), await freePort(), await freePort()].map(String);
      const settings = run(
        executable("mlserver", "python"),
        join(oracles, "mlserver_runtime.py"),
        folder,
        models,
        ...ports,
      );
      await once(settings, "exit");
      found.MLServer = `http://127.0.0.1:${ports[0]}`;
      this.#servers.set(found.MLServer, run(executable("mlserver", "mlserver"), "start", folder));
    }
    if (existsSync(executable("kserve", "python"))) {
      const port = String(await freePort());
      found.KServe = `http://127.0.0.1:${port}`;
      const server = run(executable("kserve", "python"), join(oracles, "kserve_server.py"), models, port);
      this.#servers.set(found.KServe, server);
    }
    await Promise.all(Object.entries(found).map(([name, url]) => ready(name, url)));
    return found;
  }

  /**
   * Sends requests, one after the other on each connection, and resolves to what was measured; `cpu` is the server's,
   * in microseconds a request.
   */
  async load(requests, connections, seconds) {
    this.#client ??= fork(here("client.mjs"));
    const encoded = requests.map(({ body, ...request }) => ({
      ...request,
      body: Buffer.from(body).toString("base64"),
    }));
    const server = this.#servers.get(new URL(requests[0].url).origin);
    const before = cpuMilliseconds(server.pid);
    this.#client.send({ requests: encoded, connections, seconds });
    const [result] = await once(this.#client, "message");
    return { ...result, cpu: ((cpuMilliseconds(server.pid) - before) * 1000) / result.answered };
  }

  async end() {
    const children = [...this.#children, ...(this.#client === undefined ? [] : [this.#client])];
    await Promise.all(
      children.map(async (child) => {
        if (child.exitCode !== null || child.signalCode !== null) return;
        const gone = once(child, "exit");
        child.kill();
        await Promise.race([gone, sleep(5000, undefined, { ref: false }).then(() => child.kill("SIGKILL"))]);
      }),
    );
  }
}

async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  return port;
}

async function ready(name, url) {
  for (let i = 0; i < 240; i++) {
    const response = await fetch(`${url}/v2/health/ready`).catch(() => null);
    await response?.arrayBuffer();
    if (response?.status === 200) return;
    await sleep(500);
  }
  throw new Error(`${name} did not start`);
}

/** CPU time of a process and its threads. Linux only: NaN elsewhere. */
function cpuMilliseconds(pid) {
  if (process.platform !== "linux") return NaN;
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1].split(" ");
  // Clock ticks are 10 ms on every Linux that Node supports.
  return (Number(fields[11]) + Number(fields[12])) * 10;
}
