import * as z from "zod";

/**
 * The objects of the platform that GraphQL reads by their key: the root field, the type of the key, and the members,
 * each with the text that selects it and the form of its value. Client and tests share them.
 */

const id = z.int().nonnegative();
const time = z.string().min(1);
const text = z.string();
const keyed = z.looseObject({ id });
const named = z.looseObject({ id, name: text });
/** JSON that the platform stores as it is. Some releases return it as text. */
const json = z.preprocess((value) => (typeof value === "string" ? parsed(value) : value), z.json());

const tags = z
  .array(z.looseObject({ tag: z.looseObject({ id, tag: text }) }))
  .transform((list) => list.map(({ tag }) => ({ id: tag.id, tag: tag.tag })));
const deployment = z.looseObject({
  id,
  deploy_id: text,
  deployed: z.boolean(),
  engine_config: json.optional(),
});

interface Member {
  /** The fields in a document. */
  readonly select: string;
  readonly schema: z.ZodType;
  /** Only on platforms since 2024. */
  readonly recent?: true;
}

export const objectKinds = {
  pipeline: {
    words: "pipeline",
    root: "pipeline_by_pk",
    members: {
      pipeline_id: { select: "pipeline_id", schema: text },
      created_at: { select: "created_at", schema: time },
      updated_at: { select: "updated_at", schema: time },
      visibility: { select: "visibility", schema: text.nullable() },
      owner_id: { select: "owner_id", schema: text.nullable() },
      pipeline_versions: {
        select: "pipeline_versions(order_by: { id: desc }) { id version created_at pipeline_publishes { id } }",
        schema: z.array(
          z.looseObject({
            id,
            version: text.optional(),
            created_at: time.optional(),
            pipeline_publishes: z.array(keyed).optional(),
          }),
        ),
      },
      pipeline_tags: { select: "pipeline_tags { tag { id tag } }", schema: tags },
      deployment: { select: "deployment { id deploy_id deployed engine_config }", schema: deployment.nullable() },
      workspace: { select: "workspace { id name }", schema: named, recent: true },
    },
  },
  pipelineVersion: {
    words: "pipeline version",
    root: "pipeline_version_by_pk",
    members: {
      version: { select: "version", schema: text },
      created_at: { select: "created_at", schema: time },
      updated_at: { select: "updated_at", schema: time },
      definition: { select: "definition", schema: json },
      pipeline: { select: "pipeline { id pipeline_id }", schema: z.looseObject({ id, pipeline_id: text.optional() }) },
      deployment_pipeline_versions: {
        select: "deployment_pipeline_versions { deployment { id } }",
        schema: z.array(z.looseObject({ deployment: keyed })),
      },
      deployment_model_configs: {
        select: "deployment_model_configs { model_config { id model { id } } }",
        schema: z.array(z.looseObject({ model_config: z.looseObject({ id, model: keyed.optional() }) })),
      },
      pipeline_publishes: { select: "pipeline_publishes { id status }", schema: z.array(keyed) },
    },
  },
  /** A file of the model registry. The platform's table of files is named `model`, that of their names `models`. */
  modelVersion: {
    words: "model version",
    root: "model_by_pk",
    members: {
      model_id: { select: "model_id", schema: text },
      model_version: { select: "model_version", schema: text },
      models_pk_id: { select: "models_pk_id", schema: id.nullable() },
      sha: { select: "sha", schema: text.nullable() },
      status: { select: "status", schema: text.nullable() },
      file_name: { select: "file_name", schema: text.nullable() },
      image_path: { select: "image_path", schema: text.nullable() },
      updated_at: { select: "updated_at", schema: time },
      visibility: { select: "visibility", schema: text.nullable() },
      model_tags: { select: "model_tags { tag { id tag } }", schema: tags },
      arch: { select: 'arch: conversion(path: "arch")', schema: text.nullable() },
      accel: { select: 'accel: conversion(path: "accel")', schema: z.json().nullable(), recent: true },
      error_summary: { select: "error_summary", schema: text.nullable(), recent: true },
      model: {
        select: "model { workspace { id name } }",
        schema: z.looseObject({ workspace: named.nullable() }).nullable(),
        recent: true,
      },
    },
  },
  modelConfig: {
    words: "model config",
    root: "model_config_by_pk",
    members: {
      filter_threshold: { select: "filter_threshold", schema: z.number().nullable() },
      model: { select: "model { id }", schema: keyed },
      runtime: { select: "runtime", schema: text.nullable() },
      tensor_fields: { select: "tensor_fields", schema: z.preprocess(asJson, z.array(text).nullable()) },
      input_schema: { select: "input_schema", schema: text.nullable(), recent: true },
      output_schema: { select: "output_schema", schema: text.nullable(), recent: true },
    },
  },
  deployment: {
    words: "deployment",
    root: "deployment_by_pk",
    members: {
      deploy_id: { select: "deploy_id", schema: text },
      deployed: { select: "deployed", schema: z.boolean() },
      engine_config: { select: "engine_config", schema: json.nullable() },
      deployment_model_configs: {
        select: "deployment_model_configs { model_config { id } }",
        schema: z.array(z.looseObject({ model_config: keyed })),
      },
      deployment_pipeline_versions: {
        select:
          "deployment_pipeline_versions(order_by: { pipeline_version: { id: desc } }) { pipeline_version { id } }",
        schema: z.array(z.looseObject({ pipeline_version: keyed })),
      },
      pipeline: { select: "pipeline { pipeline_id }", schema: z.looseObject({ pipeline_id: text }).nullable() },
    },
  },
  workspace: {
    words: "workspace",
    root: "workspace_by_pk",
    members: {
      name: { select: "name", schema: text },
      archived: { select: "archived", schema: z.boolean() },
      created_at: { select: "created_at", schema: time },
      created_by: { select: "created_by", schema: text.nullable() },
      users: { select: "users { user_id }", schema: z.array(z.looseObject({ user_id: text })) },
      pipelines: { select: "pipelines { id }", schema: z.array(keyed) },
      models: {
        select: "models(order_by: { updated_at: desc }) { id name models { id } }",
        schema: z.array(z.looseObject({ id, name: text.optional(), models: z.array(keyed) })),
      },
    },
  },
} as const satisfies Record<string, { words: string; root: string; members: Readonly<Record<string, Member>> }>;

