/** What every language must say: a text for each key of the English, made from the same values. */
export type Texts<English> = {
  [K in keyof English]: English[K] extends (values: infer V) => string ? (values: V) => string : string;
};
