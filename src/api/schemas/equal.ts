type DeepReadonly<T> = T extends object ? { readonly [K in keyof T]: DeepReadonly<T[K]> } : T;

/**
 * Fails to compile unless a schema describes exactly the type of `types.ts`:
 * `true satisfies Equal<z.output<typeof schema>, Type>`.
 */
export type Equal<A, B> = [DeepReadonly<A>] extends [DeepReadonly<B>]
  ? [DeepReadonly<B>] extends [DeepReadonly<A>]
    ? true
    : never
  : never;
