import { createHash, randomUUID } from "node:crypto";
import { basename } from "node:path";
import { ModelError } from "../../../../dsl/errors.js";
import type { ModelFile, WantedModel } from "../../../engine/session/model-files.js";
import { restPath } from "../../../wallaroo/api/routes.js";
import type { PlatformClient } from "../connection/client.js";

/** Milliseconds for an upload: models may be large and lines slow. */
const uploadMs = 3_600_000;
const chunkBytes = 2 ** 20;

/**
 * Uploads a model's file to a workspace, in chunks.
 *
 * @returns the key of the new model version
 * @throws ModelError SL3022 for a model whose weights are in files of their own; what calls of the platform throw
 */
export async function uploadModel(
  client: PlatformClient,
  workspace: number,
  { name, sha256 }: WantedModel,
  { path, bytes }: ModelFile,
): Promise<number> {
  if (createHash("sha256").update(bytes).digest("hex") !== sha256)
    throw new ModelError(
      "SL3022",
      `model '${name}': '${path}' has weights in other files, and the platform takes one file; save the model as one file, and run 'shapeline generate' again`,
      { model: name, path },
    );
  const boundary = `shapeline-${randomUUID()}`;
  const metadata = {
    name,
    visibility: "private",
    workspace_id: workspace,
    conversion: {
      arch: "x86",
      ...((await client.isRecent()) && { accel: "none" }),
      framework: "onnx",
      python_version: "3.8",
      requirements: [],
    },
  };
  const fileName = basename(path).replace(/["\r\n]/g, "_");
  const head = [
    `--${boundary}`,
    'Content-Disposition: form-data; name="metadata"',
    "Content-Type: application/json",
    "",
    JSON.stringify(metadata),
    `--${boundary}`,
    `Content-Disposition: form-data; name="file"; filename="${fileName}"`,
    "Content-Type: application/octet-stream",
    "",
    "",
  ].join("\r\n");
  const content = await client.http.json({
    path: restPath("uploadModel"),
    body: () => streamOf([Buffer.from(head), bytes, Buffer.from(`\r\n--${boundary}--\r\n`)]),
    headers: { "content-type": `multipart/form-data; boundary=${boundary}` },
    repeat: "once",
    timeoutMs: uploadMs,
  });
  return client.checkRest("uploadModel", content);
}

function streamOf(parts: readonly Uint8Array[]): ReadableStream<Uint8Array> {
  const chunks = parts.flatMap((part) =>
    Array.from({ length: Math.ceil(part.length / chunkBytes) }, (_, i) =>
      part.subarray(i * chunkBytes, (i + 1) * chunkBytes),
    ),
  );
  return new ReadableStream({
    pull(controller) {
      const chunk = chunks.shift();
      if (chunk === undefined) controller.close();
      else controller.enqueue(chunk);
    },
  });
}
