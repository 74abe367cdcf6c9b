/** One limit on what may come from outside, with the words that an error and the docs use. */
export interface Bound {
  readonly limit: number;
  /** What the limit counts, such as "bytes" or "nodes". */
  readonly unit: string;
  /** What is limited, as the subject of a sentence: "an expression of a config". */
  readonly what: string;
  /** What the user can do instead: the option that raises the limit, or how to make the input smaller. */
  readonly wayOut: string;
}

/** The largest answer of `server()`. Of its own, because a page that only infers ships no other bound. */
export const apiAnswer = {
  limit: 2 ** 30,
  unit: "bytes",
  what: "an answer of the server that server() calls",
  wayOut: "send fewer rows at a time, or read logs with logBatches, a part at a time",
} as const satisfies Bound;

/**
 * The bounds on everything that may come from somebody else: configs, model files, requests, files of rows, sockets.
 * `npm run docs` writes docs/limits.md from this list.
 */
export const bounds = {
  configLength: {
    limit: 64_000_000,
    unit: "characters",
    what: "the JSON text of a config",
    wayOut: "divide the pipeline; give large constants to the model that needs them",
  },
  configValues: {
    limit: 4_000_000,
    unit: "values",
    what: "a config",
    wayOut: "divide the pipeline; give large constants to the model that needs them",
  },
  configSteps: {
    limit: 1000,
    unit: "steps",
    what: "a config",
    wayOut: "divide the pipeline",
  },
  configModels: {
    limit: 1000,
    unit: "models",
    what: "a config",
    wayOut: "divide the pipeline",
  },
  configPorts: {
    limit: 10_000,
    unit: "inputs and outputs",
    what: "all models of a config together",
    wayOut: "divide the pipeline, or join ports of one kind into one tensor",
  },
  configNodes: {
    limit: 200_000,
    unit: "nodes",
    what: "all expressions of a config together",
    wayOut: "move long expressions into a model, or divide the pipeline",
  },
  configTexts: {
    limit: 1_500_000,
    unit: "written nodes",
    what: "the texts of a config's expressions in all languages together",
    wayOut: "test shorter lists, move long expressions into a model, or divide the pipeline",
  },
  definitionSteps: {
    limit: 1000,
    unit: "steps",
    what: "a definition of the platform",
    wayOut: "divide the pipeline",
  },
  definitionCheckLength: {
    limit: 1024 * 1024,
    unit: "characters",
    what: "the text of a check in a definition",
    wayOut: "divide the validation, or test shorter lists",
  },
  tensorRank: {
    limit: 32,
    unit: "dimensions",
    what: "a shape",
    wayOut: "join dimensions in the model",
  },
  tensorElements: {
    limit: 2 ** 28,
    unit: "elements",
    what: "a tensor of one run with the sizes that a config fixes",
    wayOut: "export the model with a smaller or an open size",
  },
  expressionDepth: {
    limit: 256,
    unit: "levels",
    what: "an expression",
    wayOut: "split it into several validations",
  },
  expressionNodes: {
    limit: 20_000,
    unit: "nodes",
    what: "an expression",
    wayOut: "split it into several validations",
  },
  expressionBits: {
    limit: 4096,
    unit: "bits",
    what: "a bigint in an expression",
    wayOut: "multiply fewer bigints, or compare them one by one",
  },
  expressionText: {
    limit: 4096,
    unit: "characters",
    what: "a text in an expression",
    wayOut: "compare with a shorter text",
  },
  evaluationSteps: {
    limit: 1_000_000_000,
    unit: "steps",
    what: "the evaluation of a request's validations",
    wayOut: "send fewer or smaller rows at a time, or test lists inside one another in a model",
  },
  alertElements: {
    limit: 10_000,
    unit: "elements of a row that are combined with one another",
    what: "the condition of an alert",
    wayOut: "test the lists one by one, with known sizes, or let a model combine them",
  },
  modelBytes: {
    limit: 2 ** 31 - 1,
    unit: "bytes",
    what: "a model with the weights of its data files",
    wayOut: "export it with smaller elements, such as float16, or in two parts",
  },
  modelDepth: {
    limit: 96,
    unit: "messages around one another",
    what: "a model file",
    wayOut: "export it with fewer graphs inside nodes of graphs",
  },
  requestElements: {
    limit: 2 ** 28,
    unit: "elements",
    what: "a request to a pipeline",
    wayOut: "send fewer rows at a time, or raise the limit with local({ limits: { requestElements } })",
  },
  requestBytes: {
    limit: 2 ** 31,
    unit: "bytes",
    what: "a request to a pipeline",
    wayOut: 'send fewer rows at a time, or raise the limit with local({ limits: { requestBytes: "4GB" } })',
  },
  fileBytes: {
    limit: 2 ** 30,
    unit: "bytes",
    what: "a file of rows, what it unpacks to, and what its values take",
    wayOut: "send the rows in several files, or raise the limit with maxBytes (--max-size)",
  },
  fileColumns: {
    limit: 100_000,
    unit: "columns",
    what: "a file of rows",
    wayOut: "give one column of lists in place of one column for each element",
  },
  fileDepth: {
    limit: 64,
    unit: "levels",
    what: "a type in a file of rows",
    wayOut: "write the inputs as lists, nested as their shapes say",
  },
  fileText: {
    limit: 2 ** 29 - 24,
    unit: "bytes",
    what: "the text of a CSV or JSON file (and a sixteenth of the heap)",
    wayOut: "write Arrow or Parquet, or send the rows in several files",
  },
  zstdWindow: {
    limit: 2 ** 27,
    unit: "bytes",
    what: "the window of zstd data",
    wayOut: "pack the file without --long or --ultra",
  },
  serverAnswer: {
    limit: 2 ** 29,
    unit: "bytes",
    what: "the answer of an Open Inference server",
    wayOut: "send fewer rows at a time, or raise the limit with openInference({ maxAnswerBytes })",
  },
  serverMetadata: {
    limit: 2 ** 22,
    unit: "bytes",
    what: "the metadata of a model of an Open Inference server",
    wayOut: "check that the url is that of an Open Inference server",
  },
  answerDepth: {
    limit: 64,
    unit: "levels",
    what: "the JSON of an Open Inference server's answer",
    wayOut: "check that the url is that of an Open Inference server",
  },
  httpBody: {
    limit: 64 * 2 ** 20,
    unit: "bytes",
    what: "the body of an HTTP request",
    wayOut: 'send fewer rows at a time, or raise the limit with maxBody (--max-body "256MB")',
  },
  httpHeaders: {
    limit: 16 * 1024,
    unit: "bytes",
    what: "the headers of an HTTP request",
    wayOut: "send fewer or shorter headers",
  },
  httpConnections: {
    limit: 4096,
    unit: "connections",
    what: "a server at one time",
    wayOut: "close idle connections, or raise the limit with maxConnections (--max-connections)",
  },
  logSinkEvents: {
    limit: 1000,
    unit: "events",
    what: "the queue of events for a log sink",
    wayOut: "use a faster sink, or have it told of requests or of answers only",
  },
  logSinkBytes: {
    limit: 64 * 2 ** 20,
    unit: "bytes",
    what: "the queue of events for a log sink",
    wayOut: "use a faster sink, or have it told of requests or of answers only",
  },
  ownerRequest: {
    limit: 10_000,
    unit: "characters",
    what: "a request to the process that owns a data folder",
    wayOut: "use a shorter pipeline name",
  },
  ownerGuests: {
    limit: 256,
    unit: "connections",
    what: "the readers of a data folder at one time",
    wayOut: "read fewer logs at the same time, or read them in the process that owns the folder",
  },
  ownerAnswerText: {
    limit: 64 * 2 ** 20,
    unit: "bytes",
    what: "the text in an answer of the process that owns a data folder",
    wayOut: "read the log in that process, or leave long strings out of it with local({ log: { exclude } })",
  },
  ownerAnswer: {
    limit: 512 * 2 ** 20,
    unit: "bytes",
    what: "an answer of the process that owns a data folder",
    wayOut: "read the log in that process, or leave large columns out of it with local({ log: { exclude } })",
  },
  queryText: {
    limit: 16_384,
    unit: "characters",
    what: "a parameter in the URL of a request to the server",
    wayOut: "send fewer or shorter values, or the rows as JSON, whose options stand in the body",
  },
  apiAnswer,
  graphqlBody: {
    limit: 2 ** 20,
    unit: "bytes",
    what: "a GraphQL request",
    wayOut: "send shorter documents and variables",
  },
  graphqlTokens: {
    limit: 10_000,
    unit: "tokens",
    what: "a GraphQL document",
    wayOut: "divide it into several documents",
  },
  graphqlDepth: {
    limit: 16,
    unit: "levels",
    what: "a GraphQL document",
    wayOut: "ask for nested objects in several documents",
  },
  graphqlFields: {
    limit: 1000,
    unit: "fields, with fragments written out,",
    what: "the operations of a GraphQL document",
    wayOut: "divide it into several documents",
  },
  graphqlIntrospection: {
    limit: 3,
    unit: "lists of the introspection inside one another",
    what: "a GraphQL document",
    wayOut: "ask for the schema as getIntrospectionQuery() of graphql-js does",
  },
  uploadMetadata: {
    limit: 2 ** 20,
    unit: "bytes",
    what: "the metadata of an uploaded model",
    wayOut: "send a shorter schema",
  },
  signIns: {
    limit: 32,
    unit: "passwords that wait to be checked",
    what: "the token endpoint",
    wayOut: "try again in some seconds",
  },
  signInNames: {
    limit: 1000,
    unit: "users",
    what: "a server",
    wayOut: "give tokens to those who need no password",
  },
  signInBody: {
    limit: 16_384,
    unit: "bytes",
    what: "a request to the token endpoint",
    wayOut: "send the grant's own fields only",
  },
  signedToken: {
    limit: 4096,
    unit: "characters",
    what: "a signed token",
    wayOut: "send one of the token endpoint",
  },
  uploadIdle: {
    limit: 30_000,
    unit: "milliseconds without a byte",
    what: "the upload of a model",
    wayOut: "send it again over a steadier connection",
  },
  platformLogPage: {
    limit: 8 * 2 ** 20,
    unit: "bytes",
    what: "a page of the platform's log interface",
    wayOut: "read the next page with the iterator of the answer",
  },
  platformAnswer: {
    limit: 2 ** 30,
    unit: "bytes",
    what: "an answer of the platform that wallaroo() calls",
    wayOut: "send fewer rows at a time, or read logs with logBatches, a page at a time",
  },
  platformObjects: {
    limit: 40,
    unit: "objects",
    what: "a GraphQL request that wallaroo() sends",
    wayOut: "nothing: members of more objects are read in several requests",
  },
  exportBytes: {
    limit: 2 ** 30,
    unit: "bytes",
    what: "an export of logs by the server",
    wayOut: "export a shorter range of time, in several exports",
  },
} as const satisfies Record<string, Bound>;

/**
 * The sentence of an error about a bound: what was found, the limit, and the way out.
 *
 * @example
 * // "the JSON text of a config may have at most 64,000,000 characters, and this one has 70,000,000; divide …"
 * exceeded(bounds.configLength, 70_000_000);
 */
export function exceeded({ limit, unit, what, wayOut }: Bound, found?: number | bigint): string {
  const has = found === undefined ? "" : `, and this one has ${withCommas(found)}`;
  return `${what} may have at most ${withCommas(limit)} ${unit}${has}; ${wayOut}`;
}

/** A count with a comma every three digits: 67,108,864. */
export function withCommas(count: number | bigint): string {
  return count.toLocaleString("en-US");
}
