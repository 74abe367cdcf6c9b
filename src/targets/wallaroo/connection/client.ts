import type { GraphQLClient } from "graphql-request";
import { TargetError } from "../../../../dsl/errors.js";
import { formatIssue } from "../../../config/format-issue.js";
import { isRecord } from "../../../util/objects.js";
import { type Document, documents } from "../../../wallaroo/api/documents.js";
import { restAnswers, type RestAnswers, platformConfig } from "../../../wallaroo/api/rest-answers.js";
import { configPath, graphqlPath, restPath, type RestCall } from "../../../wallaroo/api/routes.js";
import type { Dialect } from "../../../wallaroo/platform.js";
import type { WallarooSettings } from "../options.js";
import { type CallOptions, PlatformHttp, type PlatformRequest } from "./http.js";
import { type GraphqlAnswer, MemberLoader } from "./member-loader.js";
import { damagedAnswer, unexpectedAnswer } from "./platform-errors.js";
import type { Repeat } from "./retry.js";

/** The workspace in which a client works. */
export interface WorkspaceName {
  readonly id: number;
  readonly name: string;
}

/** How to repeat each REST call. Calls that only read are harmless. */
const repeats: Readonly<Record<RestCall, Repeat>> = {
  createWorkspace: "once",
  listWorkspaces: "harmless",
  uploadModel: "once",
  modelVersion: "harmless",
  insertModelConfig: "once",
  createPipeline: "once",
  deployPipeline: "once",
  undeployPipeline: "harmless",
  pipelineVersion: "harmless",
  listPipelines: "harmless",
  pipelineByName: "harmless",
  deploymentStatus: "harmless",
  topicName: "harmless",
  explainabilityConfigs: "harmless",
};

/** Calls a platform: REST, GraphQL, and members of objects in batches. */
export class PlatformClient {
  readonly http: PlatformHttp;
  readonly members: MemberLoader;
  readonly #settings: Pick<WallarooSettings, "dialect" | "workspace">;
  #graphql: Promise<GraphQLClient> | null = null;
  #isRecent: Promise<boolean> | null = null;
  #workspace: Promise<WorkspaceName> | null = null;

  constructor(settings: WallarooSettings) {
    this.http = new PlatformHttp(settings);
    this.#settings = { dialect: settings.dialect, workspace: settings.workspace };
    this.members = new MemberLoader(
      (document, variables) => this.#document(document, variables, {}),
      `${this.http.url}${graphqlPath}`,
    );
  }

  get url(): string {
    return this.http.url;
  }

