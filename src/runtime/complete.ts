/**
 * All fields of `T` are named, also those that may be undefined: for an object literal that copies, in which a field
 * that somebody forgets does not compile.
 */
export type Complete<T> = { readonly [Field in keyof Required<T>]: T[Field] };
