import type { AlertRows } from "../../../../dsl/steps/alert.js";
import type { UnknownRow } from "../../../../dsl/row.js";
import type { DefinitionModel } from "../../../wallaroo/platform.js";

/** A model's handle, as `shapeline generate` writes it: the platform's version with its digest is used. */
export interface ModelHandle {
  readonly name: string;
  readonly sha256: string;
}

/** A model version of the registry. */
export interface RegistryModel {
  /** How definitions name it. */
  asDefinitionModel(): Promise<DefinitionModel>;
}

/** A model of a step: the platform's object, a handle, or the name, version and digest of a definition. */
export type ModelReference = RegistryModel | ModelHandle | DefinitionModel;

/** What must hold for every row. */
export type ValidationCondition = (row: UnknownRow) => boolean;

/** When an alert fires: on older platforms `all.count((x) => …)` compared with a number. */
export type AlertCondition = (all: AlertRows<UnknownRow>) => boolean;

/** Options of an alert. */
export interface AlertEditOptions {
  /** The window: a whole number and `s`, `m`, `h` or `d`, such as `"5m"`. */
  readonly over: string;
  /** Addresses that the platform writes to. Python: `notify.Email`. */
  readonly email?: readonly string[];
}

/**
 * Edits of a pipeline. Each returns a pipeline with the edit, and changes nothing on the platform before `deploy()` or
 * `createVersion()`. Arguments are checked at once. Indexes are checked when the steps are read; negative ones count
 * from the end, as in Python.
 *
 * Errors are `ConfigError`s: SL2090 for an index without a step, SL2005 for a check without an inference step before
 * it, SL20xx for arguments that no platform can use; TargetError SL6007 for a handle whose digest the platform lacks.
 */
export interface PipelineEdits<P> {
  /** Infers with one model. Python: `add_model_step`. */
  addModelStep(model: ModelReference): P;
  /** Infers with several models on the same input. Python: `add_multi_model_step`. */
  addMultiModelStep(models: readonly ModelReference[]): P;
  /**
   * Logs a slice of the outputs of several models. Python: `add_audit`.
   *
   * @param slice `"start:"`, `"start:end"` or `":end"`
   */
  addAudit(slice: string): P;
  /** Lets one output of several go on. Python: `add_select`. */
  addSelect(index: number): P;
  /** Chooses the model by a metadata value; `fallback` for all other values. Python: `add_key_split`. */
  addKeySplit(fallback: ModelReference, key: string, routes: Readonly<Record<string, ModelReference>>): P;
  /**
   * Chooses a model at random by weight; with `hashKey` the same model for the same value. Python: `add_random_split`.
   */
  addRandomSplit(weighted: readonly (readonly [weight: number, model: ModelReference])[], hashKey?: string): P;
  /** Runs challengers beside the champion, as three steps. Python: `add_shadow_deploy`. */
  addShadowDeploy(champion: ModelReference, challengers: readonly ModelReference[]): P;
  /**
   * Adds a validation: at the end, on older platforms right after the last inference step. Python: `add_validation`
   * up to 2023.4.1. The condition must hold; the platform of later releases stores its negation.
   */
  addValidation(name: string, condition: ValidationCondition): P;
  /** Adds validations as one step; on older platforms one step each. Python: `add_validations`. */
  addValidations(conditions: Readonly<Record<string, ValidationCondition>>): P;
  /** Adds an alert, on platforms up to 2023.4.1. Python: `add_alert`. */
  addAlert(name: string, condition: AlertCondition, options: AlertEditOptions): P;

  /** Python: `replace_with_model_step`. */
  replaceWithModelStep(index: number, model: ModelReference): P;
  /** Python: `replace_with_multi_model_step`. */
  replaceWithMultiModelStep(index: number, models: readonly ModelReference[]): P;
  /** Python: `replace_with_audit`. */
  replaceWithAudit(index: number, slice: string): P;
  /** Python: `replace_with_select`. */
  replaceWithSelect(index: number, select: number): P;
  /** Python: `replace_with_key_split`. */
  replaceWithKeySplit(
    index: number,
    fallback: ModelReference,
    key: string,
    routes: Readonly<Record<string, ModelReference>>,
  ): P;
  /** Python: `replace_with_random_split`. */
  replaceWithRandomSplit(
    index: number,
    weighted: readonly (readonly [weight: number, model: ModelReference])[],
    hashKey?: string,
  ): P;
  /** Three steps take the place of one, also at a negative index. Python: `replace_with_shadow_deploy`. */
  replaceWithShadowDeploy(index: number, champion: ModelReference, challengers: readonly ModelReference[]): P;
  /** Python: `replace_with_validation`, up to 2023.4.1. */
  replaceWithValidation(index: number, name: string, condition: ValidationCondition): P;
  /** Python: `replace_with_validations`. On older platforms exactly one. */
  replaceWithValidations(index: number, conditions: Readonly<Record<string, ValidationCondition>>): P;
  /** Python: `replace_with_alert`, up to 2023.4.1. */
  replaceWithAlert(index: number, name: string, condition: AlertCondition, options: AlertEditOptions): P;

  /** Python: `remove_step`. */
  removeStep(index: number): P;
  /** Removes all steps, and the alerts with them. Python: `clear`. */
  clear(): P;
}
