type Columns = Readonly<Record<string, readonly ['f64' | 'u32' | 'u16' | 'u8', readonly number[]]>>;

export function encodeTile(
  header: Readonly<Record<string, unknown>>,
  tracks: readonly { readonly kind: string; readonly columns: Columns; readonly [key: string]: unknown }[],
): ArrayBuffer;
