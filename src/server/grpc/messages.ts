/** The messages of grpc_predict_v2.proto, as the loader decodes them: int64 values are texts. */
export interface InferParameter {
  /** The field that is set; none for an empty parameter. */
  readonly parameter_choice?: "bool_param" | "int64_param" | "string_param" | "double_param" | "uint64_param";
  readonly bool_param?: boolean;
  readonly int64_param?: string;
  readonly string_param?: string;
  readonly double_param?: number;
  readonly uint64_param?: string;
}

export type InferParameters = Readonly<Record<string, InferParameter>>;

/** The elements of a tensor; all lists but one are empty. */
export interface InferTensorContents {
  readonly bool_contents?: readonly boolean[];
  readonly int_contents?: readonly number[];
  readonly int64_contents?: readonly string[];
  readonly uint_contents?: readonly number[];
  readonly uint64_contents?: readonly string[];
  readonly fp32_contents?: readonly number[];
  readonly fp64_contents?: readonly number[];
  readonly bytes_contents?: readonly Buffer[];
}

export interface ModelRequest {
  readonly name: string;
  /** Empty: the version that is deployed. */
  readonly version: string;
}

export interface ModelInferRequest {
  readonly model_name: string;
  readonly model_version: string;
  readonly id: string;
  readonly parameters: InferParameters;
  readonly inputs: readonly {
    readonly name: string;
    readonly datatype: string;
    readonly shape: readonly string[];
    readonly parameters: InferParameters;
    readonly contents: InferTensorContents | null;
  }[];
  readonly outputs: readonly { readonly name: string; readonly parameters: InferParameters }[];
  readonly raw_input_contents: readonly Buffer[];
}

/** An answer as it is encoded: int64 values may be texts. */
export interface ModelInferResponse {
  readonly model_name: string;
  readonly model_version: string;
  readonly id: string;
  readonly outputs: readonly {
    readonly name: string;
    readonly datatype: string;
    readonly shape: readonly number[];
    readonly contents?: EncodedContents;
  }[];
  readonly raw_output_contents: readonly Uint8Array[];
}

export type EncodedContents = Readonly<
  Partial<Record<keyof InferTensorContents, readonly (boolean | number | string | Buffer)[]>>
>;
