import { TargetError } from "../../../../dsl/errors.js";
import { describeValue } from "../../../util/format-value.js";
import { isRecord } from "../../../util/objects.js";
import type { ObjectClient } from "./lazy-object.js";
import type { Model, ModelVersion } from "./types.js";

/** A name in the registry. Its versions are part of its data: the platform lists names with their versions. */
export class ModelObject implements Model {
  readonly id: number;
  readonly #versions: readonly ModelVersion[];
  readonly #name: string | null;

  constructor(client: ObjectClient, data: object) {
    const { id, name, models } = data as { readonly id?: unknown; readonly name?: unknown; readonly models?: unknown };
    if (typeof id !== "number" || !Array.isArray(models) || !models.every(isRecord))
      throw new TargetError(
        "SL6055",
        `a model is made from data with its key and its versions, such as { id: 4, models: [{ id: 7 }] }; got ${describeValue(data)}`,
        {},
      );
    this.id = id;
    this.#name = typeof name === "string" ? name : null;
    this.#versions = models.map((each) => client.objects.modelVersion(each));
  }

  async name(): Promise<string> {
    if (this.#name !== null) return this.#name;
    const [newest] = this.#versions;
    if (newest === undefined)
      throw new TargetError("SL6007", `the model ${this.id} has no version, and so no name`, {});
    return newest.name();
  }

  versions(): Promise<ModelVersion[]> {
    return Promise.resolve([...this.#versions].sort((a, b) => b.id - a.id));
  }

  toJSON(): Readonly<Record<string, unknown>> {
    return { id: this.id, ...(this.#name !== null && { name: this.#name }), versions: this.#versions };
  }
}
