import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { createServer, type ServerOptions } from "shapeline/server";

/** A tensor of a request or an answer as JSON. */
export interface Tensor {
  readonly name: string;
  readonly datatype: string;
  readonly shape: readonly number[];
  readonly data: readonly unknown[];
}

/** An answer of the server: its status and what it says. */
export interface Answer {
  readonly status: number;
  readonly body: { readonly error?: string; readonly id?: string; readonly outputs: readonly Tensor[] };
}

/** Starts a server on a folder of model files, and returns how to call it. */
export async function serve(options: ServerOptions) {
  const data = mkdtempSync(join(tmpdir(), "shapeline-oip-"));
  const server = await createServer({ data, ...options });
  onTestFinished(() => server.close());
  const url = await server.listen({ port: 0 });
  const get = async (path: string): Promise<{ status: number; body: unknown }> => {
    const response = await fetch(url + path);
    return { status: response.status, body: await response.json() };
  };
  const post = (
    path: string,
    body: string | Buffer<ArrayBuffer>,
    headers: Record<string, string> = {},
  ): Promise<Response> => fetch(url + path, { method: "POST", body, headers });
  const infer = async (model: string, request: unknown): Promise<Answer> => {
    const text = typeof request === "string" ? request : JSON.stringify(request);
    const response = await post(`/v2/models/${model}/infer`, text);
    return { status: response.status, body: (await response.json()) as Answer["body"] };
  };
  return { url, get, post, infer };
}