  /** The GraphQL client: requests go out with the credentials, retries and deadlines of this client. */
  graphql(): Promise<GraphQLClient> {
    this.#graphql ??= import("graphql-request").then(
      ({ GraphQLClient: Client }) =>
        new Client(`${this.url}${graphqlPath}`, {
          errorPolicy: "all",
          fetch: (_, init) => this.#fetchDocument(init),
        }),
    );
    return this.#graphql;
  }

  /**
   * Reads or writes with a GraphQL document.
   *
   * @throws TargetError SL6053 with the platform's words for errors, SL6055 for an answer of another form
   */
  async query<A>(
    { text, answer }: Document<A>,
    variables: Readonly<Record<string, unknown>> = {},
    options: CallOptions = {},
  ): Promise<A> {
    const where = `${this.url}${graphqlPath}`;
    // An answer of another form may be that of another request: one that reads is sent once more.
    for (let left = isMutation(text) ? 0 : 1; ; left--) {
      const { data, errors } = await this.#document(text, variables, options);
      const [first] = errors;
      if (first !== undefined)
        throw new TargetError("SL6053", `${where}: the platform refuses the request; it says: ${first.message}`, {});
      const parsed = answer.safeParse(data);
      if (parsed.success) return parsed.data;
      const [issue] = parsed.error.issues;
      if (left === 0) throw unexpectedAnswer(where, issue === undefined ? "no data" : formatIssue(issue, data));
    }
  }

  /**
   * Makes a REST call.
   *
   * @throws TargetError by status, with the platform's words; SL6055 for an answer of another form
   */
  async rest<C extends RestCall>(call: C, body: object, options: CallOptions = {}): Promise<RestAnswers[C]> {
    return this.restText(call, JSON.stringify(body), options);
  }

  /** As `rest`, with the body as text: a definition's text has a meaning of its own. */
  async restText<C extends RestCall>(call: C, body: string, options: CallOptions = {}): Promise<RestAnswers[C]> {
    const request: PlatformRequest = {
      path: restPath(call),
      body,
      headers: { "content-type": "application/json" },
      repeat: repeats[call],
      ...options,
    };
    return this.http.read(request, (answer) => this.checkRest(call, this.http.parse(request.path, answer)));
  }

  /** @throws TargetError SL6055 for an answer of another form */
  checkRest<C extends RestCall>(call: C, content: unknown): RestAnswers[C] {
    const parsed = restAnswers[call].safeParse(content);
    if (parsed.success) return parsed.data as RestAnswers[C];
    const [issue] = parsed.error.issues;
    const what = issue === undefined ? "it has another form" : formatIssue(issue, content);
    throw damagedAnswer(`${this.url}${restPath(call)}`, what);
  }

  /** The language in which the platform stores validations: the option, or what the platform's release has. */
  async dialect(): Promise<Dialect> {
    return this.#settings.dialect ?? ((await this.isRecent()) ? "polars" : "checks");
  }

  /**
   * Whether the platform's release has the members and keys of the releases since 2024. Only they have the route that
   * says so: the polars dialect is older, and a platform of 2023.4.2 has it without them.
   */
  isRecent(): Promise<boolean> {
    if (this.#settings.dialect === "checks") return Promise.resolve(false);
    return (this.#isRecent ??= kept(this.#askRelease(), () => (this.#isRecent = null)));
  }

  async #askRelease(): Promise<boolean> {
    const content = await this.http
      .json({ path: configPath, repeat: "harmless", anonymous: true })
      .catch((error: unknown) => {
        if (error instanceof TargetError && error.details["status"] === 404) return null;
        throw error;
      });
    if (content === null) return false;
    if (platformConfig.safeParse(content).success) return true;
    throw unexpectedAnswer(`${this.url}${configPath}`, "it is no configuration");
  }

  /**
   * Refuses to write validations and alerts for a platform whose dialect can only be guessed: a wrong guess would store
   * texts that the platform cannot evaluate.
   *
   * @throws TargetError SL6053
   */
  async requireDialect(pipeline: string): Promise<void> {
    if (this.#settings.dialect !== null || (await this.isRecent())) return;
    throw new TargetError(
      "SL6053",
      `pipeline '${pipeline}' has validations or alerts, and ${this.url} does not say how its release stores them: give wallaroo({ dialect }) or --dialect, "checks" for releases up to 2023.4.1, "polars" for releases from 2023.4.2`,
      { pipeline },
    );
  }

  /** The workspace of the options, or the user's own. */
  workspace(): Promise<WorkspaceName> {
    return (this.#workspace ??= kept(this.#findWorkspace(), () => (this.#workspace = null)));
  }

  async #findWorkspace(): Promise<WorkspaceName> {
    const { workspace } = this.#settings;
    if (workspace === null) return this.#ownWorkspace();
    const { workspaces } = await this.rest("listWorkspaces", {});
    const found = workspaces.find(({ id, name }) => (typeof workspace === "number" ? id : name) === workspace);
    if (found !== undefined) return { id: found.id, name: found.name };
    const names = workspaces.map(({ name }) => `'${name}'`).join(", ");
    throw new TargetError(
      "SL6007",
      `${this.url}: there is no workspace ${typeof workspace === "number" ? workspace : `'${workspace}'`}, or the user may not see it; there ${names === "" ? "is none" : `are ${names}`}`,
      { workspace },
    );
  }

  async #ownWorkspace(): Promise<WorkspaceName> {
    const user = await this.http.credentials.userId();
    if (user === null)
      throw new TargetError(
        "SL6007",
        `${this.url}: the token does not name its user, so that the workspace is not known; give wallaroo({ workspace })`,
        {},
      );
    const { user_default_workspace: found } = await this.query(documents.defaultWorkspace, { user_id: user });
    const workspace = found[0]?.workspace ?? null;
    if (workspace !== null) return { id: workspace.id, name: workspace.name };
    const name = `${user} - Default Workspace`;
    const { insert_workspace_one: made } = await this.query(documents.createDefaultWorkspace, {
      user_id: user,
      workspace_name: name,
      user_type: "OWNER",
    });
    return { id: made.id, name };
  }

  async #document(
    document: string,
    variables: Readonly<Record<string, unknown>>,
    options: CallOptions,
  ): Promise<GraphqlAnswer> {
    const client = await this.graphql();
    const { signal, timeoutMs } = options;
    const where = `${this.url}${graphqlPath}`;
    try {
      const { data, errors = [] } = await client.rawRequest<unknown>({
        query: document,
        variables,
        ...(signal !== undefined && { signal }),
        ...(timeoutMs !== undefined && { requestHeaders: { [timeoutHeader]: String(timeoutMs) } }),
      });
      if (!isRecord(data) && errors.length === 0) throw unexpectedAnswer(where, "it has no data");
      return { data, errors };
    } catch (error) {
      if (error instanceof TargetError) throw error;
      // The error of graphql-request holds the request with its variables: only its words are kept.
      throw unexpectedAnswer(where, "it is no answer of GraphQL");
    }
  }

  async #fetchDocument(init: RequestInit | undefined): Promise<Response> {
    const headers = Object.fromEntries(new Headers(init?.headers));
    const { [timeoutHeader]: timeout, authorization: _, ...rest } = headers;
    const body = typeof init?.body === "string" ? init.body : "{}";
    const request = {
      path: graphqlPath,
      body,
      headers: rest,
      repeat: /"query":\s*"\s*mutation\b/.test(body) ? "once" : "harmless",
      ...(timeout !== undefined && { timeoutMs: Number(timeout) }),
      ...(init?.signal !== null && init?.signal !== undefined && { signal: init.signal }),
    } as const;
    return this.http.read(request, (answer) => {
      const content = this.http.parse(graphqlPath, answer);
      if (!isRecord(content) || !("data" in content || "errors" in content))
        throw damagedAnswer(`${this.url}${graphqlPath}`, "it has no data");
      return new Response(answer.bytes, { status: answer.status, headers: { "content-type": "application/json" } });
    });
  }
}

/** Carries a call's time from `#document` through graphql-request, and is never sent. */
const timeoutHeader = "shapeline-timeout-ms";

const isMutation = (document: string): boolean => /^\s*mutation\b/.test(document);

/** A result that is kept. A failure is forgotten, so that the next caller tries again. */
function kept<T>(work: Promise<T>, forget: () => void): Promise<T> {
  work.catch(forget);
  return work;
}
