import type { FastifyInstance, FastifyPluginCallback, FastifyRequest } from "fastify";
import type { Readable } from "node:stream";
import * as z from "zod";
import { TargetError } from "../../../../dsl/errors.js";
import { bounds, exceeded } from "../../../util/bounds.js";
import { isRecord } from "../../../util/objects.js";
import { optionalPackage } from "../../../util/process/require-package.js";
import { isPlatformName, nameRule } from "../../../wallaroo/platform.js";
import { type BodyWatch, watchBody } from "../../operations/http-limits.js";
import type { Callers } from "../callers.js";
import type { ControlPlane, Plane } from "../control-plane.js";
import { PlatformError, platformProblem } from "../errors.js";
import type { StoredModel } from "../state/model-store.js";

interface Part {
  readonly type: "file" | "field";
  readonly fieldname: string;
  readonly value?: unknown;
  readonly filename?: string;
  readonly file?: Readable & { readonly truncated: boolean };
}

const metadataForm = z.object({
  name: z.string().refine(isPlatformName, nameRule),
  visibility: z.string().max(40).default("private"),
  workspace_id: z.coerce.number().int().nonnegative(),
  conversion: z.looseObject({ framework: z.string().default("onnx") }).default({ framework: "onnx" }),
  input_schema: z.string().nullish(),
  output_schema: z.string().nullish(),
});
type Metadata = z.output<typeof metadataForm>;

/** `POST /v1/api/models/upload`: the parts `metadata` and `file`. The file is streamed to the store. */
export async function registerUpload(scope: FastifyInstance, plane: ControlPlane, callers: Callers): Promise<void> {
  const multipart = optionalPackage("@fastify/multipart") as FastifyPluginCallback<
    Readonly<Record<string, unknown>>
  > | null;
  if (multipart === null)
    throw new TargetError(
      "SL6000",
      "the platform's interface needs the package '@fastify/multipart'; install it with `npm install mercurius @fastify/multipart`",
    );
  await scope.register(multipart, {
    limits: {
      fileSize: bounds.modelBytes.limit,
      files: 1,
      fields: 4,
      fieldSize: bounds.uploadMetadata.limit,
      parts: 5,
    },
    throwFileSizeLimit: false,
  });
  scope.post(
    "/v1/api/models/upload",
    { config: { role: "admin" }, bodyLimit: bounds.modelBytes.limit },
    async (request, reply) => {
      callers.note(request);
      const idle = new PlatformError(408, exceeded(bounds.uploadIdle));
      const watch = watchBody(request.raw.socket, bounds.uploadIdle.limit, () => request.raw.destroy(idle));
      const seen = plane.seenBy(callers.memberOf(request));
      let received: Received;
      try {
        received = await receive(request, seen, watch);
      } finally {
        watch.end();
      }
      const { metadata, stored, fileName } = received;
      if (metadata === null) throw new PlatformError(400, "the upload has no part 'metadata'");
      if (stored === null) throw new PlatformError(400, "the upload has no part 'file'");
      const model = await seen.models.add(stored, {
        name: metadata.name,
        workspace: metadata.workspace_id,
        visibility: metadata.visibility,
        conversion: metadata.conversion,
        fileName,
        user: callers.userOf(request),
        settings: { input_schema: metadata.input_schema ?? null, output_schema: metadata.output_schema ?? null },
      });
      return reply.send({ insert_models: { returning: [{ models: [{ id: model.id }] }] } });
    },
  );
}

interface Received {
  readonly metadata: Metadata | null;
  readonly stored: StoredModel | null;
  readonly fileName: string;
}

async function receive(request: FastifyRequest, plane: Plane, watch: BodyWatch): Promise<Received> {
  const parts = wholeParts((request as unknown as { parts: () => AsyncIterable<Part> }).parts());
  let metadata: Metadata | null = null;
  let stored: StoredModel | null = null;
  let fileName = "";
  for await (const part of parts) {
    if (part.type === "file" && part.fieldname === "file" && part.file !== undefined) {
      // What is known to be wrong is refused before the file is written.
      if (metadata !== null) plane.workspaces.open(metadata.workspace_id);
      const { file } = part;
      fileName = (part.filename ?? "").slice(0, 255);
      // Checking a large model takes time in which no byte need arrive.
      file.once("end", () => watch.pause());
      stored = await plane.files.add(file, () => file.truncated);
      watch.resume();
    } else if (part.fieldname === "metadata") metadata = readMetadata(await textOf(part));
    else part.file?.resume();
  }
  return { metadata, stored, fileName };
}

/** Damaged and cut uploads are errors of the one who sends them; their parser's errors have no status. */
async function* wholeParts(parts: AsyncIterable<Part>): AsyncGenerator<Part, void, undefined> {
  try {
    for await (const part of parts) {
      // The parser's error ends the file's stream, too: it is answered here.
      part.file?.on("error", () => undefined);
      yield part;
    }
  } catch (error) {
    if (platformProblem(error) !== null) throw error;
    throw new PlatformError(400, "the upload is not complete, or no multipart form; send it again");
  }
}

async function textOf({ file, value }: Part): Promise<unknown> {
  if (file === undefined) return value;
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of file as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > bounds.uploadMetadata.limit) throw new PlatformError(413, "the part 'metadata' is too large");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

function readMetadata(value: unknown): Metadata {
  let data = value;
  try {
    if (typeof value === "string") data = JSON.parse(value) as unknown;
  } catch {
    data = null;
  }
  if (!isRecord(data)) throw new PlatformError(400, "the part 'metadata' is no JSON object");
  const parsed = metadataForm.safeParse(data);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new PlatformError(400, `metadata.${issue?.path.join(".") ?? ""}: ${issue?.message ?? ""}`);
  }
  const { framework } = parsed.data.conversion;
  if (framework !== "onnx")
    throw new PlatformError(
      501,
      `models of the framework '${framework}' are not served by Shapeline; upload an ONNX model`,
    );
  return parsed.data;
}