export type ObjectKind = keyof typeof objectKinds;
export type MemberOf<K extends ObjectKind> = keyof (typeof objectKinds)[K]["members"] & string;
export type MemberValue<K extends ObjectKind, M extends MemberOf<K>> = (typeof objectKinds)[K]["members"][M] extends {
  readonly schema: infer S extends z.ZodType;
}
  ? z.infer<S>
  : never;

export function memberOf(kind: ObjectKind, name: string): Member | undefined {
  const members: Readonly<Record<string, Member>> = objectKinds[kind].members;
  return Object.hasOwn(members, name) ? members[name] : undefined;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function asJson(value: unknown): unknown {
  return typeof value === "string" ? parsed(value) : value;
}

/** Members of several objects, as one document with an alias for each object. */
export interface MembersRequest {
  readonly kind: ObjectKind;
  readonly id: number;
  readonly members: readonly string[];
}

/**
 * One document that reads members of several objects, and its variables. The answer has the objects as `o0`, `o1`, …
 *
 * @example membersDocument([{ kind: "pipeline", id: 4, members: ["pipeline_id"] }]).document
 * // query Members($k0: bigint!) { o0: pipeline_by_pk(id: $k0) { id pipeline_id } }
 */
export function membersDocument(requests: readonly MembersRequest[]): {
  readonly document: string;
  readonly variables: Readonly<Record<string, number>>;
} {
  const parts = requests.map(({ kind, members }, i) => {
    const fields = members.map((name) => memberOf(kind, name)?.select ?? name);
    return `o${i}: ${objectKinds[kind].root}(id: $k${i}) { ${["id", ...fields].join(" ")} }`;
  });
  const keys = requests.map((_, i) => `$k${i}: bigint!`).join(", ");
  return {
    document: `query Members(${keys}) { ${parts.join(" ")} }`,
    variables: Object.fromEntries(requests.map(({ id: key }, i) => [`k${i}`, key])),
  };
}
