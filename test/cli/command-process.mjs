// Runs command lines of the built CLI, one at a time, in one process: loading the CLI takes longer than most commands.
import { Readable } from "node:stream";
import { run } from "../../dist/cli-run.js";

/** Collects what `work` writes to standard output and standard error. */
async function capture(work) {
  const chunks = { stdout: [], stderr: [] };
  const originals = { stdout: process.stdout.write, stderr: process.stderr.write };
  for (const stream of ["stdout", "stderr"]) {
    process[stream].write = (chunk) => {
      chunks[stream].push(Buffer.from(chunk));
      return true;
    };
  }
  try {
    const code = await work();
    return { code, out: Buffer.concat(chunks.stdout).toString(), err: Buffer.concat(chunks.stderr).toString() };
  } finally {
    for (const stream of ["stdout", "stderr"]) process[stream].write = originals[stream];
  }
}

let queue = Promise.resolve();
/** Sets variables of the environment while `work` runs. */
async function withEnvironment(variables, work) {
  const before = { ...process.env };
  Object.assign(process.env, variables);
  try {
    return await work();
  } finally {
    for (const name of Object.keys(variables)) {
      if (before[name] === undefined) delete process.env[name];
      else process.env[name] = before[name];
    }
  }
}

process.on("message", ({ id, cwd, args, input, environment }) => {
  queue = queue.then(async () => {
    process.chdir(cwd);
    const stdin = Readable.from(input === undefined ? [] : [Buffer.from(input)]);
    Object.defineProperty(process, "stdin", { value: stdin, configurable: true });
    process.send({ id, ...(await capture(() => withEnvironment(environment, () => run(args)))) });
  });
});
