import type { ConfigDiff } from "../../../diff.js";
import type { DefinitionProblem, Dialect } from "../../../wallaroo/platform.js";

/** What a deploy would do, and what it would change in the version that runs, or else the newest one. */
export interface PlatformPlan extends ConfigDiff {
  readonly pipeline: string;
  readonly target: "wallaroo";
  readonly dialect: Dialect;
  /** The version compared with; null if the platform has none with steps. */
  readonly version: string | null;
  readonly running: boolean;
  /** The config's hash. */
  readonly hash: string;
  /** The platform's version of each model's digest; null: the file would be uploaded. */
  readonly registry: readonly { readonly name: string; readonly sha256: string; readonly version: string | null }[];
  /** The platform's texts of validations that are added or changed. */
  readonly texts: readonly { readonly validation: string; readonly before: string | null; readonly after: string }[];
  /** Parts of the platform's version that cannot be read, and are missing from the comparison. */
  readonly unread: readonly DefinitionProblem[];
}
