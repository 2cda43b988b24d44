/** Quantities that must not mix. A brand costs nothing at run time; `tsc` refuses nanoseconds where pixels belong. */
declare const unit: unique symbol;
type Branded<Name extends string> = number & { readonly [unit]: Name };

/** Nanoseconds from the report's origin, or a length in nanoseconds. */
export type Ns = Branded<'ns'>;
/** CSS pixels. */
export type Px = Branded<'px'>;
export type Bytes = Branded<'bytes'>;

export const ns = (value: number): Ns => value as Ns;
export const px = (value: number): Px => value as Px;
export const bytes = (value: number): Bytes => value as Bytes;

/** A half-open span of time. */
export interface Span {
  readonly start: Ns;
  readonly end: Ns;
}

export const span = (start: number, end: number): Span => ({ start: ns(start), end: ns(end) });
export const lengthOf = (s: Span): Ns => ns(s.end - s.start);
export const hull = (a: Span, b: Span): Span => span(Math.min(a.start, b.start), Math.max(a.end, b.end));
export const overlaps = (a: Span, b: Span): boolean => a.start < b.end && b.start < a.end;
