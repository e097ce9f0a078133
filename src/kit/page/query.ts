/** A field of a form that was left empty is one that was not given. */
export const blank = (value: unknown) => (value === '' ? undefined : value);
