import type { NamesOf } from "./port-names.js";
import type { RowShape } from "../rows.js";
import type { Tensor } from "../tensor.js";
import type { Clash, Misfit, MissingInput, RefineHint } from "../messages/shapes.js";

// The failure path of the types. The compiler evaluates it only if a model does not fit, port by port in the order
// of names. `Unifier` in `fits.ts` is the run-time side.

/**
 * The problem of the first input, by name, that does not fit. `B` holds the symbols bound so far, each with its size
 * and its input.
 */
export type ExplainPorts<N extends string, I, F, Out, From extends string, Keys, B> = Keys extends readonly [
  infer K extends keyof I & string,
  ...infer Rest,
]
  ? K extends keyof F
    ? ExplainPort<I[K], F[K], B, N, K, From> extends infer X
      ? X extends string
        ? X
        : ExplainPorts<N, I, F, Out, From, Rest, X>
      : never
    : MissingInput<N, K, From, NamesOf<Out>>
  : never;
type ExplainPort<E, P, B, N extends string, K extends string, From extends string> =
  E extends Tensor<infer D, infer S>
    ? P extends Tensor<infer PD, infer PS>
      ? PD extends D
        ? number extends S["length"] | PS["length"]
          ? B
          : ExplainRows<RowShape<S>, RowShape<PS>, B, N, K, Misfit<N, K, ShowTensor<E>, From, ShowTensor<P>>>
        : Misfit<N, K, ShowTensor<E>, From, ShowTensor<P>>
      : never
    : never;
type ExplainRows<
  E extends readonly unknown[],
  P extends readonly unknown[],
  B,
  N extends string,
  K extends string,
  Text extends string,
> = E["length"] extends P["length"] ? ExplainShape<E, P, B, N, K, Text> : Text;
type ExplainShape<E, P, B, N extends string, K extends string, Text extends string> = E extends readonly [
  infer EH,
  ...infer ER,
]
  ? P extends readonly [infer PH, ...infer PR]
    ? ExplainDim<EH, PH, B, N, K, Text> extends infer X
      ? X extends string
        ? X
        : ExplainShape<ER, PR, X, N, K, Text>
      : never
    : never
  : B;
type ExplainDim<E, P, B, N extends string, K extends string, Text extends string> = number extends E | P
  ? B
  : E extends null
    ? B
    : P extends null
      ? B
      : E extends string
        ? E extends keyof B
          ? B[E] extends readonly [infer Size extends number | string, infer By extends string]
            ? [P] extends [Size]
              ? B
              : Clash<N, E, K, P & (number | string), By, Size>
            : never
          : B & { readonly [S in E]: readonly [P, K] }
        : P extends E
          ? B
          : P extends string
            ? `${Text}${RefineHint<P, E & number>}`
            : Text;
/** `float32[batch, 10]`; `?` for an unknown dimension. */
export type ShowTensor<T> =
  T extends Tensor<infer D, infer S>
    ? number extends S["length"]
      ? `${D}[…]`
      : S extends readonly [infer H, ...infer R]
        ? `${D}[${ShowRest<R, `${ShowDim<H>}`>}]`
        : `${D}[]`
    : never;
type ShowRest<S extends readonly unknown[], Text extends string> = S extends readonly [infer H, ...infer R]
  ? ShowRest<R, `${Text}, ${ShowDim<H>}`>
  : Text;
type ShowDim<D> = D extends null ? "?" : D & (string | number);
