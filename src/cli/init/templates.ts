import type { Layout } from "./layout.js";

/** A validation, an output that passes it, and one that fails it, in TypeScript. */
export interface TestCase {
  readonly validation: string;
  readonly passes: string;
  readonly fails: string;
}

interface PipelineParts {
  readonly comment: string;
  readonly imports: readonly string[];
  readonly importEnding: string;
  readonly variable: string;
  readonly name: string;
  readonly steps: readonly string[];
}

export function pipelineText({ comment, imports, importEnding, variable, name, steps }: PipelineParts): string {
  return `import { pipeline } from "shapeline";
import { ${imports.join(", ")} } from "./models.gen${importEnding}";

// ${comment}
export const ${variable} = pipeline("${name}")
${steps.map((step) => `  ${step}`).join("\n")};
`;
}

export function settingsText(models: readonly string[], folder: string, { source, extension }: Layout): string {
  return `import { defineConfig } from "shapeline/codegen";

export default defineConfig({
  models: ${JSON.stringify(models)},
  out: "${source}/models.gen.${extension}",
  targets: { local: { models: ${JSON.stringify(folder)} } },
});
`;
}

export function tsconfigText({ joined, module }: Layout): string {
  const compilerOptions = {
    target: "es2022",
    ...(module === "nodenext" ? { module } : { module: "esnext", moduleResolution: "bundler" }),
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    resolveJsonModule: true,
    types: ["node"],
  };
  return `${JSON.stringify({ compilerOptions, include: joined ? ["."] : ["src", "shapeline.config.ts"] }, null, 2)}\n`;
}

export function packageJsonText(name: string, { source }: Layout, pipeline: string): string {
  const scripts = {
    generate: "shapeline generate",
    compile: "shapeline compile",
    check: "shapeline generate --check && shapeline compile --check && tsc",
    test: `tsx --test ${source}/${pipeline}.test.ts`,
    start: `tsx ${source}/serve.ts`,
  };
  return `${JSON.stringify({ name, version: "0.0.0", private: true, type: "module", scripts }, null, 2)}\n`;
}

export function testText(
  { tests, importEnding }: Layout,
  pipeline: string,
  variable: string,
  { validation, passes, fails }: TestCase,
): string {
  const [header, isFalse, isTrue] =
    tests === "vitest"
      ? [`import { expect, test } from "vitest";`, "expect(passes).toBe(false);", "expect(fails).toBe(true);"]
      : [
          `import assert from "node:assert/strict";\nimport { test } from "node:test";`,
          "assert.equal(passes, false);",
          "assert.equal(fails, true);",
        ];
  return `${header}
import { evaluate } from "shapeline/testing";
import { ${variable} } from "./${pipeline}.pipeline${importEnding}";

// Runs the validations without the models: true means that the row fails.
test("${validation}", async () => {
  const passes = (await evaluate(${variable}, { out: ${passes} })).anomaly.${validation};
  ${isFalse}
  const fails = (await evaluate(${variable}, { out: ${fails} })).anomaly.${validation};
  ${isTrue}
});
`;
}

export function serviceText({ importEnding }: Layout, pipeline: string, variable: string, models: string): string {
  return `import { createServer, type IncomingMessage } from "node:http";
import { httpStatus, type InferInput } from "shapeline";
import { local } from "shapeline/local";
import { ${variable} } from "./${pipeline}.pipeline${importEnding}";
import config from "./${pipeline}.pipeline.json" with { type: "json" };

const largestBody = 10_000_000;

async function main(): Promise<void> {
  // One deployment for the whole process: it loads the models once and holds the data folder.
  const live = await ${variable}.deploy(local({ models: ${JSON.stringify(models)} }), { config });
  let ready = true;

  const server = createServer((request, response) => {
    const answer = (status: number, body: unknown): void => {
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body, bigintsAsText));
    };
    if (request.url === "/ready") return answer(ready ? 200 : 503, { ready });
    if (request.method !== "POST" || request.url !== "/infer") return answer(404, { error: "POST rows to /infer" });
    readJson(request)
      .then((rows) => live.infer(rows as readonly InferInput<typeof ${variable}>[]))
      .then((answers) => answer(200, answers))
      .catch((error: unknown) => {
        const status = error instanceof SyntaxError ? 400 : error instanceof RangeError ? 413 : httpStatus(error);
        if (status === 500) console.error(error);
        answer(status, { error: status === 500 ? "internal error" : String(error) });
      });
  });
  const port = Number(process.env["PORT"] ?? 3000);
  server.listen(port, process.env["HOST"] ?? "127.0.0.1", () => console.log(\`http://localhost:\${port}/infer\`));

  // Answers the running requests, stores their rows, and ends.
  const stop = (): void => {
    ready = false;
    server.close(() => void live.close());
    server.closeIdleConnections();
  };
  process.once("SIGTERM", stop).once("SIGINT", stop);
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    length += part.length;
    if (length > largestBody) throw new RangeError("the body is too large");
    parts.push(part);
  }
  return JSON.parse(Buffer.concat(parts).toString("utf8"));
}

/** JSON has no form for the bigints of int64 outputs. */
function bigintsAsText(_key: string, value: unknown): unknown {
  return typeof value === "bigint" ? String(value) : value;
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
`;
}
