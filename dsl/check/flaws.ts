// A flaw is the text of a problem, or `false` where nothing is wrong. After an edit, the later steps are checked for
// flaws.

/**
 * `T` if it is a text, else false. `Fine` is a text that is not a flaw. If `Fine` is `string`, every literal text is
 * a flaw.
 */
export type TextOf<T, Fine = never> = T extends string
  ? [T] extends [Fine]
    ? string extends Fine
      ? string extends T
        ? false
        : T
      : false
    : T
  : false;

/** The texts among the flaws `T`, one for each choice of a union; `never` if there is none. */
export type TextIn<T> = T extends string ? T : never;

/** `A` if it is a flaw, else `B`. */
export type FirstText<A, B> = A extends string ? A : B;
