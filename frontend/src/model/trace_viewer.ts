/** The way from the panel into xprof's trace viewer, which is in the same TensorBoard. */

/** Where a session is there. zero_ns: xprof's 0 ms, in ns from the report's origin. */
export interface TraceViewerPlace {
  readonly run: string;
  readonly host: string;
  readonly zero_ns: number;
}

/** Narrower than this, the viewer shows nothing that could be told apart. */
const NARROWEST_NS = 10;

/**
 * The address that opens the trace viewer at a window (ns from the report's origin).
 *
 * base: `document.baseURI` of the panel, `<prefix>/data/plugin/tb_contention/`. The viewer takes the address of the data from the
 * origin on, so it has to begin with the prefix.
 */
export function traceViewerUrl(
  place: TraceViewerPlace,
  view: { readonly start: number; readonly end: number },
  base: string,
): string {
  const milliseconds = (at: number): string => `${(at - place.zero_ns) / 1e6}`;
  const { run, host } = place;
  const data = new URL('../profile/data', base);
  data.search = `${new URLSearchParams({ run, tag: 'trace_viewer@', host, hosts: host })}`;
  const page = new URL('../profile/trace_viewer_index.html', base);
  page.search = `${new URLSearchParams({
    is_streaming: 'true',
    is_oss: 'true',
    trace_data_url: data.pathname + data.search,
    view_start: milliseconds(view.start),
    view_end: milliseconds(Math.max(view.end, view.start + NARROWEST_NS)),
  })}`;
  return page.href;
}
