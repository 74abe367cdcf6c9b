import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { models } from "../deployed-fraud.js";

/** The headers of the SDK's calls with `test_auth`. */
export const headers: Readonly<Record<string, string>> = {
  authorization: "Bearer definitely_an_access_token",
  "user-agent": "WallarooSDK/2026.1.3",
};

/** Of another client than the SDK: a refused deploy has its status and reason in the answer. */
export const plain: Readonly<Record<string, string>> = { "user-agent": "plain" };

export interface Answer {
  readonly status: number;
  readonly body: never;
}

export async function call(url: string, path: string, body: unknown, more: object = {}): Promise<Answer> {
  const answer = await fetch(`${url}/v1/api/${path}`, {
    method: "POST",
    headers: { ...headers, ...more },
    body: JSON.stringify(body),
  });
  return { status: answer.status, body: (await answer.json()) as never };
}

export async function graphql(
  url: string,
  query: string,
  variables: object = {},
  more: object = {},
): Promise<{ data: never; errors?: { message: string }[] }> {
  const answer = await fetch(`${url}/v1/graphql`, {
    method: "POST",
    headers: { ...headers, ...more },
    body: JSON.stringify({ query, variables }),
  });
  return (await answer.json()) as never;
}

/** The upload of the SDK: metadata without a file name, then the file. */
export function upload(name: string, workspace: number, bytes: Uint8Array): { type: string; body: Buffer } {
  const mark = randomBytes(8).toString("hex");
  const metadata = {
    name,
    visibility: "private",
    workspace_id: workspace,
    conversion: { framework: "onnx", arch: "x86" },
  };
  const head = `--${mark}\r\nContent-Disposition: form-data; name="metadata"\r\nContent-Type: application/json\r\n\r\n${JSON.stringify(metadata)}\r\n--${mark}\r\nContent-Disposition: form-data; name="file"; filename="${name}.onnx"\r\nContent-Type: application/octet-stream\r\n\r\n`;
  return {
    type: `multipart/form-data; boundary=${mark}`,
    body: Buffer.concat([Buffer.from(head), bytes, Buffer.from(`\r\n--${mark}--\r\n`)]),
  };
}

export async function send(
  url: string,
  { type, body }: { type: string; body: Buffer },
  more: object = {},
): Promise<Answer> {
  const answer = await fetch(`${url}/v1/api/models/upload`, {
    method: "POST",
    headers: { ...headers, ...more, "content-type": type },
    body: new Uint8Array(body),
  });
  return { status: answer.status, body: (await answer.json()) as never };
}

/** The key of the version that an upload made. */
export function uploadedId({ body }: Answer): number {
  return (body as { insert_models: { returning: { models: { id: number }[] }[] } }).insert_models.returning[0]
    ?.models[0]?.id as number;
}

export interface Version {
  readonly id: number;
  readonly model_version: string;
  readonly sha: string;
}

/** Uploads a model of the fraud example, and reads back what a step names of it. */
export async function uploaded(
  url: string,
  workspace: number,
  name: string,
  file: string,
  more: object = {},
): Promise<Version> {
  const id = uploadedId(await send(url, upload(name, workspace, readFileSync(join(models, file))), more));
  const { data } = await graphql(url, `query ModelById { model_by_pk(id: ${id}) { id model_version sha } }`, {}, more);
  return (data as { model_by_pk: Version }).model_by_pk;
}

/** A step with one model. */
export function modelStep(name: string, { model_version: version, sha }: Version): unknown {
  return { ModelInference: { models: [{ name, version, sha }] } };
}

export async function workspaceIn(url: string): Promise<number> {
  const { body } = await call(url, "workspaces/create", { workspace_name: `w-${randomBytes(3).toString("hex")}` });
  return (body as { workspace_id: number }).workspace_id;
}

/** Adds a version to a pipeline; creates the pipeline with its first one. */
export async function createVersion(
  url: string,
  name: string,
  workspace: number,
  steps: readonly unknown[],
  more: object = {},
) {
  const definition = { id: name, steps };
  const created = await call(url, "pipelines/create", { pipeline_id: name, workspace_id: workspace, definition }, more);
  const body = created.body as { pipeline_pk_id: number; pipeline_variant_pk_id: number };
  return { pipeline: body.pipeline_pk_id, version: body.pipeline_variant_pk_id };
}

export async function deployVersion(url: string, name: string, version: number, more: object = {}) {
  const body = { deploy_id: name, pipeline_version_pk_id: version, engine_config: { engine: {} } };
  const answer = await call(url, "pipelines/deploy", body, { ...plain, ...more });
  return { status: answer.status, answer: answer.body as { id: number; msg: string } };
}

/** Creates a version and deploys it. */
export async function deploy(
  url: string,
  name: string,
  workspace: number,
  steps: readonly unknown[],
  more: object = {},
) {
  const { pipeline, version } = await createVersion(url, name, workspace, steps, more);
  return { pipeline, version, ...(await deployVersion(url, name, version, more)) };
}

/** The deployment of a pipeline, and the version that it runs. */
export async function deploymentOf(url: string, pipeline: number) {
  const { data } = await graphql(
    url,
    "query GetDeploymentForPipeline($id: bigint!) { pipeline_by_pk(id: $id) { deployment { id deployed deployment_pipeline_versions { pipeline_version { id } } } } }",
    { id: pipeline },
  );
  const { deployment } = (data as { pipeline_by_pk: { deployment: Deployment | null } }).pipeline_by_pk;
  return deployment === null
    ? null
    : {
        id: deployment.id,
        deployed: deployment.deployed,
        version: deployment.deployment_pipeline_versions[0]?.pipeline_version.id ?? null,
      };
}

interface Deployment {
  readonly id: number;
  readonly deployed: boolean;
  readonly deployment_pipeline_versions: readonly { readonly pipeline_version: { readonly id: number } }[];
}

/** The records of an inference. */
export async function infer(url: string, name: string, deployment: number, records: readonly unknown[]) {
  const answer = await fetch(
    `${url}/v1/api/pipelines/infer/${name}-${deployment}/${name}?dataset[]=*&dataset.exclude[]=metadata&dataset.separator=.`,
    {
      method: "POST",
      headers: { ...headers, "content-type": "application/json; format=pandas-records" },
      body: JSON.stringify(records),
    },
  );
  if (!answer.ok) throw new Error(await answer.text());
  return (await answer.json()) as Record<string, unknown>[];
}

const zeros = new Array<number>(16).fill(0);
/** A record for each of two models of the fraud example. */
export const recordFor = { champ: { embedding: zeros }, c1: { float_input: zeros } } as const;

/** What a record's answer has of the model. */
export function outputsOf(record: Readonly<Record<string, unknown>> | undefined): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(record ?? {}).filter(([column]) => column.startsWith("out.")));
}
